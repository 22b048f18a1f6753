// Decompositions: against their definition, gradients against PyTorch's (torch 1.13) and against
// differences, and what is said where there is none.

#include <limits>

#include "tests/linalg/linalg.h"

using namespace linalg_tests;
using Catch::Matchers::ContainsSubstring;
using tg::ValueError;

namespace {

Tensor transposed(const Tensor& x) { return tg::transpose(x, -2, -1); }

/// Rows and columns, and batches, and nothing.
const tg::Shape kShapes[] = {{3, 3},    {5, 3},    {3, 5},    {2, 4, 2}, {2, 1, 2, 4}, {1, 1},
                             {0, 3, 2}, {2, 0, 3}, {2, 3, 0}, {0, 0},    {40, 30}};

double tolerance(tg::DType type) { return type == tg::float64 ? 1e-12 : 1e-4; }

}  // namespace

TEST_CASE("svd puts the matrix together again, of both types and any shape") {
  for (const tg::Shape& shape : kShapes) {
    for (const tg::DType type : {tg::float64, tg::float32}) {
      for (const bool full : {false, true}) {
        const Tensor x = numbers(shape).to(type);
        const auto [u, s, vh] = tg::svd(x, full);
        INFO(tg::to_string(shape) << full);
        const std::int64_t m = shape[-2], n = shape[-1], k = std::min(m, n);
        REQUIRE(u.shape() == shape.with_size(-1, full ? m : k));
        REQUIRE(vh.shape() == shape.with_size(-2, full ? n : k));
        REQUIRE(s.shape().back() == k);
        CHECK(near(tg::matmul(tg::narrow(u, -1, 0, k) * s.unsqueeze(-2), tg::narrow(vh, -2, 0, k)),
                   x, tolerance(type)));
        CHECK(near(tg::matmul(transposed(u), u),
                   tg::eye(full ? m : k, {}, type)
                       .expand(shape.with_size(-2, full ? m : k).with_size(-1, full ? m : k)),
                   tolerance(type)));
        CHECK(near(tg::matmul(vh, transposed(vh)),
                   tg::eye(full ? n : k, {}, type)
                       .expand(shape.with_size(-2, full ? n : k).with_size(-1, full ? n : k)),
                   tolerance(type)));
        CHECK(near(tg::svdvals(x), s, tolerance(type)));
      }
    }
  }
  // Of rank 1, of zeros, and of very large and small numbers.
  const Tensor one = tg::ones({4, 3}, tg::float64);
  CHECK(near(tg::svdvals(one), tg::tensor({std::sqrt(12.0), 0.0, 0.0}, tg::float64)));
  CHECK(is(tg::svdvals(one * 0), {0, 0, 0}));
  for (const double size : {1e200, 1e-200})
    CHECK(
        near(tg::svdvals(one * size) / size, tg::tensor({std::sqrt(12.0), 0.0, 0.0}, tg::float64)));
}

TEST_CASE("qr puts the matrix together again, in each mode") {
  for (const tg::Shape& shape : kShapes) {
    for (const tg::DType type : {tg::float64, tg::float32}) {
      const Tensor x = numbers(shape).to(type);
      const std::int64_t m = shape[-2], k = std::min(m, shape[-1]);
      for (const tg::QrMode mode : {tg::QrMode::reduced, tg::QrMode::complete}) {
        const auto [q, r] = tg::qr(x, mode);
        INFO(tg::to_string(shape));
        const std::int64_t columns = mode == tg::QrMode::reduced ? k : m;
        REQUIRE(q.shape() == shape.with_size(-1, columns));
        REQUIRE(r.shape() == shape.with_size(-2, columns));
        CHECK(near(tg::matmul(q, r), x, tolerance(type)));
        CHECK(near(
            tg::matmul(transposed(q), q),
            tg::eye(columns, {}, type).expand(shape.with_size(-1, columns).with_size(-2, columns)),
            tolerance(type)));
        CHECK(near(r, tg::triu(r), 0));
      }
      const auto [q, r] = tg::qr(x, tg::QrMode::r);
      CHECK(q.shape() == tg::Shape{0});
      CHECK(r.shape() == shape.with_size(-2, k));
      CHECK(tg::equal(r, tg::qr(x).R));
    }
  }
}

