#include "autograd/tensor/create/create.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "autograd/base/format.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "tests/catch.h"

using namespace tapegrad;
using Catch::Matchers::ContainsSubstring;

namespace {

template <class T>
std::vector<T> values(const Tensor& tensor) {
  const auto data = tensor.data<T>();
  return {data.begin(), data.end()};
}

constexpr std::int64_t int64_min = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t huge = std::int64_t{1} << 40;

}  // namespace

TEST_CASE("nested braces give the shape, and the numbers the element type") {
  const Tensor matrix = tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}});
  CHECK(matrix.shape() == Shape{3, 2});
  CHECK(matrix.dtype() == float32);
  CHECK(values<float>(matrix) == std::vector<float>{1, 2, 3, 4, 5, 6});

  CHECK(tensor({1, 2}).dtype() == int64);
  CHECK(values<std::int64_t>(tensor({1, 2})) == std::vector<std::int64_t>{1, 2});
  CHECK(tensor({1.0, 2}).dtype() == float32);
  CHECK(tensor({1, 2.0f}).dtype() == float32);
  CHECK(tensor({true, false}).dtype() == boolean);
  CHECK(tensor({true, 2}).dtype() == int64);
  CHECK(tensor({true, 0.5}).dtype() == float32);

  CHECK(tensor({5}).shape() == Shape{1});
  CHECK(tensor({{5}}).shape() == Shape{1, 1});
  CHECK(tensor({{{{{{{{1}}}}}}}}).shape() == Shape{1, 1, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("the element type of braces can be asked for") {
  CHECK(values<double>(tensor({1, 2}, float64)) == std::vector<double>{1, 2});
  CHECK(values<double>(tensor({0.1}, float64)) == std::vector<double>{0.1});
  CHECK(values<std::int64_t>(tensor({1.9, -1.9}, int64)) == std::vector<std::int64_t>{1, -1});
  CHECK(values<bool>(tensor({0.0, 0.5, NAN}, boolean)) == std::vector<bool>{false, true, true});
  CHECK(values<float>(tensor({true, false}, float32)) == std::vector<float>{1, 0});
}

TEST_CASE("integers keep all their digits") {
  CHECK(values<std::int64_t>(tensor({int64_min, int64_max, std::int64_t{9007199254740993}})) ==
        std::vector<std::int64_t>{int64_min, int64_max, 9007199254740993});
  CHECK(tensor(int64_max).item<std::int64_t>() == int64_max);
}

TEST_CASE("empty braces") {
  CHECK(tensor({}).shape() == Shape{0});
  CHECK(tensor({}).dtype() == float32);
  CHECK(tensor({{}, {}}).shape() == Shape{2, 0});
  CHECK(tensor({{{}}}, int64).shape() == Shape{1, 1, 0});
}

TEST_CASE("ragged braces are an error that says where") {
  CHECK_THROWS_WITH(tensor({{1, 2}, {3}}),
                    "tensor: ragged list: [1] has 1 entries where others have 2");
  CHECK_THROWS_WITH(tensor({{{1}, {2}}, {{3}, {4, 5}}}),
                    "tensor: ragged list: [1][1] has 2 entries where others have 1");
  CHECK_THROWS_WITH(tensor({{1, 2}, 3}),
                    "tensor: ragged list: [1] is a number where others are lists of 2");
  CHECK_THROWS_WITH(tensor({1, {2, 3}}),
                    "tensor: ragged list: [1] is a list where others are numbers");
  CHECK_THROWS_WITH(tensor({{}, {1}}),
                    "tensor: ragged list: [1] has 1 entries where others have 0");
  CHECK_THROWS_AS(tensor({{1, 2}, {3}}), ShapeError);
  CHECK_THROWS_WITH(tensor({{{{{{{{{1}}}}}}}}}),
                    "tensor: lists more than 8 deep at [0][0][0][0][0][0][0][0]");
  CHECK_THROWS_AS(tensor({{{{{{{{{1}}}}}}}}}), ShapeError);
}

TEST_CASE("numbers that int64 cannot hold are not converted to it") {
  CHECK_THROWS_WITH(tensor({1.0, NAN}, int64), "tensor: nan cannot be converted to int64");
  CHECK_THROWS_AS(tensor({INFINITY}, int64), ValueError);
  CHECK_THROWS_AS(tensor({9223372036854775808.0}, int64), ValueError);
  CHECK(tensor({-9223372036854775808.0}, int64).item<std::int64_t>() == int64_min);
  CHECK_THROWS_AS(tensor(std::vector<float>{1e30f}, int64), ValueError);
  CHECK_THROWS_WITH(full({2}, INFINITY, int64), "full: inf cannot be converted to int64");
}

TEST_CASE("one number gives a tensor of rank 0") {
  CHECK(tensor(2.5).shape() == Shape{});
  CHECK(tensor(2.5).dtype() == float32);
  CHECK(tensor(2.5f).dtype() == float32);
  CHECK(tensor(2).dtype() == int64);
  CHECK(tensor(true).dtype() == boolean);
  CHECK(tensor(0.1, float64).item() == 0.1);
  CHECK(tensor(2.9, int64).item<int>() == 2);
}

TEST_CASE("vectors, spans and arrays are copied with their element type") {
  std::vector<double> vector{1, 2, 3};
  const Tensor x = tensor(vector);
  vector[0] = 9;
  CHECK(x.shape() == Shape{3});
  CHECK(values<double>(x) == std::vector<double>{1, 2, 3});

  CHECK(tensor(std::span(vector)).dtype() == float64);
  CHECK(tensor(std::span<const double>(vector).first(2)).shape() == Shape{2});
  CHECK(tensor(std::array{1.0f, 2.0f}).dtype() == float32);
  const std::int64_t c_array[] = {4, 5};
  CHECK(values<std::int64_t>(tensor(c_array)) == std::vector<std::int64_t>{4, 5});
  CHECK(values<bool>(tensor(std::array{true, false})) == std::vector<bool>{true, false});
  CHECK(values<std::int64_t>(tensor(Shape{2, 3})) == std::vector<std::int64_t>{2, 3});

  CHECK(values<float>(tensor(vector, float32)) == std::vector<float>{9, 2, 3});
  CHECK(values<bool>(tensor(std::vector<float>{0, 2}, boolean)) == std::vector<bool>{false, true});
}

TEST_CASE("other integers and vector<bool> are converted") {
  CHECK(values<std::int64_t>(tensor(std::vector<int>{1, -2})) == std::vector<std::int64_t>{1, -2});
  CHECK(values<float>(tensor(std::vector<std::uint8_t>{0, 255}, float32)) ==
        std::vector<float>{0, 255});
  CHECK(values<bool>(tensor(std::vector<bool>{true, false})) == std::vector<bool>{true, false});
  CHECK(tensor(std::vector<int>{1, 2, 3, 4}, {2, 2}).shape() == Shape{2, 2});
}

TEST_CASE("values take the shape that is given") {
  const std::vector<float> six{1, 2, 3, 4, 5, 6};
  CHECK(tensor(six, {2, 3}).at<float>({1, 0}) == 4);
  CHECK(tensor(six, {2, 3}, float64).at<double>({1, 2}) == 6);
  CHECK(tensor(std::vector<float>{7}, Shape{}).item() == 7);
  CHECK(tensor(std::vector<float>{}, {0, 3}).shape() == Shape{0, 3});
  CHECK(tensor(std::vector<float>{}).shape() == Shape{0});

  CHECK_THROWS_WITH(tensor(six, {2, 2}), "tensor: 6 values do not fill the shape [2, 2]");
  CHECK_THROWS_AS(tensor(six, {2, 2}), ShapeError);
  CHECK_THROWS_AS(tensor(six, {-2, -3}), ShapeError);
  CHECK_THROWS_AS(tensor(six, {0, 6}), ShapeError);
  CHECK_THROWS_AS(tensor(six, Shape{}), ShapeError);
  CHECK_THROWS_AS(tensor(std::vector<float>{}, {2}), ShapeError);
  // 2^64 + 6 would be 6 in 64 bits.
  CHECK_THROWS_AS(tensor(six, {std::int64_t{1} << 32, std::int64_t{1} << 32, 6}), ShapeError);
}

TEST_CASE("zeros, ones, full and empty, in every element type") {
  for (DType dtype : {float32, float64, int64, boolean}) {
    CAPTURE(name(dtype));
    CHECK(zeros({2, 3}, dtype).dtype() == dtype);
    CHECK(zeros({2, 3}, dtype).shape() == Shape{2, 3});
    for (std::int64_t i = 0; i < 3; ++i) {
      CHECK(zeros({3}, dtype)[i].item() == 0);
      CHECK(ones({3}, dtype)[i].item() == 1);
      CHECK(full({3}, true, dtype)[i].item() == 1);
    }
    CHECK(empty({4, 5}, dtype).numel() == 20);
    CHECK(zeros({}, dtype).item() == 0);
    CHECK(ones({}, dtype).shape() == Shape{});
    CHECK(zeros({0, 3}, dtype).numel() == 0);
    CHECK(ones({3, 0}, dtype).shape() == Shape{3, 0});
  }
  CHECK(zeros(3).shape() == Shape{3});
  CHECK(zeros({2}).dtype() == float32);
  CHECK_FALSE(zeros({2}).requires_grad());
  CHECK(zeros({2}).version() == 0);
}

TEST_CASE("full takes the type of its value") {
  CHECK(full({2}, 2.5).dtype() == float32);
  CHECK(full({2}, 2.5f).dtype() == float32);
  CHECK(full({2}, 2).dtype() == int64);
  CHECK(full({2}, true).dtype() == boolean);
  CHECK(full({2}, 0.1, float64).data<double>()[1] == 0.1);
  CHECK(full({2}, tensor(2.5, float64)).dtype() == float64);
  CHECK(full({2}, tensor({7})).data<std::int64_t>()[1] == 7);
  CHECK(full({}, int64_max).item<std::int64_t>() == int64_max);
  CHECK(full({0}, 1).shape() == Shape{0});
  CHECK_THROWS_WITH(full({2}, zeros({2})),
                    "full: value must be a number or have one element, but its shape is [2]");
  CHECK_THROWS_AS(full({2}, Tensor()), ValueError);

  Tensor learned = tensor(3.0);
  learned.requires_grad_();
  CHECK_FALSE(full({2}, learned.detach()).requires_grad());
  CHECK_THROWS_AS(full({2}, learned), tapegrad::GradError);
}

TEST_CASE("the _like forms take shape and element type, but not the history") {
  Tensor like = ones({2, 3}, float64);
  like.requires_grad_();
  for (const Tensor& made :
       {empty_like(like), zeros_like(like), ones_like(like), full_like(like, 7)}) {
    CHECK(made.shape() == Shape{2, 3});
    CHECK(made.dtype() == float64);
    CHECK_FALSE(made.requires_grad());
  }
  CHECK(zeros_like(like).at<double>({1, 2}) == 0);
  CHECK(ones_like(like).at<double>({1, 2}) == 1);
  CHECK(full_like(like, 0.1).at<double>({1, 2}) == 0.1);
  CHECK(full_like(zeros({1}, int64), 2.7).item<int>() == 2);
  CHECK_THROWS_AS(zeros_like(Tensor()), ValueError);
}

TEST_CASE("sizes that no tensor can have are errors before memory is asked for") {
  CHECK_THROWS_WITH(zeros({2, -1}), ContainsSubstring("zeros: ") && ContainsSubstring("[2, -1]") &&
                                        ContainsSubstring("negative"));
  CHECK_THROWS_AS(zeros({2, -1}), ShapeError);
  CHECK_THROWS_AS(zeros({0, -1}), ShapeError);
  CHECK_THROWS_AS(zeros({-1, 0}), ShapeError);
  CHECK_THROWS_WITH(ones({huge, huge}), ContainsSubstring("ones: ") &&
                                            ContainsSubstring("[1099511627776, 1099511627776]"));
  CHECK_THROWS_AS(ones({huge, huge}), ShapeError);
  CHECK_THROWS_AS(empty({int64_max}), ShapeError);
  CHECK_THROWS_AS(empty({int64_max, int64_max, int64_max}), ShapeError);
  CHECK_THROWS_AS(full({-3}, 1), ShapeError);
  CHECK_THROWS_AS(eye(-1), ShapeError);
  CHECK_THROWS_AS(eye(2, -1), ShapeError);
  CHECK_THROWS_AS(linspace(0, 1, -1), ShapeError);
  CHECK_THROWS_AS(arange(int64_max), ShapeError);
  CHECK_THROWS_AS(arange(0, 1e300, 1), ShapeError);
  CHECK(zeros({0, huge}).numel() == 0);
}

TEST_CASE("arange of integers") {
  CHECK(values<std::int64_t>(arange(4)) == std::vector<std::int64_t>{0, 1, 2, 3});
  CHECK(values<std::int64_t>(arange(1, 7, 2)) == std::vector<std::int64_t>{1, 3, 5});
  CHECK(values<std::int64_t>(arange(1, 8, 2)) == std::vector<std::int64_t>{1, 3, 5, 7});
  CHECK(values<std::int64_t>(arange(5, 0, -2)) == std::vector<std::int64_t>{5, 3, 1});
  CHECK(arange(0).shape() == Shape{0});
  CHECK(arange(3, 3).dtype() == int64);
  CHECK(values<std::int64_t>(arange(tensor(1), tensor({3}))) == std::vector<std::int64_t>{1, 2});
  CHECK(values<float>(arange(3, float32)) == std::vector<float>{0, 1, 2});
  CHECK(values<double>(arange(0, 3, 1, float64)) == std::vector<double>{0, 1, 2});
  CHECK(values<std::int64_t>(arange(0.0, 3.0, 1.0, int64)) == std::vector<std::int64_t>{0, 1, 2});
}

TEST_CASE("arange of integers is exact up to the ends of their range") {
  CHECK(values<std::int64_t>(arange(int64_max - 2, int64_max)) ==
        std::vector<std::int64_t>{int64_max - 2, int64_max - 1});
  CHECK(values<std::int64_t>(arange(int64_min, int64_max, std::int64_t{1} << 62)) ==
        std::vector<std::int64_t>{int64_min, -(std::int64_t{1} << 62), 0, std::int64_t{1} << 62});
  CHECK(values<std::int64_t>(arange(int64_max, int64_min, int64_min)) ==
        std::vector<std::int64_t>{int64_max, -1});
  // These two are one number in double precision.
  CHECK_THROWS_AS(arange((std::int64_t{1} << 60) + 1, std::int64_t{1} << 60), ValueError);
}

TEST_CASE("arange of decimal numbers") {
  CHECK(values<float>(arange(0.0, 1.0, 0.25)) == std::vector<float>{0, 0.25, 0.5, 0.75});
  CHECK(values<float>(arange(1.0, 0.0, -0.5)) == std::vector<float>{1, 0.5});
  CHECK(values<float>(arange(2.5)) == std::vector<float>{0, 1, 2});
  CHECK(arange(0, 1, 0.1).numel() == 10);
  CHECK(arange(1.0, 1.3, 0.1).numel() == 4);  // ceil(0.30000000000000004 / 0.1), as in NumPy
  CHECK(arange(0, 5).dtype() == int64);
  CHECK(arange(0, 5.0).dtype() == float32);
  // Each number is start + i * step, so that errors do not add up.
  const Tensor many = arange(0, 10000, 0.1);
  CHECK(many.numel() == 100000);
  CHECK(many.at<float>({99999}) == static_cast<float>(99999 * 0.1));
}

TEST_CASE("ranges that make no sense") {
  CHECK_THROWS_WITH(arange(0, 5, 0), "arange: the step is 0");
  CHECK_THROWS_WITH(arange(0.0, 5.0, 0.0), "arange: the step is 0");
  CHECK_THROWS_WITH(arange(5, 0), "arange: a step of 1 does not lead from 5 to 0");
  CHECK_THROWS_WITH(arange(0, 0.5, -1), "arange: a step of -1 does not lead from 0 to 0.5");
  CHECK_THROWS_AS(arange(-1), ValueError);
  CHECK_THROWS_AS(arange(0, NAN), ValueError);
  CHECK_THROWS_AS(arange(0, INFINITY), ValueError);
  CHECK_THROWS_AS(arange(0, 1, NAN), ValueError);
  CHECK_THROWS_WITH(arange(0, 1, 0.5, int64), ContainsSubstring("whole numbers"));
  CHECK_THROWS_AS(arange(0, 2, 1, boolean), DTypeError);
  CHECK_THROWS_AS(arange(zeros({2})), ShapeError);
  CHECK_THROWS_AS(arange(Tensor()), ValueError);
}

TEST_CASE("linspace is exact at both ends and the same in both directions") {
  CHECK(values<float>(linspace(0, 1, 5)) == std::vector<float>{0, 0.25, 0.5, 0.75, 1});
  CHECK(linspace(0, 1, 5).dtype() == float32);
  CHECK(values<double>(linspace(3, 7, 1, float64)) == std::vector<double>{3});
  CHECK(linspace(0, 1, 0).shape() == Shape{0});
  CHECK(values<double>(linspace(-1, 1, 2, float64)) == std::vector<double>{-1, 1});

  for (std::int64_t steps : {2, 3, 7, 10, 50, 101, 1000}) {
    const auto up = values<double>(linspace(0.1, 0.7, steps, float64));
    auto down = values<double>(linspace(0.7, 0.1, steps, float64));
    std::reverse(down.begin(), down.end());
    CHECK(up == down);
    CHECK(up.front() == 0.1);
    CHECK(up.back() == 0.7);
    CHECK(std::is_sorted(up.begin(), up.end()));

    const auto centred = values<double>(linspace(-0.3, 0.3, steps, float64));
    for (std::size_t i = 0; i < centred.size(); ++i)
      CHECK(centred[i] == -centred[centred.size() - 1 - i]);
  }
  CHECK(values<double>(linspace(-1e308, 1e308, 3, float64)) ==
        std::vector<double>{-1e308, 0, 1e308});
  CHECK(values<float>(linspace(2, 2, 3)) == std::vector<float>{2, 2, 2});
  CHECK_THROWS_AS(linspace(0, 1, 2, int64), DTypeError);
}

TEST_CASE("eye has ones on the diagonal") {
  CHECK(values<float>(eye(2)) == std::vector<float>{1, 0, 0, 1});
  CHECK(values<std::int64_t>(eye(2, 3, int64)) == std::vector<std::int64_t>{1, 0, 0, 0, 1, 0});
  CHECK(values<double>(eye(3, 2, float64)) == std::vector<double>{1, 0, 0, 1, 0, 0});
  CHECK(values<bool>(eye(2, {}, boolean)) == std::vector<bool>{true, false, false, true});
  CHECK(eye(0).shape() == Shape{0, 0});
  CHECK(eye(0, 3).shape() == Shape{0, 3});
  CHECK(eye(3, 0).shape() == Shape{3, 0});
}

TEST_CASE("errors name the module that was being built") {
  const Scope scope("net.fc1");
  CHECK_THROWS_WITH(zeros({-1}), ContainsSubstring("zeros: ") && ContainsSubstring("[in net.fc1]"));
  CHECK_THROWS_WITH(tensor({{1}, {}}), ContainsSubstring("[in net.fc1]"));
}

TEST_CASE("the _like forms take another element type") {
  const Tensor like = ones({2, 3}, float64).requires_grad_();
  for (const DType dtype : {float32, float64, int64, boolean}) {
    for (const Tensor& made : {empty_like(like, dtype), zeros_like(like, dtype),
                               ones_like(like, dtype), full_like(like, 7, dtype)}) {
      CHECK(made.shape() == like.shape());
      CHECK(made.dtype() == dtype);
      CHECK_FALSE(made.requires_grad());
    }
  }
  CHECK(full_like(like, 2.7, int64).at<std::int64_t>({0, 0}) == 2);
  CHECK_THROWS_AS(full_like(like, NAN, int64), ValueError);
}

TEST_CASE("logspace gives powers of its base") {
  CHECK(values<float>(logspace(0, 3, 4)) == std::vector<float>{1, 10, 100, 1000});
  CHECK(values<double>(logspace(3, -1, 5, 2, float64)) == std::vector<double>{8, 4, 2, 1, 0.5});
  CHECK(values<double>(logspace(0, 3, 4, -2, float64)) == std::vector<double>{1, -2, 4, -8});
  CHECK(values<double>(logspace(2, 7, 1, 10, float64)) == std::vector<double>{100});
  CHECK(std::isnan(values<double>(logspace(0, 1, 3, -2, float64))[1]));
  CHECK(logspace(0, 1, 0).shape() == Shape{0});
  CHECK_THROWS_WITH(logspace(0, 1, -1), ContainsSubstring("logspace: steps must not be negative"));
  CHECK_THROWS_WITH(logspace(0, 1, 2, 10, int64), ContainsSubstring("logspace: "));
}

TEST_CASE("the indices of a triangle are where tril and triu keep elements") {
  for (int rows = 0; rows < 5; ++rows) {
    for (int columns = 0; columns < 5; ++columns) {
      for (int offset = -6; offset < 7; ++offset) {
        const Tensor numbers = reshape(arange(1, rows * columns + 1), {rows, columns});
        for (const bool upper : {false, true}) {
          const Tensor kept = upper ? triu(numbers, offset) : tril(numbers, offset);
          std::vector<std::int64_t> wanted;
          for (const std::int64_t number : kept.data<std::int64_t>())
            if (number != 0) wanted.push_back(number);
          const Tensor found =
              upper ? triu_indices(rows, columns, offset) : tril_indices(rows, columns, offset);
          REQUIRE(found.shape() == Shape{2, static_cast<std::int64_t>(wanted.size())});
          CHECK(values<std::int64_t>(found[0] * columns + found[1] + 1) == wanted);
        }
      }
    }
  }
  CHECK(values<std::int64_t>(tril_indices(2, 2)) == std::vector<std::int64_t>{0, 1, 1, 0, 0, 1});
  CHECK(tril_indices(huge, huge, 2 - huge).shape() == Shape{2, 3});
  CHECK(triu_indices(huge, huge, huge - 2).shape() == Shape{2, 3});
  CHECK(tril_indices(3, 3, int64_min).shape() == Shape{2, 0});
  CHECK(triu_indices(3, 3, int64_min).shape() == Shape{2, 9});
  CHECK(tril_indices(int64_max, 0).shape() == Shape{2, 0});
  CHECK_THROWS_AS(tril_indices(huge, huge), ShapeError);
  CHECK_THROWS_AS(triu_indices(int64_max, int64_max), ShapeError);
  CHECK_THROWS_WITH(tril_indices(-2, 3), ContainsSubstring("tril_indices: row must not be negat"));
  CHECK_THROWS_WITH(triu_indices(2, -3), ContainsSubstring("triu_indices: col must not be negat"));
}
