#pragma once

// What the tests of single points share: values and gradients there, both ways that a derivative
// rule runs (as a fused kernel and as recorded operators), in float32 and float64.

#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "tests/catch.h"

namespace point_gradients {

namespace tg = tapegrad;
using tg::Tensor;

inline constexpr double inf = std::numeric_limits<double>::infinity();
inline constexpr double NaN = std::numeric_limits<double>::quiet_NaN();

using Function = std::function<Tensor(const std::vector<Tensor>&)>;

/// A vector of `float64` that collects a gradient.
inline Tensor leaf(const std::vector<double>& values) {
  return tg::tensor(values, tg::float64).requires_grad_();
}

inline std::vector<double> values_of(const Tensor& tensor) {
  const Tensor wide = tensor.to(tg::float64);
  const auto data = wide.data<double>();
  return {data.begin(), data.end()};
}

/// Equal up to a few roundings of the type; NaN and infinities exactly.
inline bool agrees(double found, double expected, tg::DType dtype) {
  if (dtype == tg::float32) expected = static_cast<float>(expected);
  if (std::isnan(expected) || std::isnan(found)) return std::isnan(expected) && std::isnan(found);
  if (found == expected) return true;
  return std::abs(found - expected) <= (dtype == tg::float32 ? 1e-6 : 4e-15) * std::abs(expected);
}

/// Checks shape-by-count and every element.
inline void check_values(const std::string& what, const Tensor& found,
                         const std::vector<double>& expected) {
  const std::vector<double> values = values_of(found);
  INFO(what << ", " << name(found.dtype()));
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO("element " << i << ": found " << values[i] << ", expected " << expected[i]);
    CHECK(agrees(values[i], expected[i], found.dtype()));
  }
}

/// An input, and the gradient expected for it.
struct Input {
  std::vector<double> values;
  tg::Shape shape;
  std::vector<double> gradient;

  /// A vector.
  Input(std::vector<double> elements, std::vector<double> expected)
      : Input(elements, static_cast<std::int64_t>(elements.size()), expected) {}
  Input(std::vector<double> elements, tg::Shape sizes, std::vector<double> expected)
      : values(std::move(elements)), shape(sizes), gradient(std::move(expected)) {}
};

/// Checks the value of `f` and its gradients, for a cotangent of ones, in both float types, and
/// both for gradients that are recorded and for such that are not.
inline void check_at(const std::string& what, const Function& f, const std::vector<Input>& inputs,
                     const std::vector<double>& value) {
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    for (const bool create_graph : {false, true}) {
      std::vector<Tensor> leaves;
      for (const Input& input : inputs)
        leaves.push_back(tg::tensor(input.values, input.shape, dtype).requires_grad_());
      const Tensor y = f(leaves);
      CHECK(y.dtype() == dtype);
      check_values(what + ": value", y, value);
      const std::vector<Tensor> gradients = tg::grad(
          {y}, leaves,
          {.grad_outputs = {tg::ones_like(y)}, .create_graph = create_graph, .allow_unused = true});
      for (std::size_t i = 0; i < leaves.size(); ++i) {
        const std::string gradient =
            what + ": gradient of input " + std::to_string(i) + (create_graph ? ", recorded" : "");
        INFO(gradient);
        REQUIRE(gradients[i].defined());
        CHECK(gradients[i].shape() == leaves[i].shape());
        CHECK(gradients[i].dtype() == dtype);
        check_values(gradient, gradients[i], inputs[i].gradient);
      }
    }
  }
}

}  // namespace point_gradients
