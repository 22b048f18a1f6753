// The specification of values and gradients at ties, kinks, bounds, NaN and for nothing, row by
// row.

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <string>

#include "nn/losses/operators.h"
#include "tests/all_operators.h"
#include "tests/catch.h"
#include "tests/conventions/binary.h"
#include "tests/conventions/losses.h"
#include "tests/conventions/reductions.h"
#include "tests/conventions/unary.h"
#include "tests/operator_types.h"

using namespace conventions;

namespace {

using Values = std::vector<double>;

Values values_of(const Tensor& x) {
  const Tensor wide = x.detach().to(tg::float64);
  const auto data = wide.data<double>();
  return {data.begin(), data.end()};
}

/// A row as it is asked once: with its points, or with one of them again and again.
struct Question {
  const Row& row;
  std::vector<Values> inputs, gradients;
  std::vector<tg::Shape> shapes;
  Values value, second;
  bool elementwise;

  explicit Question(const Row& from, bool each)
      : row(from), value(from.value), second(from.second), elementwise(each) {
    for (const Argument& x : from.inputs) {
      inputs.emplace_back(x.values);
      gradients.emplace_back(x.gradient);
      shapes.push_back(x.shape.size() != 0 ? tg::Shape(std::span(x.shape.begin(), x.shape.size()))
                                           : tg::Shape{static_cast<std::int64_t>(x.values.size())});
    }
  }
  /// Point `at` alone: full vectors and a rest, so that each lane of a kernel is asked. Input
  /// `number`, if there is one, is one element that is broadcast.
  Question at(std::size_t point, std::size_t number) const {
    constexpr std::size_t kCount = 37;
    Question one = *this;
    const auto repeat = [point](Values& x, std::size_t count) {
      if (!x.empty()) x = Values(count, x[point]);
    };
    repeat(one.value, kCount);
    repeat(one.second, kCount);
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const std::size_t count = k == number ? 1 : kCount;
      repeat(one.inputs[k], count);
      repeat(one.gradients[k], count);
      one.shapes[k] = {static_cast<std::int64_t>(count)};
      if (k == number) one.gradients[k][0] *= kCount;
    }
    if (number < inputs.size()) one.second.clear();
    return one;
  }
};

class Asked {
 public:
  Asked(const Question& question, tg::DType dtype) : q_(question), dtype_(dtype) {}

  void all() {
    for (const bool recorded : {false, true}) backwards(recorded);
    if (!q_.row.forward) return;
    for (std::size_t k = 0; k < q_.inputs.size(); ++k) forwards(k);
  }

 private:
  std::vector<Tensor> leaves() const {
    std::vector<Tensor> all;
    for (std::size_t k = 0; k < q_.inputs.size(); ++k)
      all.push_back(tg::tensor(q_.inputs[k], q_.shapes[k], dtype_).requires_grad_());
    return all;
  }

  /// Equal up to a few roundings of the type, of numbers as large as `size`; NaN and infinities
  /// exactly.
  void expect(const char* what, std::size_t k, const Values& found, const Values& expected,
              double size = 0) const {
    INFO(q_.row.op << ", " << q_.row.point << ": " << what << ", input " << k << ", "
                   << tg::name(dtype_));
    INFO("PyTorch 1.13.1: " << (q_.row.pytorch ? q_.row.pytorch : "the same"));
    REQUIRE(found.size() == expected.size());
    const bool wide = dtype_ == tg::float64;
    const double own = q_.row.tolerance;
    const double allowed = own == 0 ? (wide ? 4e-15 : 1e-6) : (wide ? own : 10 * own);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const double f = found[i], e = wide ? expected[i] : static_cast<float>(expected[i]);
      if (std::isnan(e) ? std::isnan(f) : f == e) continue;
      if (std::abs(f - e) <= allowed * std::max(std::abs(e), size)) continue;
      INFO("element " << i << ": found " << f << ", expected " << e);
      CHECK(false);
    }
  }
  /// A row that has a negative zero is asked for the signs of its zeros.
  void expect_signs(const Values& found) const {
    const auto negative = [](double x) { return x == 0 && std::signbit(x); };
    if (std::ranges::none_of(q_.row.value, negative)) return;
    INFO(q_.row.op << ", " << q_.row.point << ": signs of zeros");
    for (std::size_t i = 0; i < found.size(); ++i)
      CHECK(negative(found[i]) == negative(q_.value[i]));
  }

  void backwards(bool recorded) const {
    const std::vector<Tensor> x = leaves();
    const Tensor y = q_.row.f(x);
    CHECK(y.dtype() == dtype_);
    expect("value", 0, values_of(y), q_.value);
    expect_signs(values_of(y));
    const std::vector<Tensor> g =
        tg::grad({y}, x, {.grad_outputs = {tg::ones_like(y)}, .create_graph = recorded});
    for (std::size_t k = 0; k < x.size(); ++k) {
      CHECK(g[k].shape() == x[k].shape());
      CHECK(g[k].dtype() == dtype_);
      expect(recorded ? "gradient, recorded" : "gradient", k, values_of(g[k]), q_.gradients[k]);
    }
    if (!recorded || q_.second.empty()) return;
    Tensor second;
    if (g[0].requires_grad()) second = tg::grad({tg::sum(g[0])}, {x[0]}, {.allow_unused = true})[0];
    expect("second derivative", 0, values_of(second.defined() ? second : tg::zeros_like(x[0])),
           q_.second);
  }

  /// The derivative of the results along input `k` alone, the others being constants.
  void forwards(std::size_t k) const {
    std::vector<Tensor> x = leaves();
    for (Tensor& each : x) each = each.detach();
    const Tensor at = x[k];
    const auto along = [&](const Tensor& v) {
      const auto f = [&](const Tensor& in) {
        x[k] = in;
        return q_.row.f(x);
      };
      return tg::jvp(f, at, v).second;
    };
    if (q_.elementwise && at.numel() == static_cast<std::int64_t>(q_.value.size())) {
      expect("forward mode", k, values_of(along(tg::ones_like(at))), q_.gradients[k]);
      return;
    }
    Values found;
    double size = 0;  // of what cancels
    for (std::size_t i = 0; i < q_.inputs[k].size(); ++i) {
      Values v(q_.inputs[k].size());
      v[i] = 1;
      const Tensor dy = along(tg::tensor(v, q_.shapes[k], dtype_));
      found.push_back(tg::sum(dy).item());
      const double sizes = tg::sum(tg::abs(dy)).item();
      if (std::isfinite(sizes)) size = std::max(size, sizes);
    }
    expect("forward mode", k, found, q_.gradients[k], size);
  }

  const Question& q_;
  tg::DType dtype_;
};

