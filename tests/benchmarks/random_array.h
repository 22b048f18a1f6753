#pragma once

#include "tests/benchmarks/work.h"

namespace bench {

/// Starts the numbers of the case `name`, so that they do not depend on what ran before.
void restart_random(const std::string& name);

/// Numbers drawn uniformly from [low, high), new ones with each call.
Array random_array(std::vector<std::int64_t> shape, double low = -1, double high = 1);
/// Classes from 0 up to, not including, `classes`.
std::vector<std::int64_t> random_classes(std::int64_t count, std::int64_t classes);

}  // namespace bench
