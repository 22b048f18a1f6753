#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "tests/catch.h"
#include "tests/message_of.h"

// The list of sizes itself; what operators do with it is in reshape_test.cpp.

using tapegrad::Shape;
namespace tg = tapegrad;

TEST_CASE("the entries of a shape are counted from both ends, and checked") {
  const Shape shape{2, 3, 5};
  CHECK(shape[0] == 2);
  CHECK(shape[-1] == 5);
  CHECK(shape[-3] == 2);
  CHECK(message_of<tg::IndexError>([&] { return shape[3]; }) ==
        "shape [2, 3, 5] has no entry 3: its entries are -3 to 2");
  CHECK_THROWS_AS(shape[-4], tg::IndexError);
  CHECK_THROWS_AS(shape[std::numeric_limits<std::int64_t>::min()], tg::IndexError);
  CHECK_THROWS_AS(Shape()[0], tg::IndexError);
  CHECK_THROWS_AS(Shape().back(), tg::IndexError);
  CHECK(tg::ones({2, 7}).shape()[-1] == 7);
  Shape changed = shape;
  changed[-1] = 1;
  CHECK(changed == Shape{2, 3, 1});
  CHECK_THROWS_AS(changed.erase(3), tg::IndexError);
  CHECK_THROWS_AS(changed.insert(4, 1), tg::IndexError);
}

TEMPLATE_TEST_CASE("a shape is indexed by every type of integer", "", signed char, short, int, long,
                   long long, unsigned char, unsigned short, unsigned, unsigned long,
                   unsigned long long, char) {
  Shape shape{2, 3, 5};
  CHECK(shape[TestType(0)] == 2);
  CHECK(std::as_const(shape)[TestType(2)] == 5);
  shape[TestType(1)] = 7;
  CHECK(shape == Shape{2, 7, 5});
  CHECK_THROWS_AS(shape[TestType(3)], tg::IndexError);
  CHECK_THROWS_AS(shape[std::numeric_limits<TestType>::max()], tg::IndexError);
  if constexpr (std::is_signed_v<TestType>) {
    CHECK(shape[TestType(-1)] == 5);
    CHECK_THROWS_AS(shape[TestType(-4)], tg::IndexError);
    CHECK_THROWS_AS(shape[std::numeric_limits<TestType>::min()], tg::IndexError);
  }
}

TEST_CASE("an unsigned index below zero is no negative one") {
  const Shape shape{2, 3};
  const std::size_t zero = 0;
  CHECK(message_of<tg::IndexError>([&] { return shape[zero - 1]; }) ==
        "shape [2, 3] has no entry 18446744073709551615: its entries are -2 to 1");
  CHECK_THROWS_AS(shape[0u - 1], tg::IndexError);
}

TEST_CASE("strides are the products of the sizes after each dimension") {
  CHECK(Shape().strides() == Shape());
  CHECK(Shape(7).strides() == Shape{1});
  CHECK(Shape{2, 3, 5}.strides() == Shape{15, 5, 1});
  CHECK(Shape{2, 1, 5, 1}.strides() == Shape{5, 5, 1, 1});
  CHECK(Shape{1, 1}.strides() == Shape{1, 1});
  CHECK(Shape{0, 4, 5}.strides() == Shape{20, 5, 1});
  CHECK(Shape{4, 0, 5}.strides() == Shape{0, 5, 1});
  CHECK(Shape{2, 2, 2, 2, 2, 2, 2, 2}.strides() == Shape{128, 64, 32, 16, 8, 4, 2, 1});
}

TEST_CASE("strides of a size beyond all memory do not overflow") {
  const std::int64_t most = std::numeric_limits<std::int64_t>::max();
  // The first size is in no stride.
  CHECK(Shape{most, most}.strides() == Shape{most, 1});
  // An empty tensor may have sizes of any product.
  const std::int64_t large = std::int64_t{1} << 40;
  const tg::Tensor empty = tg::zeros({0, large, large});
  CHECK(empty.shape().strides() == Shape{0, large, 1});  // 2^80 modulo 2^64, first
  CHECK(tg::permute(empty, {2, 0, 1}).shape() == Shape{large, 0, large});
}

TEST_CASE("strides find the elements of a tensor") {
  const Shape sizes{2, 3, 4};
  const Shape strides = sizes.strides();
  const tg::Tensor x = tg::arange(sizes.numel()).reshape(sizes);
  for (std::int64_t flat = 0; flat < sizes.numel(); ++flat) {
    const Shape index = tg::detail::unravel_index(flat, sizes);
    CHECK(x.at<std::int64_t>(index) == flat);
    CHECK(index[0] * strides[0] + index[1] * strides[1] + index[2] * strides[2] == flat);
  }
  CHECK(tg::detail::unravel_index(0, Shape()) == Shape());
}

TEST_CASE("a shape with another size leaves the first as it was") {
  const Shape shape{2, 3, 5};
  CHECK(shape.with_size(1, 7) == Shape{2, 7, 5});
  CHECK(shape.with_size(-1, 0) == Shape{2, 3, 0});
  CHECK(shape == Shape{2, 3, 5});
  CHECK_THROWS_AS(shape.with_size(3, 1), tg::IndexError);
  CHECK_THROWS_AS(Shape().with_size(-1, 1), tg::IndexError);
}
