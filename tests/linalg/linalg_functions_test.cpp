// What is made of decompositions: pseudoinverses, ranks, least squares, exponentials and norms.

#include <cmath>
#include <limits>

#include "tests/linalg/linalg.h"

using namespace linalg_tests;
using Catch::Matchers::ContainsSubstring;

namespace {

Tensor transposed(const Tensor& x) { return tg::transpose(x, -2, -1); }

}  // namespace

TEST_CASE("a pseudoinverse fulfils Penrose's four equations, at any rank") {
  const Tensor rank2 = tg::matmul(numbers({5, 2}), numbers({2, 4}, 1));
  for (const Tensor& a : {numbers({4, 3}), numbers({2, 3, 5}), numbers({3, 3}), rank2, rank2 * 0,
                          numbers({2, 0, 3}), numbers({0, 2, 2})}) {
    const Tensor p = tg::pinv(a);
    INFO(tg::to_string(a.shape()));
    const Tensor ap = tg::matmul(a, p), pa = tg::matmul(p, a);
    CHECK(near(tg::matmul(ap, a), a));
    CHECK(near(tg::matmul(pa, p), p));
    CHECK(near(ap, transposed(ap)));
    CHECK(near(pa, transposed(pa)));
  }
}

TEST_CASE("ranks count singular values, and tolerances say which") {
  const Tensor rank2 = tg::matmul(numbers({5, 2}), numbers({2, 4}, 1));
  CHECK(is(tg::matrix_rank(tg::stack({rank2, numbers({5, 4}), rank2 * 0})), {2, 4, 0}));
  CHECK(tg::matrix_rank(rank2.to(tg::float32)).item<std::int64_t>() == 2);
  const Tensor steps = tg::diag_embed(tg::tensor({1.0, 1e-2, 1e-4}, tg::float64));
  CHECK(tg::matrix_rank(steps, 1e-3).item<std::int64_t>() == 2);
  CHECK(tg::matrix_rank(steps, {}, 1e-1).item<std::int64_t>() == 1);
  CHECK(tg::matrix_rank(steps, 1e-3, 1e-1).item<std::int64_t>() == 1);
  CHECK(tg::matrix_rank(tg::ones({2, 0, 3})).dtype() == tg::int64);
  CHECK(is(tg::matrix_rank(tg::ones({2, 0, 3})), {0, 0}));
}

TEST_CASE("symmetric matrices say so, and their triangles count alike") {
  const Tensor half = numbers({3, 3}), even = half + transposed(half);
  CHECK(near(tg::pinv(even, {.hermitian = true}), tg::pinv(even)));
  const Tensor p = tg::pinv(half, {.hermitian = true});
  CHECK(near(p, tg::pinv(even / 2)));
  CHECK(near(p, transposed(p)));
  const Tensor leaf = even.clone().requires_grad_();
  const Tensor g = tg::grad(tg::sum(tg::pinv(leaf, {.hermitian = true}) * half), leaf);
  CHECK(near(g, transposed(g)));
  const Tensor steps = tg::diag_embed(tg::tensor({1.0, -1e-2, 1e-4}, tg::float64));
  CHECK(tg::matrix_rank(steps, {.atol = 1e-3, .hermitian = true}).item<std::int64_t>() == 2);
  CHECK(tg::matrix_rank(steps, {.rtol = 1e-1, .hermitian = true}).item<std::int64_t>() == 1);
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               tg::pinv(numbers({2, 3}), {.hermitian = true});
             }),
             ContainsSubstring("pinv: "));
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               tg::matrix_rank(numbers({2, 3}), {.hermitian = true});
             }),
             ContainsSubstring("matrix_rank: "));
}

TEST_CASE("powers of matrices may be negative") {
  const Tensor a = numbers({2, 3, 3}) + 3 * tg::eye(3, {}, tg::float64);
  CHECK(tg::equal(tg::matrix_power(a, -1), tg::inverse(a)));
  CHECK(near(tg::matmul(tg::matrix_power(a, -3), tg::matrix_power(a, 3)), tg::matrix_power(a, 0)));
  CHECK(tg::equal(tg::matrix_power(a, tg::Integer(2)), tg::matrix_power(a, 2)));
  CHECK(tg::matrix_power(tg::zeros({0, 0}), -2).shape() == tg::Shape({0, 0}));
  const Tensor one = tg::eye(2);
  CHECK(tg::equal(tg::matrix_power(one, std::numeric_limits<std::int64_t>::min()), one));
  const Tensor whole = tg::tensor({{1, 1}, {0, 1}});
  CHECK(tg::equal(tg::matrix_power(whole, 3), tg::tensor({{1, 3}, {0, 1}})));
  CHECK_THAT(message_of<tg::DTypeError>([&] { tg::matrix_power(whole, -1); }),
             ContainsSubstring("matrix_power: "));
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               tg::matrix_power(numbers({2, 3}), -1);
             }),
             ContainsSubstring("matrix_power: "));
  CHECK_THAT(message_of<tg::ValueError>([&] {
               tg::matrix_power(tg::zeros({2, 2}), -1);
             }),
             ContainsSubstring("singular"));
}

