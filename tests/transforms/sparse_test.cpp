// Sparse Jacobians and Hessians, against dense ones.

#include <cmath>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/transforms/case_functions.h"

namespace tg = tapegrad;
using tg::Shape;
using tg::Tensor;
using Tensors = std::vector<Tensor>;

namespace {

Tensor row(std::int64_t n) { return tg::sin(tg::arange(1, n + 1).to(tg::float64) * 1.7) + 1.5; }

/// Checks both against the dense ones; returns the number of directions.
template <class F>
std::int64_t jacobian_directions(const F& f, const Tensor& x) {
  const tg::SparseMatrix J = tg::sparse_jacobian(f, x);
  const Tensor dense = tg::reshape(tg::jacobian(f, x), {-1, x.numel()});
  CHECK(tg::allclose(J.to_dense(), dense, 1e-12, 1e-14));
  const tg::SparseMatrix again = tg::sparse_jacobian(f, x, {.pattern = J.pattern, .chunk_size = 1});
  CHECK(tg::allclose(again.values, J.values, 1e-12, 1e-14));
  return J.pattern->directions;
}
template <class F>
std::int64_t hessian_directions(const F& f, const Tensor& x) {
  const tg::SparseMatrix H = tg::sparse_hessian(f, x);
  CHECK(tg::allclose(H.to_dense(), tg::reshape(tg::hessian(f, x), {x.numel(), x.numel()}), 1e-11,
                     1e-12));
  return H.pattern->directions;
}

Tensor differences(const Tensor& x) {
  const std::int64_t n = x.numel();
  return tg::narrow(x, 0, 1, n - 1) - tg::narrow(x, 0, 0, n - 1);
}
/// Every element by its neighbours: x[i-1]^2 - 2 x[i] + exp(x[i+1]).
Tensor stencil(const Tensor& x) {
  const Tensor zero = tg::zeros({1}, x.dtype());
  const std::int64_t n = x.numel();
  const Tensor before = tg::cat({zero, tg::narrow(x, 0, 0, n - 1)});
  const Tensor after = tg::cat({tg::narrow(x, 0, 1, n - 1), zero});
  return before * before - 2 * x + tg::exp(after);
}
Tensor rosenbrock(const Tensor& x) {
  const std::int64_t n = x.numel();
  const Tensor a = tg::narrow(x, 0, 0, n - 1), b = tg::narrow(x, 0, 1, n - 1);
  return tg::sum(100 * tg::square(b - a * a) + tg::square(1 - a));
}

}  // namespace

