#pragma once

#include "tests/benchmarks/work.h"

namespace bench {

/// libtorch, or nullptr when the plug-in was not built; loaded at the first call. Prints why when
/// it is there and cannot be loaded.
Side* rival();

}  // namespace bench
