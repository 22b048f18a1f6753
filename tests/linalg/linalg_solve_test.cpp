// Inverses, systems of equations and determinants: against their definition, at singular matrices,
// and what is said about arguments that do not fit.

#include "tests/linalg/linalg.h"

using namespace linalg_tests;

TEST_CASE("an inverse times its matrix is the identity, of both types and any batch") {
  for (const tg::Shape& shape :
       {tg::Shape{3, 3}, {2, 4, 4}, {2, 1, 1, 1}, {0, 3, 3}, {2, 0, 0}, {1, 40, 40}}) {
    for (const tg::DType type : {tg::float64, tg::float32}) {
      const Tensor x = (numbers(shape) + 3 * eye_like(numbers(shape))).to(type);
      const Tensor y = tg::inverse(x);
      INFO(tg::to_string(shape));
      CHECK(near(tg::matmul(x, y), eye_like(x), type == tg::float64 ? 1e-12 : 1e-4));
      CHECK(tg::equal(y, tg::inv(x)));
    }
  }
}

TEST_CASE("solve and solve_triangular solve, from both sides, with batches that broadcast") {
  const Tensor a = numbers({2, 1, 3, 3}) + 3 * eye_like(numbers({2, 1, 3, 3}));
  const Tensor b = numbers({4, 3, 2}, 1);
  CHECK(near(tg::matmul(a, tg::solve(a, b)), b.expand({2, 4, 3, 2})));
  const Tensor rows = numbers({2, 3}, 2);
  CHECK(near(tg::matmul(tg::solve(a, rows, false), a), rows.expand({2, 1, 2, 3})));
  CHECK(near(tg::matmul(a, tg::solve(a, numbers(3)).unsqueeze(-1)).squeeze(-1),
             numbers(3).expand({2, 1, 3})));
  // A batch of vectors, since it has the shape of A without its last dimension.
  const Tensor vectors = numbers({2, 1, 3}, 3);
  CHECK(near(tg::solve(a, vectors), tg::solve(a, vectors.unsqueeze(-1)).squeeze(-1)));
  // Each of a batch has an order of rows of its own.
  const Tensor turned = tg::cat({tg::flip(a[0], {1}), a[1]});
  CHECK(near(tg::matmul(turned, tg::solve(turned, b[0])), b[0].expand({2, 3, 2})));
  for (const bool upper : {false, true}) {
    const Tensor t = upper ? tg::triu(a) : tg::tril(a);
    const Tensor unit = upper ? tg::triu(a, 1) + eye_like(a) : tg::tril(a, -1) + eye_like(a);
    CHECK(
        near(tg::matmul(t, tg::solve_triangular(a, b, {.upper = upper})), b.expand({2, 4, 3, 2})));
    CHECK(near(tg::matmul(tg::solve_triangular(a, rows, {.upper = upper, .left = false}), t),
               rows.expand({2, 1, 2, 3})));
    CHECK(
        near(tg::matmul(unit, tg::solve_triangular(a, b, {.upper = upper, .unitriangular = true})),
             b.expand({2, 4, 3, 2})));
  }
  CHECK(tg::solve(tg::ones({2, 0, 0}), tg::ones({2, 0, 3})).shape() == tg::Shape{2, 0, 3});
  CHECK(tg::solve(tg::ones({0, 2, 2}), tg::ones({0, 2, 3})).shape() == tg::Shape{0, 2, 3});
  CHECK(tg::solve(tg::ones({1, 1}), tg::ones({1, 0})).shape() == tg::Shape{1, 0});
}

TEST_CASE("arguments stay as they are, and results are copies") {
  const Tensor a = tg::tensor({{2.0, 0.0}, {0.0, 2.0}}), b = tg::tensor({{2.0}, {4.0}});
  Tensor x = tg::solve(a, b), y = tg::solve_triangular(a, b, {.upper = true});
  x.fill_(7);
  y.fill_(7);
  CHECK(is(b, {2, 4}));
}

TEST_CASE("the gradient of det is right where matrices are singular") {
  // By the definition of cofactors: a matrix of rank 2, and one of rank 1.
  const Tensor rank2 = tg::tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}, {7.0, 8.0, 9.0}}, tg::float64);
  const Tensor rank1 = tg::tensor({{1.0, 2.0, 3.0}, {2.0, 4.0, 6.0}, {3.0, 6.0, 9.0}}, tg::float64);
  Tensor x = tg::stack({rank2, rank1, tg::zeros({3, 3}, tg::float64), 2 * eye_like(rank2)});
  x = x.detach().requires_grad_();
  tg::sum(tg::det(x)).backward();
  const Tensor cofactors =
      tg::tensor({{-3.0, 6.0, -3.0}, {6.0, -12.0, 6.0}, {-3.0, 6.0, -3.0}}, tg::float64);
  CHECK(near(x.grad()[0], cofactors, 1e-13));
  CHECK(near(x.grad()[1], tg::zeros({3, 3}, tg::float64), 1e-13));
  CHECK(near(x.grad()[2], tg::zeros({3, 3}, tg::float64), 0));
  CHECK(near(x.grad()[3], 4 * eye_like(rank2), 1e-15));
  const auto f = [](const Tensor& in) { return tg::det(in); };
  for (const Tensor& matrix : {rank2, rank1, rank1 * 0}) {
    const Tensor own = matrix.clone().requires_grad_();
    const auto second = tg::gradgradcheck(f, own);
    INFO(second.message());
    CHECK(second);
  }
}