TEST_CASE("a banded Jacobian costs as many derivatives as its band is wide", "[transforms]") {
  CHECK(jacobian_directions(stencil, row(20)) == 3);
  CHECK(jacobian_directions(differences, row(20)) == 2);
  CHECK(jacobian_directions([](const Tensor& x) { return tg::sin(x); }, row(9)) == 1);
  const Tensor x = row(10'000);
  const tg::SparseMatrix J = tg::sparse_jacobian(stencil, x);
  CHECK(J.pattern->directions == 3);
  CHECK(J.values.numel() == 3 * 10'000 - 2);
  for (const std::size_t k : {std::size_t{0}, std::size_t{1}, std::size_t{14'000}}) {
    const std::int64_t i = J.rows()[k], j = J.columns()[k];
    const double at = x[j].item();
    const double slope = j < i ? 2 * at : j == i ? -2 : std::exp(at);
    CHECK(J.values[static_cast<std::int64_t>(k)].item() == Approx(slope));
  }
}

TEST_CASE("a network on many rows has a block for each", "[transforms]") {
  tg::manual_seed(3);
  const Tensor W = tg::randn({4, 3}, tg::float64), b = tg::randn({4}, tg::float64);
  const Tensor V = tg::randn({4, 2}, tg::float64);
  const auto net = [&](const Tensor& x) {
    return tg::matmul(tg::tanh(tg::linear(tg::reshape(x, {-1, 3}), W, b)), V);
  };
  CHECK(jacobian_directions(net, row(3 * 50)) == 2);  // two outputs of each row
  CHECK(hessian_directions([&](const Tensor& x) { return tg::sum(net(x)); }, row(3 * 50)) == 3);
  CHECK(tg::sparse_jacobian(net, row(3 * 50)).values.numel() == 50 * 2 * 3);
}

TEST_CASE("a product depends on the rows of one factor and the columns of the other",
          "[transforms]") {
  const auto size = [](const auto& f, std::int64_t n) {
    (void)jacobian_directions(f, row(n));
    return tg::sparse_jacobian(f, row(n)).values.numel();
  };
  const auto left = [](const Tensor& x) { return tg::reshape(tg::narrow(x, 0, 0, 12), {4, 3}); };
  const auto right = [](const Tensor& x) { return tg::reshape(tg::narrow(x, 0, 12, 6), {3, 2}); };
  const auto times = [&](bool a, bool b) {
    return [&left, &right, a, b](const Tensor& x) {
      return tg::matmul(a ? tg::transpose(left(x), 0, 1).clone() : left(x),
                        b ? tg::transpose(right(x), 0, 1).clone() : right(x), {a, b});
    };
  };
  for (const bool a : {false, true})
    for (const bool b : {false, true}) CHECK(size(times(a, b), 18) == 8 * 6);
  // A batch of each, which broadcast.
  const auto batches = [](const Tensor& x) {
    return tg::matmul(tg::reshape(tg::narrow(x, 0, 0, 6), {1, 3, 2}),
                      tg::reshape(tg::narrow(x, 0, 6, 16), {4, 2, 2}));
  };
  CHECK(size(batches, 22) == 24 * 4);
  // Weights and bias that vary, of one row and of several.
  const auto linear = [](const Shape& rows) {
    return [rows](const Tensor& x) {
      return tg::linear(tg::ones(rows, tg::float64), tg::reshape(tg::narrow(x, 0, 0, 6), {2, 3}),
                        tg::narrow(x, 0, 6, 2));
    };
  };
  CHECK(size(linear({3}), 8) == 2 * 4);
  CHECK(size(linear({5, 3}), 8) == 10 * 4);
  CHECK(size(linear({2, 5, 3}), 8) == 20 * 4);
}

TEST_CASE("rows are taken together where that is less", "[transforms]") {
  // One row that holds all, and one for each element.
  const auto arrow = [](const Tensor& x) {
    return tg::cat({tg::reshape(tg::sum(x * x), {1}), tg::narrow(x, 0, 0, 5)});
  };
  CHECK(jacobian_directions(arrow, row(40)) == 2);
  CHECK_FALSE(tg::sparse_jacobian(arrow, row(40)).pattern->forward);
  // One column that stands in all rows.
  const auto column = [](const Tensor& x) { return x * tg::sin(x[0]); };
  CHECK(jacobian_directions(column, row(40)) == 2);
}

TEST_CASE("sparse Hessians", "[transforms]") {
  CHECK(hessian_directions(rosenbrock, row(12)) == 3);
  CHECK(hessian_directions([](const Tensor& x) { return tg::sum(tg::exp(x)); }, row(7)) == 1);
  CHECK(hessian_directions([](const Tensor& x) { return tg::sum(3 * x); }, row(7)) == 0);
  CHECK(hessian_directions([](const Tensor& x) { return tg::square(tg::sum(x)); }, row(5)) == 5);
  CHECK(hessian_directions(
            [](const Tensor& x) {
              return tg::sum(tg::square(tg::reshape(x, {4, 3})) * 2);
            },
            tg::reshape(row(12), {3, 4})) == 1);
  const tg::SparseMatrix H = tg::sparse_hessian(rosenbrock, row(10'000));
  CHECK(H.pattern->directions == 3);
  CHECK(H.values.numel() == 3 * 10'000 - 2);
}

TEST_CASE("the sparse Jacobian of every operator is the dense one", "[transforms]") {
  tg::manual_seed(6);
  for_each_case([](const CaseFunction& f) {
    const Tensor y = f(f.x);
    if (f.x.empty() || y.dtype() != tg::float64) return;
    for (std::size_t i = 0; i < f.x.size(); ++i) {
      if (f.x[i].dim() + y.dim() > 8) continue;
      const auto call = [&](const Tensor& in) {
        Tensors all = f.x;
        all[i] = in;
        return f(all);
      };
      const tg::SparseMatrix J = tg::sparse_jacobian(call, f.x[i]);
      const Tensor dense = tg::reshape(tg::jacobian(call, f.x[i]), {y.numel(), f.x[i].numel()});
      CHECK(tg::allclose(J.to_dense(), dense, 1e-9, 1e-10, true));
      for (std::size_t k = 1; k < J.rows().size(); ++k)
        CHECK(std::pair(J.rows()[k - 1], J.columns()[k - 1]) <
              std::pair(J.rows()[k], J.columns()[k]));
    }
  });
}

TEST_CASE("elements that sums, copies and reductions lead to", "[transforms]") {
  const Tensor x = row(12);
  const auto matrix = [](const Tensor& a) { return tg::reshape(a, {3, 4}); };
  const auto count = [&](const auto& f) { return tg::sparse_jacobian(f, x).values.numel(); };
  CHECK(count([&](const Tensor& a) { return tg::sum(matrix(a), 1); }) == 12);
  CHECK(count([&](const Tensor& a) { return tg::amax(matrix(a), 0); }) == 12);
  CHECK(count([&](const Tensor& a) { return tg::prod(matrix(a) * 0, 1); }) == 12);
  CHECK(count([&](const Tensor& a) { return tg::softmax(matrix(a), 1); }) == 48);
  CHECK(count([&](const Tensor& a) { return tg::transpose(matrix(a), 0, 1); }) == 12);
  CHECK(count([&](const Tensor& a) { return tg::index_select(a, 0, tg::tensor({3, 3, 1})); }) == 3);
  CHECK(count([&](const Tensor& a) {
          return tg::index_add(tg::zeros({2}, tg::float64), 0, tg::tensor({0, 1, 0, 1, 0, 1}),
                               tg::narrow(a, 0, 0, 6));
        }) == 6);
  CHECK(count([&](const Tensor& a) { return tg::split(a, 5)[1]; }) == 5);
  CHECK(count([](const Tensor& a) { return a.detach() * 2; }) == 0);
}

TEST_CASE("sparse derivatives of float32", "[transforms]") {
  const Tensor x = row(12).to(tg::float32);
  const tg::SparseMatrix J = tg::sparse_jacobian(stencil, x);
  CHECK(J.values.dtype() == tg::float32);
  CHECK(tg::allclose(J.to_dense(), tg::jacobian(stencil, x)));
  CHECK(tg::allclose(tg::sparse_hessian(rosenbrock, x).to_dense(), tg::hessian(rosenbrock, x)));
  const auto mixed = [](const Tensor& a) { return tg::cat({a * tg::sum(a), a}).to(tg::float64); };
  CHECK(tg::allclose(tg::sparse_jacobian(mixed, x).to_dense(), tg::jacobian(mixed, x)));
}

TEST_CASE("sparse matrices can be differentiated", "[transforms]") {
  Tensor x = row(8).requires_grad_();
  const tg::SparseMatrix J = tg::sparse_jacobian(stencil, x);
  const Tensor slope = tg::grad(tg::sum(J.values), x);
  const auto dense = [](const Tensor& in) { return tg::sum(tg::jacobian(stencil, in)); };
  CHECK(tg::allclose(slope, tg::grad(dense)(x.detach()), 1e-12));
}

TEST_CASE("sparse derivatives say what does not fit", "[transforms]") {
  const Tensor x = row(8);
  const auto pattern = tg::sparse_jacobian(stencil, x).pattern;
  CHECK(message_of<tg::ValueError>([&] {
          (void)tg::sparse_jacobian(stencil, row(9), {.pattern = pattern});
        }) == "sparse_jacobian: the pattern has 8 columns, but the input has 9 elements");
  CHECK(message_of<tg::ValueError>([&] {
          (void)tg::sparse_jacobian(differences, x, {.pattern = pattern});
        }) == "sparse_jacobian: the pattern has 8 rows, but the output has 7 elements");
  CHECK(message_of<tg::ValueError>([&] {
          (void)tg::sparse_hessian(rosenbrock, x, {.chunk_size = 0});
        }) == "sparse_hessian: chunk_size is 0; it is a number of directions");
  CHECK(message_of<tg::ValueError>([&] {
          (void)tg::sparse_jacobian([](const Tensor& a) { return Tensors{a, a}; }, x);
        }) == "sparse_jacobian: the function returns 2 tensors; put them together by cat");
  CHECK_THROWS_AS(tg::sparse_jacobian(stencil, tg::arange(3)), tg::DTypeError);
  CHECK_THROWS_AS(tg::sparse_hessian(stencil, x), tg::GradError);
  CHECK_FALSE(tg::detail::watched());
}
