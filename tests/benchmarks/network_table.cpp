#include "tests/benchmarks/network_table.h"

#include <cmath>
#include <stdexcept>

#include "tests/benchmarks/random_array.h"

namespace bench {

std::vector<NetworkSpec> networks() {
  const auto small = [](const char* name, std::int64_t batch) {
    return NetworkSpec{name, {2, 16, 16, 1}, batch, Activation::tanh, Loss::mse};
  };
  const auto classifier = [](const char* name, std::vector<std::int64_t> widths,
                             std::int64_t batch) {
    return NetworkSpec{name, std::move(widths), batch, Activation::relu, Loss::cross_entropy};
  };
  return {
      small("A1", 1),
      small("A32", 32),
      classifier("E1", {64, 64, 64, 10}, 1),
      classifier("B32", {784, 128, 10}, 32),
      classifier("B64", {784, 128, 10}, 64),
      classifier("B256", {784, 128, 10}, 256),
      classifier("C128", {784, 512, 512, 10}, 128),
      classifier("D256", {1024, 1024, 1024, 1024, 1024, 10}, 256),
      classifier("G500", {784, 500, 10}, 500),
  };
}

NetworkSpec network(const std::string& name) {
  for (const NetworkSpec& spec : networks())
    if (spec.name == name) return spec;
  throw std::invalid_argument("no network is called " + name);
}

NetworkData random_network(const NetworkSpec& spec) {
  NetworkData data;
  for (std::size_t i = 0; i + 1 < spec.widths.size(); ++i) {
    const double limit = 1 / std::sqrt(static_cast<double>(spec.widths[i]));
    data.weights.push_back(random_array({spec.widths[i + 1], spec.widths[i]}, -limit, limit));
    data.weights.push_back(random_array({spec.widths[i + 1]}, -limit, limit));
  }
  data.inputs = random_array({spec.batch, spec.widths.front()});
  if (spec.loss == Loss::mse) {
    data.targets = random_array({spec.batch, spec.widths.back()});
  } else {
    const auto classes = random_classes(spec.batch, spec.widths.back());
    data.targets = {{spec.batch}, {classes.begin(), classes.end()}};
  }
  return data;
}

std::vector<Array> random_direction(const NetworkSpec& spec) {
  return random_network(spec).weights;
}

std::int64_t parameter_count(const NetworkSpec& spec) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i + 1 < spec.widths.size(); ++i)
    count += (spec.widths[i] + 1) * spec.widths[i + 1];
  return count;
}

const char* name_of(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::sgd:
      return "SGD";
    case Optimizer::momentum:
      return "momentum";
    default:
      return "Adam";
  }
}

}  // namespace bench