TEST_CASE("least squares: equations in more and in fewer unknowns, vectors, and any rank") {
  const Tensor a = numbers({5, 3}), b = numbers({5, 2}, 1);
  const auto tall = tg::lstsq(a, b);
  // What remains is at right angles to the columns of A.
  CHECK(near(tg::matmul(transposed(a), tg::matmul(a, tall.solution) - b),
             tg::zeros({3, 2}, tg::float64)));
  CHECK(near(tall.residuals, tg::sum(tg::square(tg::matmul(a, tall.solution) - b), 0)));
  CHECK(tall.rank.item<std::int64_t>() == 3);
  CHECK(tall.singular_values.shape() == tg::Shape{3});
  const auto vector = tg::lstsq(a, numbers(5, 1));
  CHECK(vector.solution.shape() == tg::Shape{3});
  const auto wide = tg::lstsq(numbers({2, 3, 5}), numbers({2, 3, 1}, 1));
  CHECK(near(tg::matmul(numbers({2, 3, 5}), wide.solution), numbers({2, 3, 1}, 1)));
  CHECK(wide.residuals.numel() == 0);
  const Tensor rank2 = tg::matmul(numbers({5, 2}), numbers({2, 3}, 1));
  CHECK(tg::lstsq(rank2, b).residuals.numel() == 0);
  CHECK(message_of<tg::ShapeError>([&] {
          tg::lstsq(a, numbers({4, 2}));
        }) ==
        "lstsq: 5 equations, by a matrix of shape [5, 3], have a right side of shape [..., 5, k], "
        "not [4, 2]");
}

TEST_CASE("the exponential of a matrix, where there is a closed form") {
  // Of a rotation by any angle, a nilpotent matrix, a diagonal one, and of numbers that need to be
  // halved often.
  for (const double angle : {0.0, 0.5, 3.0, 100.0}) {
    const Tensor y = tg::matrix_exp(tg::tensor({{0.0, -1.0}, {1.0, 0.0}}, tg::float64) * angle);
    CHECK(near(y, tg::tensor(std::vector<double>{std::cos(angle), -std::sin(angle), std::sin(angle),
                                                 std::cos(angle)},
                             tg::Shape{2, 2})));
  }
  CHECK(near(
      tg::matrix_exp(tg::tensor({{0.0, 3.0, 4.0}, {0.0, 0.0, 5.0}, {0.0, 0.0, 0.0}}, tg::float64)),
      tg::tensor({{1.0, 3.0, 11.5}, {0.0, 1.0, 5.0}, {0.0, 0.0, 1.0}}, tg::float64)));
  const Tensor powers = tg::tensor({-700.0, 0.0, 30.0}, tg::float64);
  CHECK(near(tg::matrix_exp(tg::diag(powers)), tg::diag(tg::exp(powers)), 1e-13));
  const double inf = std::numeric_limits<double>::infinity();
  for (const double value : {std::nan(""), inf})
    CHECK(tg::all(tg::isnan(tg::matrix_exp(tg::full({2, 2}, value, tg::float64)))).item<bool>());
  // A large gradient costs no digits.
  Tensor x = (numbers({3, 3}) / 4).detach().requires_grad_(), z = x.detach().clone();
  z.requires_grad_();
  tg::sum(tg::matrix_exp(x) * numbers({3, 3}, 1)).backward();
  (tg::sum(tg::matrix_exp(z) * numbers({3, 3}, 1)) * 1e30).backward();
  CHECK(near(z.grad() / 1e30, x.grad(), 1e-14));
}

TEST_CASE("norms of singular values, in any two dimensions, and their gradients at ties") {
  using tg::SpectralNorm;
  const Tensor x = numbers({2, 3, 4});
  CHECK(near(tg::matrix_norm(x, SpectralNorm::two), tg::amax(tg::svdvals(x), -1)));
  CHECK(tg::matrix_norm(x, SpectralNorm::nuc, {0, 2}).shape() == tg::Shape{3});
  CHECK(tg::matrix_norm(x, SpectralNorm::nuc, {0, 2}, true).shape() == tg::Shape{1, 3, 1});
  CHECK(near(tg::matrix_norm(x, SpectralNorm::nuc, {0, 2}),
             tg::sum(tg::svdvals(tg::transpose(x, 0, 1)), -1)));
  Tensor one = tg::eye(3, {}, tg::float64).requires_grad_();
  tg::matrix_norm(one, SpectralNorm::two).backward();
  CHECK(near(one.grad(), tg::eye(3, {}, tg::float64) / 3));
  CHECK(tg::matrix_norm(tg::ones({2, 0}), SpectralNorm::nuc).item() == 0);
  CHECK_THAT(message_of<tg::ShapeError>([] {
               tg::matrix_norm(tg::ones({2, 0}), SpectralNorm::two);
             }),
             ContainsSubstring("matrix_norm: "));
  CHECK(message_of<tg::IndexError>([&] { tg::matrix_norm(x, SpectralNorm::nuc, {0}); }) ==
        "matrix_norm: a matrix has two dimensions, but dims are [0]");
  CHECK_THAT(message_of<tg::IndexError>([&] {
               tg::matrix_norm(x, SpectralNorm::nuc, {0, -3});
             }),
             ContainsSubstring("matrix_norm: dimension -3 is named twice"));
}
