#include "autograd/ops/shape/diagonal.h"

#include <cmath>

#include "tests/message_of.h"
#include "tests/ops/shape_ops.h"

using Catch::Matchers::ContainsSubstring;
using namespace shape_ops;

TEST_CASE("a diagonal is taken out and put in again") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({3, 4}, dtype);
    for (int k = -4; k < 6; ++k) {
      const Tensor d = tg::diagonal(x, k);
      CHECK(d.dtype() == dtype);
      CHECK_FALSE(shares_data(d, x));
      std::int64_t found = 0;
      for (std::int64_t i = 0; i < 3; ++i) {
        if (i + k < 0 || i + k >= 4) continue;
        CHECK(tg::equal(d[found++], x.at({i, i + k})));
      }
      CHECK(d.shape() == Shape{found});
      CHECK(tg::equal(tg::diag(x, k), d));
      CHECK(tg::equal(tg::diag(tg::diag(d, k), k), d));
    }
    const Tensor many = counted({2, 3}, dtype);
    for (int k = -2; k < 3; ++k) {
      const Tensor matrices = tg::diag_embed(many, k);
      CHECK(matrices.shape() == Shape{2, 3 + std::abs(k), 3 + std::abs(k)});
      CHECK(tg::equal(tg::diagonal(matrices, k, -2, -1), many));
      CHECK(tg::equal(tg::diag_embed(many, k, 0, 1), tg::permute(matrices, {1, 2, 0})));
      CHECK(tg::equal(tg::diag_embed(many, k, 2, 1), tg::transpose(matrices, 1, 2)));
    }
  }
}

TEST_CASE("diagonals of any two dimensions") {
  const Tensor x = counted({2, 3, 4, 2});
  for (int a = 0; a < 4; ++a) {
    for (int b = 0; b < 4; ++b) {
      if (a == b) continue;
      for (int k = -2; k < 3; ++k)
        CHECK(tg::equal(tg::diagonal(x, k, a, b),
                        tg::diagonal(tg::movedim(x, {a, b}, {2, 3}), k, 2, 3)));
    }
  }
  CHECK(tg::diagonal(tg::zeros({0, 3, 3}), 0, 1, 2).shape() == Shape{0, 3});
  CHECK(tg::diagonal(tg::zeros({3, 0})).shape() == Shape{0});
  CHECK(tg::diagonal(tg::zeros({3, 3}), INT64_MIN).shape() == Shape{0});
  CHECK(tg::diagonal(tg::zeros({3, 3}), INT64_MIN, 1, 0).shape() == Shape{0});
  CHECK(tg::diagonal(tg::zeros({3, 3}), INT64_MAX).shape() == Shape{0});
  CHECK(tg::diag_embed(tg::zeros({2, 0})).shape() == Shape{2, 0, 0});
  CHECK(tg::diag_embed(tg::zeros({0}), 2).shape() == Shape{2, 2});
  CHECK(tg::equal(tg::trace(tg::tensor({{1, 2}, {3, 4}})), tg::tensor(5)));
  CHECK(tg::equal(tg::trace(tg::zeros({0, 3})), tg::tensor(0.0)));
  CHECK(tg::equal(tg::trace(tg::ones({2, 3}, tg::boolean)), tg::tensor(2)));
}

TEST_CASE("a triangle keeps what is in it") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({2, 3, 4}, dtype);
    for (int k = -5; k < 6; ++k) {
      const Tensor lower = tg::tril(x, k), upper = tg::triu(x, k + 1);
      CHECK(lower.dtype() == dtype);
      for (std::int64_t i = 0; i < 3; ++i) {
        for (std::int64_t j = 0; j < 4; ++j) {
          const Tensor zero = tg::zeros({}, dtype), own = x.at({1, i, j});
          CHECK(tg::equal(lower.at({1, i, j}), j <= i + k ? own : zero));
          CHECK(tg::equal(upper.at({1, i, j}), j > i + k ? own : zero));
        }
      }
    }
    CHECK_FALSE(shares_data(tg::tril(x, 9), x));
  }
  const Tensor x = counted({2, 3});
  CHECK(tg::equal(tg::tril(x, INT64_MAX), x));
  CHECK(tg::equal(tg::triu(x, INT64_MIN), x));
  CHECK(tg::equal(tg::triu(x, INT64_MAX), tg::zeros_like(x)));
  CHECK(tg::tril(tg::zeros({3, 0})).shape() == Shape{3, 0});
}

