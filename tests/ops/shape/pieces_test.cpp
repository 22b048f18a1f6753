#include "autograd/ops/shape/pieces.h"

#include "tests/message_of.h"
#include "tests/ops/shape_ops.h"

using Catch::Matchers::ContainsSubstring;
using namespace shape_ops;

namespace {

std::vector<std::int64_t> sizes(const Inputs& pieces, int dim) {
  std::vector<std::int64_t> result;
  for (const Tensor& piece : pieces) result.push_back(piece.size(dim));
  return result;
}

using Sizes = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("chunk and tensor_split give pieces that cat puts together again") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({5, 7}, dtype);
    for (int dim = -2; dim < 2; ++dim) {
      for (const int count : {1, 2, 3, 4, 7, 9}) {
        CHECK(tg::equal(tg::cat(tg::chunk(x, count, dim), dim), x));
        const Inputs sections = tg::tensor_split(x, count, dim);
        CHECK(sections.size() == static_cast<std::size_t>(count));
        CHECK(tg::equal(tg::cat(sections, dim), x));
      }
    }
  }
  const Tensor x = counted({5, 2});
  CHECK(sizes(tg::chunk(x, 4), 0) == Sizes{2, 2, 1});
  CHECK(sizes(tg::chunk(tg::zeros({0, 2}), 3), 0) == Sizes{0, 0, 0});
  CHECK(sizes(tg::tensor_split(x, 3), 0) == Sizes{2, 2, 1});
  CHECK(sizes(tg::tensor_split(x, {3, 1, -1, 9}), 0) == Sizes{3, 0, 3, 1, 0});
  CHECK(tg::equal(tg::tensor_split(x, {3, 1, -1, 9})[2], x.narrow(0, 1, 3)));
  CHECK(sizes(tg::tensor_split(x, {}), 0) == Sizes{5});
  CHECK(sizes(tg::tensor_split(x, tg::tensor({3, 1, -1, 9})), 0) == Sizes{3, 0, 3, 1, 0});
  CHECK(sizes(tg::tensor_split(x, tg::tensor(3), 0), 0) == Sizes{2, 2, 1});
  CHECK(sizes(tg::tensor_split(x, tg::zeros({0}, tg::int64)), 0) == Sizes{5});
  CHECK(sizes(tg::tensor_split(x, {2}), 0) == Sizes{2, 3});
  CHECK(shares_data(tg::chunk(x, 2)[1], x));
  CHECK(shares_data(tg::tensor_split(x, {1})[1], x));
  CHECK_FALSE(shares_data(tg::chunk(x, 2, 1)[0], x));
}

TEST_CASE("unbind takes a dimension apart") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({3, 4, 2}, dtype);
    for (int dim = -3; dim < 3; ++dim) {
      const Inputs entries = tg::unbind(x, dim);
      REQUIRE(entries.size() == static_cast<std::size_t>(x.size(dim)));
      for (std::size_t i = 0; i < entries.size(); ++i)
        CHECK(tg::equal(entries[i], tg::select(x, dim, i)));
    }
  }
  const Tensor x = counted({3, 2});
  CHECK(shares_data(tg::unbind(x)[2], x));
  CHECK_FALSE(shares_data(tg::unbind(x, 1)[1], x));
  CHECK(tg::unbind(tg::zeros({0, 3})).empty());
  CHECK(tg::unbind(tg::zeros({2, 0}))[1].shape() == Shape{0});
  CHECK(tg::unbind(tg::zeros({2}))[1].shape() == Shape{});
}