TEST_CASE("slogdet where the determinant leaves the range, and of singular matrices") {
  const Tensor big = tg::eye(50, {}, tg::float32) * -1e20;
  const auto [sign, logabsdet] = tg::slogdet(tg::stack({big, big * 0, big[0].expand({50, 50})}));
  CHECK(is(sign, {1, 0, 0}));
  CHECK(std::abs(logabsdet[0].item() - 50 * std::log(1e20)) < 1e-2);
  CHECK(logabsdet[1].item() == -std::numeric_limits<double>::infinity());
  CHECK(std::isnan(tg::logdet(-tg::eye(3)).item()));
  CHECK(tg::logdet(tg::zeros({2, 2})).item() == -std::numeric_limits<double>::infinity());
  CHECK(tg::logdet(tg::zeros({0, 0})).item() == 0);
  CHECK(is(tg::det(tg::zeros({2, 0, 0})), {1, 1}));
}

TEST_CASE("NaN in a matrix is NaN in what it is inverted to, and no endless loop") {
  Tensor x = eye_like(tg::ones({2, 3, 3})).clone();
  Tensor first = x[0];
  first.fill_(std::nan(""));
  for (const Tensor& y :
       {tg::inverse(x), tg::solve(x, tg::ones({2, 3, 1})), tg::det(x).reshape({2, 1, 1}),
        tg::slogdet(x).logabsdet.reshape({2, 1})}) {
    CHECK(tg::all(tg::isnan(y[0])).item<bool>());
    CHECK_FALSE(tg::any(tg::isnan(y[1])).item<bool>());
  }
  x = x.detach().requires_grad_();
  tg::sum(tg::det(x)).backward();
  CHECK(tg::all(tg::isnan(x.grad()[0])).item<bool>());
  CHECK(near(x.grad()[1], eye_like(x.grad()[1]), 0));
}

TEST_CASE("systems that have no solution, and arguments that do not fit, are said") {
  using tg::DTypeError;
  using tg::ShapeError;
  using tg::ValueError;
  const Tensor singular = tg::tensor({{{1.0, 0.0}, {0.0, 1.0}}, {{1.0, 2.0}, {2.0, 4.0}}});
  const std::string way =
      " is singular: pivot 1 is 0; pinv and lstsq take such matrices, and a small multiple of eye "
      "that is added makes it regular";
  CHECK(message_of<ValueError>([&] { tg::inverse(singular); }) ==
        "inverse: matrix [1] of shape [2, 2, 2]" + way);
  CHECK(message_of<ValueError>([&] { tg::solve(singular[1], tg::ones({2})); }) ==
        "solve: the matrix of shape [2, 2]" + way);
  CHECK(message_of<ValueError>([&] {
          tg::solve_triangular(singular - 1, tg::ones({2, 1}), {.upper = true});
        }) ==
        "solve_triangular: matrix [0] of shape [2, 2, 2] is singular: element 0 of its "
        "diagonal is 0");
  CHECK(
      message_of<ShapeError>([&] {
        tg::det(tg::ones({2, 3}));
      }) ==
      "det: the argument has shape [2, 3]; its matrices, the last two dimensions, must be square");
  CHECK(message_of<ShapeError>([&] { tg::inv(tg::ones(3)); }) ==
        "inv: the argument has shape [3]; it must have two dimensions at least");
  CHECK(message_of<DTypeError>([&] {
          tg::inverse(tg::arange(4).reshape({2, 2}));
        }) == message_of<DTypeError>([&] {
          tg::inverse(tg::ones({2, 2}, tg::int64));
        }));
  CHECK(message_of<DTypeError>([&] { tg::solve(singular, singular.to(tg::float64)); }) ==
        "solve: the second argument is float64 but the first argument is float32; convert one of "
        "them with to()");
  CHECK(message_of<ShapeError>([&] {
          tg::solve(singular, tg::ones({3, 1}));
        }) ==
        "solve: 2 equations in 2 unknowns, by a matrix of shape [2, 2, 2], have a right side of "
        "shape [..., 2, k], not [3, 1]");
  CHECK(message_of<ShapeError>([&] { tg::solve(singular[0], tg::ones(2), false); }) ==
        "solve: a right side of shape [2] are vectors for a matrix of shape [2, 2], which stand on "
        "the right: left must be true");
  Tensor x = singular.to(tg::float64).requires_grad_();
  CHECK(message_of<ValueError>([&] {
          tg::sum(tg::slogdet(x).logabsdet).backward();
        }).find("is singular: pivot 1 is 0") != std::string::npos);
}
