#pragma once

#include <string>

#include "tests/benchmarks/work.h"

namespace bench {

/// libtorch, or nullptr when the plug-in was not built; loaded at the first call. Prints why when
/// it is there and cannot be loaded.
Side* rival();

/// The file of the BLAS that libtorch multiplies with, without symbolic links; empty when it is not
/// known, or libtorch is not there.
std::string rival_blas();

}  // namespace bench
