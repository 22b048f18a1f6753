// The element type that two operands meet in: PyTorch's table, written out.

#include <array>
#include <string>
#include <vector>

#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/print.h"
#include "tests/catch.h"

using namespace tapegrad;

namespace {

constexpr std::array<DType, 4> types{boolean, int64, float32, float64};

using Row = std::array<DType, 4>;

constexpr DType b = boolean, i = int64, f = float32, d = float64;

/// An operand of each of the four types.
std::vector<Tensor> vectors() {
  std::vector<Tensor> all;
  for (DType type : types) all.push_back(ones({2}, type));
  return all;
}
std::vector<Tensor> zero_dim() {
  std::vector<Tensor> all;
  for (DType type : types) all.push_back(ones({}, type));
  return all;
}

/// `table[k][l]` is the type of `rows[k]` with `columns[l]`, and the other way round.
template <std::size_t Columns>
void check_table(const std::vector<Tensor>& rows, const std::vector<Tensor>& columns,
                 const std::array<std::array<DType, Columns>, 4>& table) {
  REQUIRE(columns.size() == Columns);
  for (std::size_t k = 0; k < 4; ++k) {
    for (std::size_t l = 0; l < Columns; ++l) {
      const Tensor &left = rows[k], &right = columns[l];
      const DType wanted = table[k][l];
      CAPTURE(fmt::format("{} {} with {} {}: {}", left.dtype(), left.shape(), right.dtype(),
                          right.shape(), wanted));
      CHECK(result_type(left, right) == wanted);
      CHECK(result_type(right, left) == wanted);
      // Operators agree, in both orders.
      CHECK((left + right).dtype() == wanted);
      CHECK((right + left).dtype() == wanted);
      CHECK((left * right).dtype() == wanted);
      CHECK(where(tensor({true, false}), left, right).dtype() == wanted);
      CHECK(where(tensor({true, false}), right, left).dtype() == wanted);
      CHECK((left < right).dtype() == boolean);
      // True division always has decimals.
      CHECK((left / right).dtype() == (is_floating_point(wanted) ? wanted : float32));
      CHECK((right / left).dtype() == (is_floating_point(wanted) ? wanted : float32));
      if (wanted != boolean) {
        CHECK((left - right).dtype() == wanted);
        CHECK(maximum(left, right).dtype() == wanted);
        CHECK(minimum(right, left).dtype() == wanted);
      }
    }
  }
}

}  // namespace

TEST_CASE("two tensors meet in the higher of their types") {
  check_table<4>(vectors(), vectors(),
                 {Row{b, i, f, d},  // bool
                  Row{i, i, f, d},  // int64
                  Row{f, f, f, d},  // float32
                  Row{d, d, d, d}});
}

TEST_CASE("two tensors of rank 0 do the same") {
  check_table<4>(zero_dim(), zero_dim(),
                 {Row{b, i, f, d}, Row{i, i, f, d}, Row{f, f, f, d}, Row{d, d, d, d}});
}

TEST_CASE("a tensor of rank 0 changes only the category of another tensor") {
  check_table<4>(vectors(), zero_dim(),
                 {Row{b, i, f, d},  // bool
                  Row{i, i, f, d},  // int64
                  Row{f, f, f, f},  // float32 stays
                  Row{d, d, d, d}});
}

TEST_CASE("a number changes only the category, and a decimal one counts as float32") {
  const std::vector<Tensor> numbers{true, 2, 2.5};
  const std::array<std::array<DType, 3>, 4> table{{{b, i, f},    // bool
                                                   {i, i, f},    // int64
                                                   {f, f, f},    // float32
                                                   {d, d, d}}};  // float64
  check_table<3>(vectors(), numbers, table);
  check_table<3>(zero_dim(), numbers, table);
}

TEST_CASE("two numbers meet as numbers do") {
  CHECK(result_type(2, 3) == int64);
  CHECK(result_type(2, 2.5) == float64);
  CHECK(result_type(true, 2) == int64);
  CHECK(result_type(true, false) == boolean);
  CHECK(result_type(0.5, 0.25) == float64);
}

TEST_CASE("what a number became is an ordinary tensor") {
  // The 0-d float64 tensor made from a number no longer gives way.
  const Tensor wide = Tensor(2.5).to(float64);
  CHECK(result_type(wide, ones({}, float32)) == float64);
  CHECK(result_type(wide, ones({2}, float32)) == float32);
}

TEST_CASE("numbers keep their value when they meet float64 and int64") {
  CHECK((zeros({1}, float64) + 0.1).item() == 0.1);
  const std::int64_t large = (std::int64_t{1} << 53) + 1;
  CHECK((zeros({1}, int64) + large).item<std::int64_t>() == large);
  CHECK((zeros({}, float64) + 0.1).item() == 0.1);
  CHECK((ones({1}) * 0.1).item<float>() == 0.1f);
}

TEST_CASE("shapes do not matter for the type, not even empty ones") {
  CHECK(result_type(zeros({0}, float32), ones({2, 1}, float64)) == float64);
  CHECK(result_type(zeros({1}, float64), ones({}, float32)) == float64);
  CHECK((zeros({0}, int64) + 0.5).dtype() == float32);
}

TEST_CASE("powers of integers are integers") {
  const tapegrad::Tensor y = tapegrad::pow(tapegrad::tensor({2, 3, -1, 1, 5, 0}),
                                           tapegrad::tensor({10, 4, -3, -2, -1, 0}));
  CHECK(y.dtype() == tapegrad::int64);
  const auto values = y.data<std::int64_t>();
  CHECK(std::vector<std::int64_t>(values.begin(), values.end()) ==
        std::vector<std::int64_t>{1024, 81, -1, 1, 0, 1});
  CHECK(tapegrad::pow(2, tapegrad::tensor({1, 5})).dtype() == tapegrad::int64);
  CHECK(tapegrad::pow(2, tapegrad::tensor({1, 5})).at<std::int64_t>({1}) == 32);
  CHECK(tapegrad::pow(tapegrad::tensor({3}), 2).at<std::int64_t>({0}) == 9);
  CHECK(tapegrad::pow(tapegrad::tensor({2}), tapegrad::tensor({0.5})).dtype() == tapegrad::float32);
  CHECK_THROWS_AS(tapegrad::pow(tapegrad::tensor({3}), -1), tapegrad::ValueError);
  CHECK(tapegrad::maximum(tapegrad::tensor({true, false}), tapegrad::tensor({false, false}))
            .dtype() == tapegrad::boolean);
}