TEST_CASE("what a triangle leaves out does not matter") {
  Tensor x = tg::tensor({{1.0, NAN}, {2.0, 3.0}}, tg::float64).requires_grad_();
  const Tensor y = tg::tril(x);
  CHECK(tg::equal(y, tg::tensor({{1.0, 0.0}, {2.0, 3.0}}, tg::float64)));
  (y * tg::full({2, 2}, INFINITY, tg::float64)).sum().backward();
  CHECK(x.grad().at<double>({0, 1}) == 0);
}

TEST_CASE("block_diag puts matrices along a diagonal") {
  const Tensor all = tg::block_diag({tg::tensor({{1, 2}}), 3, tg::tensor({{4}, {5}})});
  CHECK(tg::equal(all, tg::tensor({{1, 2, 0, 0}, {0, 0, 3, 0}, {0, 0, 0, 4}, {0, 0, 0, 5}})));
  CHECK(tg::block_diag({tg::tensor({1}), tg::tensor({0.5}, tg::float64)}).dtype() == tg::float64);
  CHECK(tg::block_diag({tg::zeros({0}), tg::ones({2})}).shape() == Shape{2, 2});
  CHECK(tg::block_diag({tg::zeros({0, 2}), tg::ones({1, 0})}).shape() == Shape{1, 2});
  const Tensor one = tg::ones({2, 2});
  CHECK(tg::equal(tg::block_diag({one}), one));
  CHECK_FALSE(shares_data(tg::block_diag({one}), one));
}

TEST_CASE("diagonals say what does not fit") {
  const Tensor x = tg::zeros({2, 3});
  const auto shape_error = [](auto run) { return message_of<tg::ShapeError>(run); };
  const auto index_error = [](auto run) { return message_of<tg::IndexError>(run); };
  CHECK_THAT(shape_error([] {
               tg::diag(tg::zeros({1, 1, 1}));
             }),
             ContainsSubstring("diag: shape [1, 1, 1] is neither a vector nor a matrix"));
  CHECK_THAT(shape_error([] { tg::diag_embed(1.0); }),
             ContainsSubstring("diag_embed: a number (0-d tensor) has no dimensions"));
  CHECK_THAT(shape_error([&] { tg::diag_embed(x, INT64_MAX); }), ContainsSubstring("diag_embed: "));
  CHECK_THAT(shape_error([&] {
               tg::diag_embed(tg::zeros({1, 1, 1, 1, 1, 1, 1, 1}));
             }),
             ContainsSubstring("diag_embed: shape"));
  CHECK_THAT(index_error([&] { tg::diag_embed(x, 0, 1, -2); }), ContainsSubstring("diag_embed: "));
  CHECK_THAT(index_error([&] { tg::diagonal(x, 0, 1, 1); }), ContainsSubstring("diagonal: "));
  CHECK_THAT(index_error([&] { tg::diagonal(tg::zeros({2})); }),
             ContainsSubstring("diagonal: dimension 1 is out of range"));
  CHECK_THAT(shape_error([] { tg::trace(tg::zeros({2})); }),
             ContainsSubstring("trace: shape [2] is no matrix"));
  CHECK_THAT(shape_error([] { tg::tril(tg::zeros({2})); }),
             ContainsSubstring("tril: shape [2] is no matrix"));
  CHECK_THAT(shape_error([] { tg::triu(1.0); }), ContainsSubstring("triu: shape [] is no matrix"));
  CHECK_THAT(shape_error([&] {
               tg::block_diag({x, tg::zeros({1, 1, 1})});
             }),
             ContainsSubstring("block_diag: tensor 1 has shape [1, 1, 1], which is no matrix"));
  CHECK_THAT(message_of<tg::ValueError>([] { tg::block_diag({}); }),
             ContainsSubstring("block_diag: the list of tensors is empty"));
}
