#pragma once

#include "autograd/base/cxx20.h"

// Internal: how the few variables are found that each thread has one of and every operator reads.

#if defined(__ELF__)
/// Without a call, which would have each function that reads one save registers. It takes the bytes
/// of the variable of what the loader keeps for libraries that come late: some 2 KB for all.
#define TAPEGRAD_TLS_MODEL [[gnu::tls_model("initial-exec")]]
#else
#define TAPEGRAD_TLS_MODEL
#endif