TEST_CASE("the stacks join vectors and numbers each in its way") {
  const Tensor a = tg::tensor({1, 2}), b = tg::tensor({3, 4});
  CHECK(tg::equal(tg::hstack({a, b}), tg::tensor({1, 2, 3, 4})));
  CHECK(tg::equal(tg::vstack({a, b}), tg::tensor({{1, 2}, {3, 4}})));
  CHECK(tg::equal(tg::column_stack({a, b}), tg::tensor({{1, 3}, {2, 4}})));
  CHECK(tg::equal(tg::dstack({a, b}), tg::tensor({{{1, 3}, {2, 4}}})));
  CHECK(tg::equal(tg::hstack({a, 7}), tg::tensor({1, 2, 7})));
  CHECK(tg::hstack({a, 0.5}).dtype() == tg::float32);
  CHECK(tg::hstack({tg::zeros({2, 0}), tg::ones({2, 3})}).shape() == Shape{2, 3});
  CHECK(tg::hstack({tg::zeros({2, 1}), tg::zeros({2, 2}, tg::float64)}).dtype() == tg::float64);
  CHECK_FALSE(shares_data(tg::hstack({a}), a));
  CHECK_FALSE(shares_data(tg::vstack({a}), a));
  CHECK(tg::vstack({tg::zeros({2}, tg::boolean)}).dtype() == tg::boolean);
}

TEST_CASE("pieces and stacks say by their own name what does not fit") {
  const Tensor x = tg::zeros({5, 2});
  const auto value_error = [](auto run) { return message_of<tg::ValueError>(run); };
  const auto shape_error = [](auto run) { return message_of<tg::ShapeError>(run); };
  CHECK_THAT(value_error([&] { tg::chunk(x, 0); }),
             ContainsSubstring("chunk: 0 chunks make no pieces; ask for one at least"));
  CHECK_THAT(message_of<tg::DTypeError>([&] { tg::tensor_split(x, tg::tensor({1.0})); }),
             ContainsSubstring("tensor_split: the indices must be int64"));
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               tg::tensor_split(x, tg::zeros({1, 1}, tg::int64));
             }),
             ContainsSubstring("tensor_split: indices of shape [1, 1]; give a number"));
  CHECK_THAT(value_error([&] { tg::tensor_split(x, -2); }),
             ContainsSubstring("tensor_split: -2 sections make no pieces"));
  CHECK_THAT(value_error([&] { tg::tensor_split(x, INT64_MAX); }),
             ContainsSubstring("tensor_split: 9223372036854775807 sections are more than memory"));
  CHECK_THAT(shape_error([&] { tg::chunk(tg::tensor(1.0), 1); }),
             ContainsSubstring("chunk: a number (0-d tensor) has no dimensions"));
  CHECK_THAT(shape_error([&] { tg::tensor_split(tg::tensor(1.0), {1}); }),
             ContainsSubstring("tensor_split: a number (0-d tensor)"));
  CHECK_THAT(shape_error([&] { tg::unbind(tg::tensor(1.0)); }),
             ContainsSubstring("unbind: a number (0-d tensor)"));
  CHECK_THAT(message_of<tg::IndexError>([&] { tg::unbind(x, 2); }),
             ContainsSubstring("unbind: dimension 2 is out of range"));
  CHECK_THAT(shape_error([&] {
               tg::hstack({x, tg::zeros({2})});
             }),
             ContainsSubstring("hstack: tensor 1 has shape [2], which does not fit shape [5, 2]"));
  CHECK_THAT(
      shape_error([&] {
        tg::vstack({x, tg::zeros({3})});
      }),
      ContainsSubstring("vstack: tensor 1 has shape [1, 3], which does not fit shape [5, 2]"));
  CHECK_THAT(shape_error([&] {
               tg::dstack({x, tg::zeros({3})});
             }),
             ContainsSubstring("dstack: tensor 1 has shape [1, 3, 1]"));
  CHECK_THAT(shape_error([&] {
               tg::column_stack({x, tg::zeros({3})});
             }),
             ContainsSubstring("column_stack: tensor 1 has shape [3, 1]"));
  CHECK_THAT(value_error([] { tg::hstack({}); }),
             ContainsSubstring("hstack: the list of tensors is empty"));
  CHECK_THAT(value_error([&] {
               tg::column_stack({x, Tensor()});
             }),
             ContainsSubstring("column_stack: tensor 1 is an undefined tensor"));
}