TEST_CASE("eigh and cholesky put the matrix together again, and read one triangle") {
  for (const tg::Shape& shape :
       {tg::Shape{3, 3}, {2, 4, 4}, {1, 1}, {0, 3, 3}, {2, 0, 0}, {40, 40}}) {
    for (const tg::DType type : {tg::float64, tg::float32}) {
      INFO(tg::to_string(shape));
      const Tensor x = symmetric(numbers(shape)).to(type);
      const Tensor half = tg::tril(x) + tg::triu(x, 1) * 7;
      const auto [w, v] = tg::eigh(half);
      CHECK(near(tg::matmul(v * w.unsqueeze(-2), v, {.transpose_b = true}), x, tolerance(type)));
      CHECK(near(tg::matmul(transposed(v), v), eye_like(x), tolerance(type)));
      CHECK(near(w, tg::sort(w).values, 0));
      CHECK(near(tg::eigvalsh(transposed(half), tg::UPLO::U), w, tolerance(type)));
      const Tensor p = positive_definite(numbers(shape)).to(type);
      const Tensor l = tg::cholesky(tg::tril(p)), u = tg::cholesky(tg::triu(p), true);
      CHECK(near(tg::matmul(l, l, {.transpose_b = true}), p, tolerance(type)));
      CHECK(near(u, transposed(l), tolerance(type)));
      CHECK(near(l, tg::tril(l), 0));
      const Tensor b = numbers(shape, 3).to(type);
      CHECK(near(tg::matmul(p, tg::cholesky_solve(b, l)), b, 100 * tolerance(type)));
      CHECK(near(tg::matmul(p, tg::cholesky_solve(b, u, true)), b, 100 * tolerance(type)));
    }
  }
}

TEST_CASE("vectors have no gradient where they are not told apart; values always have one") {
  const auto grads = [](const auto& f, const Tensor& x) {
    Tensor own = x.clone().requires_grad_();
    f(own).backward();
    return own.grad();
  };
  const Tensor one = tg::stack({symmetric(numbers({3, 3})), tg::eye(3, {}, tg::float64)});
  const std::string text = message_of<ValueError>([&] {
    grads(
        [](const Tensor& x) {
          return tg::sum(tg::square(tg::eigh(x).eigenvectors) * numbers({3, 3}));
        },
        one);
  });
  CHECK_THAT(
      text,
      ContainsSubstring(
          "eigh: matrix [1] of shape [2, 3, 3] has values that are equal but for rounding, number "
          "0 and the next: then their vectors are not told apart and have no gradient"));
  // The first of both alone has one, and the values of both.
  CHECK_FALSE(
      tg::any(tg::isnan(grads(
                  [](const Tensor& x) {
                    return tg::sum(tg::square(tg::eigh(x).eigenvectors[0]) * numbers({3, 3}));
                  },
                  one)))
          .item<bool>());
  CHECK(near(grads([](const Tensor& x) { return tg::sum(tg::eigvalsh(x)); }, one), eye_like(one)));
  CHECK(near(
      grads([](const Tensor& x) { return tg::sum(tg::svdvals(x)); }, tg::eye(3, {}, tg::float64)),
      tg::eye(3, {}, tg::float64)));
  CHECK_THAT(
      message_of<ValueError>([&] {
        grads(
            [](const Tensor& x) {
              return tg::sum(tg::svd(x).U * numbers({3, 3}));
            },
            tg::eye(3, {}, tg::float64));
      }),
      ContainsSubstring(
          "svd: the matrix of shape [3, 3] has values that are equal but for rounding, number 0"));
  // Beyond the first two columns, where a value is 0, and where it is not.
  const Tensor tall = numbers({3, 2});
  CHECK_THAT(
      message_of<ValueError>(
          [&] { grads([](const Tensor& x) { return tg::sum(tg::svd(x).U); }, tall); }),
      ContainsSubstring("svd: a gradient came to the columns of U that full_matrices adds to "
                        "the first 2 of a matrix of shape [3, 2]"));
  const auto first = [](const Tensor& x) {
    return tg::sum(tg::square(tg::svd(x).U.narrow(-1, 0, 2)) * numbers({3, 2}, 1));
  };
  const auto reduced = [](const Tensor& x) {
    return tg::sum(tg::square(tg::svd(x, false).U) * numbers({3, 2}, 1));
  };
  CHECK(near(grads(first, tall), grads(reduced, tall)));
  CHECK_THAT(message_of<ValueError>([&] {
               grads(reduced, tg::tensor({{1.0, 0.0}, {2.0, 0.0}, {3.0, 0.0}}, tg::float64));
             }),
             ContainsSubstring("has a singular value that is 0 but for rounding, number 1"));
  // Equal but for rounding: an error where the gradient of just these vectors is not 0.
  const Tensor flat = tg::ones({3, 3}, tg::float64);
  CHECK_THAT(message_of<ValueError>([&] {
               grads([](const Tensor& x) { return tg::sum(tg::eigh(x).eigenvectors); }, flat);
             }),
             ContainsSubstring("equal but for rounding, number 0"));
  CHECK_THAT(message_of<ValueError>([&] {
               grads([](const Tensor& x) { return tg::sum(tg::svd(x, false).Vh); }, flat);
             }),
             ContainsSubstring("equal but for rounding, number 1"));
  const Tensor rank1 = tg::matmul(numbers({4, 1}), numbers({4, 1}), {.transpose_b = true});
  CHECK_FALSE(tg::any(tg::isnan(grads(
                          [](const Tensor& x) {
                            return tg::sum(tg::square(tg::eigh(x).eigenvectors.narrow(-1, 3, 1)) *
                                           numbers({4, 1}, 1));
                          },
                          rank1)))
                  .item<bool>());
  CHECK_THAT(
      message_of<ValueError>([&] {
        grads([](const Tensor& x) { return tg::sum(tg::qr(x, tg::QrMode::complete).R); }, tall);
      }),
      ContainsSubstring("qr: of a matrix with more rows than columns the mode complete has no "
                        "gradient"));
  CHECK_THAT(
      message_of<ValueError>([&] {
        grads([](const Tensor& x) { return tg::sum(tg::qr(x).R); },
              tg::ones({3, 2}, tg::float64) * tg::tensor({0.0, 1.0}));
      }),
      ContainsSubstring("qr: a matrix, of R of shape [2, 2], has columns that depend on those "
                        "before them"));
}

