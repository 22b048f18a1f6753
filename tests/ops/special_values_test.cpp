// The rules that run as a fused kernel and the same rules written with operators, where an input is
// NaN, infinite or 0, and where a cotangent is 0: both give the same.

#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "autograd/autograd.h"
#include "tests/all_operators.h"
#include "tests/catch.h"
#include "tests/point_gradients.h"

namespace tg = tapegrad;
using tg::Tensor;

namespace {

using Numbers = std::vector<double>;

/// `x` with `value` at some of its places.
Tensor with(const Tensor& x, double value, std::vector<std::int64_t> places) {
  Tensor flat = tg::reshape(x.detach().clone(), -1);
  for (const std::int64_t place : places) {
    if (place >= flat.numel()) continue;
    Tensor one = flat.narrow(0, place, 1);
    one.fill_(value);
  }
  return tg::reshape(flat, x.shape()).clone();
}

enum class Cotangent { ones, zeros, ones_and_zero };

/// The gradients of the case, or nothing where it refuses these inputs or has none.
std::optional<std::vector<Numbers>> gradients(const tg::OperatorCase& example,
                                              std::vector<Tensor> inputs, Cotangent cotangent,
                                              bool recorded) try {
  std::vector<Tensor> leaves;
  for (Tensor& input : inputs) {
    input = input.detach().clone();
    if (input.dtype() == tg::float64) leaves.push_back(input.requires_grad_());
  }
  const Tensor y = example.call(inputs);
  if (!y.requires_grad()) return {};
  Tensor g = cotangent == Cotangent::zeros ? tg::zeros_like(y) : tg::ones_like(y);
  if (cotangent == Cotangent::ones_and_zero) g = with(g, 0, {0});
  std::vector<Numbers> all;
  for (const Tensor& each : tg::grad(
           {y}, leaves, {.grad_outputs = {g}, .create_graph = recorded, .allow_unused = true})) {
    all.push_back(each.defined() ? point_gradients::values_of(each.detach()) : Numbers());
  }
  return all;
} catch (const tg::Error&) {
  return {};
}

bool agree(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= 1e-9 * (1 + std::abs(a));
}

bool agree(const std::vector<Numbers>& a, const std::vector<Numbers>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].size() != b[i].size()) return false;
    for (std::size_t j = 0; j < a[i].size(); ++j)
      if (!agree(a[i][j], b[i][j])) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("fused and readable rules agree at NaN, infinities and zeros, masked or not") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  int compared = 0;
  for (const tg::OperatorInfo& op : all_operators()) {
    for (const tg::OperatorCase& example : op.cases) {
      for (std::size_t k = 0; k < example.inputs.size(); ++k) {
        if (example.inputs[k].dtype() != tg::float64) continue;
        for (const double value : {std::nan(""), inf, -inf, 0.0}) {
          for (const Cotangent cotangent :
               {Cotangent::ones, Cotangent::zeros, Cotangent::ones_and_zero}) {
            std::vector<Tensor> inputs = example.inputs;
            inputs[k] = with(inputs[k], value, {0, 2});
            const auto fused = gradients(example, inputs, cotangent, false);
            const auto readable = gradients(example, inputs, cotangent, true);
            CAPTURE(op.name, example.label, k, value, static_cast<int>(cotangent));
            CHECK(fused.has_value() == readable.has_value());
            if (!fused || !readable) continue;
            CHECK(agree(*fused, *readable));
            ++compared;
          }
        }
      }
    }
  }
  CHECK(compared > 1000);
}
