#pragma once

#include "autograd/base/cxx20.h"

// Internal: `try` in headers, which programs may compile with -fno-exceptions. Clang refuses the
// word there; an error of the library then ends the program.

#if defined(__cpp_exceptions)
#define TAPEGRAD_TRY try
#define TAPEGRAD_CATCH_ALL catch (...)
#else
#define TAPEGRAD_TRY if (true)
#define TAPEGRAD_CATCH_ALL else
#endif
