#include "tests/benchmarks/random_array.h"

#include <random>
#include <utility>

namespace bench {

namespace {

std::mt19937_64 generator;

}  // namespace

void restart_random(const std::string& name) {
  std::seed_seq seed(name.begin(), name.end());
  generator.seed(seed);
}

Array random_array(std::vector<std::int64_t> shape, double low, double high) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  Array array{std::move(shape), std::vector<double>(static_cast<std::size_t>(count))};
  std::uniform_real_distribution<double> draw(low, high);
  for (double& value : array.values) value = draw(generator);
  return array;
}

std::vector<std::int64_t> random_classes(std::int64_t count, std::int64_t classes) {
  std::vector<std::int64_t> drawn(static_cast<std::size_t>(count));
  std::uniform_int_distribution<std::int64_t> draw(0, classes - 1);
  for (std::int64_t& value : drawn) value = draw(generator);
  return drawn;
}

}  // namespace bench