TEST_CASE("in forward mode values have tangents where vectors have none") {
  const Tensor x = tg::eye(3, {}, tg::float64), t = symmetric(numbers({3, 3}));
  const auto values = [](const Tensor& in) { return tg::eigvalsh(in); };
  const Tensor tangent = tg::jvp(values, x, t).second;
  CHECK(near(tg::sum(tangent), tg::trace(t)));
  CHECK_FALSE(tg::any(tg::isnan(tangent)).item<bool>());
}

TEST_CASE("numbers that are not finite, and matrices that do not fit, are said") {
  Tensor x = tg::ones({2, 2, 2}, tg::float64);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  x = tg::stack({tg::eye(2, {}, tg::float64), tg::full({2, 2}, nan, tg::float64)});
  const auto text = [](const std::string& name) {
    return name +
           ": matrix [1] of shape [2, 2, 2] has an element that is NaN or infinite, number 0";
  };
  CHECK(message_of<ValueError>([&] { tg::svd(x); }) == text("svd"));
  CHECK(message_of<ValueError>([&] { tg::eigh(x); }) == text("eigh"));
  CHECK(message_of<ValueError>([&] { tg::cholesky(x); }) ==
        "cholesky: matrix [1] of shape [2, 2, 2] is not positive definite: pivot 0 is not above 0");
  CHECK(message_of<ValueError>([&] {
          tg::cholesky(tg::tensor({{1.0, 2.0}, {2.0, 1.0}}));
        }) ==
        "cholesky: the matrix of shape [2, 2] is not positive definite: pivot 1 is not above 0");
  CHECK(tg::all(tg::isnan(tg::qr(x).R[1].narrow(0, 0, 1))).item<bool>());
  CHECK(message_of<tg::ShapeError>([] {
          tg::eigvalsh(tg::ones({2, 3}));
        }) ==
        "eigvalsh: the argument has shape [2, 3]; its matrices, the last two dimensions, must be "
        "square");
  CHECK(message_of<tg::ShapeError>([] { tg::svdvals(tg::ones(3)); }) ==
        "svdvals: the argument has shape [3]; it must have two dimensions at least");
  CHECK_THAT(message_of<tg::DTypeError>([] {
               tg::qr(tg::ones({2, 2}, tg::int64));
             }),
             ContainsSubstring("qr: "));
}