void ask(std::span<const Row> rows, bool elementwise = false) {
  for (const Row& row : rows) {
    const Question whole(row, elementwise);
    for (const tg::DType dtype : {tg::float32, tg::float64}) {
      Asked(whole, dtype).all();
      if (!elementwise) continue;
      for (std::size_t point = 0; point < whole.value.size(); ++point)
        for (std::size_t number = whole.inputs.size() == 1; number <= whole.inputs.size(); ++number)
          Asked(whole.at(point, number), dtype).all();
    }
  }
}

}  // namespace

TEST_CASE("conventions: functions of one element") {
  ask(kUnary, true);
  ask(kUnaryWhole);
}

TEST_CASE("conventions: functions of two elements") {
  ask(kBinary, true);
  ask(kBinaryWhole);
  ask(kSameTensor, true);
  ask(kSameTensorWhole);
}

TEST_CASE("conventions: reductions, scans and order statistics") { ask(kReductions); }

TEST_CASE("conventions: losses and normalisation") { ask(kLosses); }

TEST_CASE("conventions: what is an error") {
  const Tensor nothing = tg::zeros({2, 0}), x = tg::ones({1, 3});
  CHECK_THROWS_AS(tg::max(nothing), tg::ShapeError);
  CHECK_THROWS_AS(tg::max(nothing, 1), tg::ShapeError);
  CHECK_THROWS_AS(tg::amin(nothing), tg::ShapeError);
  CHECK_THROWS_AS(tg::amax(nothing, 1), tg::ShapeError);
  CHECK_THROWS_AS(tg::argmax(nothing), tg::ShapeError);
  CHECK_THROWS_AS(tg::argmin(nothing, 1), tg::ShapeError);
  CHECK_NOTHROW(tg::amax(nothing, 0));
  for (const double bad : {NaN, inf, -inf, 1e30})
    CHECK_THROWS_AS(tg::tensor({bad}, tg::float64).to(tg::int64), tg::ValueError);
  CHECK_THROWS_AS(nn::cross_entropy(x, tg::tensor({3})), tg::IndexError);
  CHECK_THROWS_AS(nn::binary_cross_entropy(x + 1, x), tg::ValueError);
  CHECK_THROWS_AS(nn::mse_loss(x, tg::ones({3})), tg::ShapeError);
  CHECK_THROWS_AS(nn::BatchNorm1d{3}(x), tg::ValueError);
}

TEST_CASE("conventions: each row has its line in the catalogue, and each line its row") {
  std::set<std::string> rows, notes, without_gradient, operators;
  const auto add = [&rows](std::span<const Row> table) {
    for (const Row& row : table) rows.insert(row.op);
  };
  for (const auto table : {std::span<const Row>(kUnary), std::span<const Row>(kUnaryWhole),
                           std::span<const Row>(kBinary), std::span<const Row>(kBinaryWhole),
                           std::span<const Row>(kReductions), std::span<const Row>(kLosses)})
    add(table);
  for (const auto list : {tg::conventions(), nn::conventions()}) {
    for (const tg::Convention& each : list) {
      INFO(each.function);
      CHECK((each.differentiable ? notes : without_gradient).insert(each.function).second);
      CHECK(std::string(each.note) != "");
      CHECK(rows.contains(each.function) == each.differentiable);
    }
  }
  for (const std::string& op : rows) {
    INFO(op << ": autograd/check/conventions.cpp says nothing of it");
    CHECK(notes.contains(op));
  }
  for (const tg::OperatorInfo& each : all_operators()) operators.insert(each.name);
  for (const auto* type : types_of_cases()) {
    INFO(type->name << ": autograd/check/conventions.cpp does not say why it has no gradient");
    CHECK((operators.contains(type->name) || notes.contains(type->name) ||
           without_gradient.contains(type->name)));
  }
}
