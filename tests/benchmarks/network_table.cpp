#include "tests/benchmarks/network_table.h"

#include <cmath>
#include <stdexcept>

#include "tests/benchmarks/random_array.h"

namespace bench {

namespace {

void add_linear(std::vector<Array>& weights, std::int64_t in, std::int64_t out) {
  const double limit = 1 / std::sqrt(static_cast<double>(in));
  weights.push_back(random_array({out, in}, -limit, limit));
  weights.push_back(random_array({out}, -limit, limit));
}

/// A layer norm starts with ones and zeros, which would hide what is done to the wrong one.
void add_norm(std::vector<Array>& weights, std::int64_t width) {
  weights.push_back(random_array({width}, 0.9, 1.1));
  weights.push_back(random_array({width}, -0.1, 0.1));
}

Array random_labels(std::int64_t count, std::int64_t classes) {
  const std::vector<std::int64_t> drawn = random_classes(count, classes);
  return {{count}, {drawn.begin(), drawn.end()}};
}

}  // namespace

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
  for (std::size_t i = 0; i + 1 < spec.widths.size(); ++i)
    add_linear(data.weights, spec.widths[i], spec.widths[i + 1]);
  data.inputs = random_array({spec.batch, spec.widths.front()});
  data.targets = spec.loss == Loss::mse ? random_array({spec.batch, spec.widths.back()})
                                        : random_labels(spec.batch, spec.widths.back());
  return data;
}

NetworkData random_network(const TransformerSpec& spec) {
  const std::int64_t width = spec.width, numbers = spec.batch * spec.block;
  NetworkData data;
  data.weights = {random_array({spec.letters, width}, -0.2, 0.2),
                  random_array({spec.block, width}, -0.2, 0.2)};
  add_norm(data.weights, width);
  add_linear(data.weights, width, 3 * width);
  add_linear(data.weights, width, width);
  add_norm(data.weights, width);
  add_linear(data.weights, width, 4 * width);
  add_linear(data.weights, 4 * width, width);
  add_linear(data.weights, width, spec.letters);
  data.inputs = random_labels(numbers, spec.letters);
  data.targets = random_labels(numbers, spec.letters);
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
