#pragma once

#include "tests/benchmarks/work.h"

namespace bench {

/// Tapegrad.
Side& ours();

}  // namespace bench
