// The transforms of functions, on every operator: against each other, and against loops.

#include <cmath>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/transforms/case_functions.h"

namespace tg = tapegrad;
using tg::Tensor;
using Tensors = std::vector<Tensor>;

namespace {

/// The largest difference, relative to the largest element; NaN in the same place is none.
double difference(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return HUGE_VAL;
  const Tensor x = a.detach().to(tg::float64), y = b.detach().to(tg::float64);
  const auto left = x.data<double>(), right = y.data<double>();
  double worst = 0, largest = 1;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i] == right[i] || (std::isnan(left[i]) && std::isnan(right[i]))) continue;
    worst = std::max(worst, std::abs(left[i] - right[i]));
    largest = std::max(largest, std::abs(right[i]));
    if (std::isnan(left[i]) != std::isnan(right[i])) return HUGE_VAL;
  }
  return worst / largest;
}

bool have_elements(const CaseFunction& f) {
  if (f.x.empty()) return false;
  for (const Tensor& each : f.x)
    if (each.numel() == 0) return false;
  return true;
}

}  // namespace

TEST_CASE("the Jacobian of every operator is the same forward, in reverse and row by row",
          "[transforms]") {
  tg::manual_seed(3);
  for_each_case([](const CaseFunction& f) {
    const auto call = [&](const Tensors& in) { return f(in); };
    const Tensor y = f(f.x);
    if (!have_elements(f) || y.numel() == 0 || y.dtype() != tg::float64) return;
    for (const Tensor& each : f.x)
      if (each.dim() + y.dim() > 8) return;
    const Tensors reverse = tg::jacobian(call, f.x, {.direction = tg::Direction::reverse});
    const Tensors forward =
        tg::jacobian(call, f.x, {.direction = tg::Direction::forward, .chunk_size = 5});
    const auto [value, pullback] = tg::vjp(call, f.x);
    CHECK(difference(value, y) == 0);
    for (std::size_t i = 0; i < f.x.size(); ++i) {
      CHECK(difference(forward[i], reverse[i]) < 1e-11);
      Tensors rows;
      for (std::int64_t k = 0; k < y.numel(); ++k) {
        Tensor one = tg::zeros({y.numel()}, tg::float64);
        one.write<double>([&](std::span<double> data) { data[static_cast<std::size_t>(k)] = 1; });
        rows.push_back(pullback(tg::reshape(one, y.shape()))[i]);
      }
      CHECK(difference(tg::reshape(tg::stack(rows), reverse[i].shape()), reverse[i]) < 1e-11);
    }
  });
}

TEST_CASE("vmap of every operator and of its gradient is a loop over the entries", "[transforms]") {
  tg::manual_seed(4);
  for_each_case([](const CaseFunction& f) {
    const Tensor y = f(f.x);
    if (f.x.empty() || y.dtype() != tg::float64) return;
    for (const Tensor& each : f.x)
      if (each.dim() > 6) return;
    const Tensor weights = tg::randn(y.shape(), tg::float64);
    const auto loss = [&](const Tensors& in) { return tg::sum(f(in) * weights); };
    const auto both = [&](const Tensors& in) { return std::pair(f(in), tg::grad(loss)(in)); };
    Tensors all;
    for (const Tensor& each : f.x) all.push_back(tg::stack({each, each * 0.97, each}));
    const auto [values, gradients] = tg::vmap(both, {.randomness = tg::Randomness::same})(all);
    for (const int entry : {0, 1, 2}) {
      Tensors in;
      for (const Tensor& each : f.x) in.push_back(entry == 1 ? each * 0.97 : each);
      const auto [value, gradient] = both(in);
      CHECK(difference(values[entry], value) < 1e-11);
      for (std::size_t i = 0; i < in.size(); ++i)
        CHECK(difference(gradients[i][entry], gradient[i]) < 1e-10);
    }
  });
}

TEST_CASE("the Hessian of every operator is symmetric, and forward over forward finds the same",
          "[transforms]") {
  tg::manual_seed(5);
  for_each_case([](const CaseFunction& f) {
    const Tensor y = f(f.x);
    if (!have_elements(f) || y.numel() == 0 || y.dtype() != tg::float64) return;
    for (const Tensor& each : f.x)
      if (2 * each.dim() > 8) return;
    const Tensor weights = tg::randn(y.shape(), tg::float64);
    const auto loss = [&](const Tensors& in) { return tg::sum(f(in) * weights); };
    Tensors u;
    for (const Tensor& each : f.x) u.push_back(tg::randn(each.shape(), tg::float64));
    const auto H = tg::hessian(loss, f.x);
    const Tensors Hu = tg::hvp(loss, f.x, u).second;
    const auto along_u = [&](const Tensors& in) { return tg::jvp(loss, in, u).second; };
    const Tensors forward = tg::jacobian(along_u, f.x, {.direction = tg::Direction::forward});
    for (std::size_t i = 0; i < f.x.size(); ++i) {
      Tensor sum = tg::zeros({f.x[i].numel()}, tg::float64);
      for (std::size_t j = 0; j < f.x.size(); ++j) {
        const Tensor block = tg::reshape(H[i][j], {f.x[i].numel(), f.x[j].numel()});
        sum = sum + tg::matmul(block, tg::reshape(u[j], {-1}));
        const Tensor other = tg::reshape(H[j][i], {f.x[j].numel(), f.x[i].numel()});
        CHECK(difference(block, tg::transpose(other, 0, 1)) < 1e-9);
      }
      sum = tg::reshape(sum, f.x[i].shape());
      CHECK(difference(Hu[i], sum) < 1e-9);
      CHECK(difference(forward[i], sum) < 1e-9);
    }
  });
}
