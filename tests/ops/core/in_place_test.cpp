// Functions that change a tensor: results, versions, and what they refuse.

#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "tests/catch.h"

using namespace tapegrad;
using Catch::Matchers::ContainsSubstring;

namespace {

template <class T = float>
std::vector<T> values(const Tensor& tensor) {
  const auto data = tensor.data<T>();
  return {data.begin(), data.end()};
}

/// Each function with an operand of the tensor's shape or one that broadcasts to it.
const std::map<std::string, std::function<Tensor&(Tensor&, const Tensor&)>> functions{
    {"add_", [](Tensor& x, const Tensor& y) -> Tensor& { return x.add_(y); }},
    {"sub_", [](Tensor& x, const Tensor& y) -> Tensor& { return x.sub_(y); }},
    {"mul_", [](Tensor& x, const Tensor& y) -> Tensor& { return x.mul_(y); }},
    {"div_", [](Tensor& x, const Tensor& y) -> Tensor& { return x.div_(y); }},
    {"copy_", [](Tensor& x, const Tensor& y) -> Tensor& { return x.copy_(y); }},
    {"clamp_", [](Tensor& x, const Tensor& y) -> Tensor& { return x.clamp_(y, 9); }},
};

}  // namespace

TEST_CASE("in place gives what the plain operator gives") {
  const Tensor start = tensor({1.0, 2.0, 3.0}), other = tensor({4.0, 0.5, -2.0});
  const auto changed = [&](auto change) {
    Tensor x = start.clone();
    Tensor& returned = change(x);
    CHECK(&returned == &x);
    CHECK(x.version() == 1);
    return values(x);
  };
  CHECK(changed([&](Tensor& x) -> Tensor& { return x.add_(other); }) == values(start + other));
  CHECK(changed([&](Tensor& x) -> Tensor& { return x.add_(other, 2); }) ==
        values(start + other * 2));
  CHECK(changed([&](Tensor& x) -> Tensor& { return x.sub_(other); }) == values(start - other));
  CHECK(changed([&](Tensor& x) -> Tensor& { return x.sub_(other, 0.5); }) ==
        values(start - other * 0.5));
  CHECK(changed([&](Tensor& x) -> Tensor& { return x.mul_(other); }) == values(start * other));
  CHECK(changed([&](Tensor& x) -> Tensor& { return x.div_(other); }) == values(start / other));
  CHECK(changed([&](Tensor& x) -> Tensor& { return x += 1; }) == values(start + 1));
  CHECK(changed([&](Tensor& x) -> Tensor& { return x -= 1; }) == values(start - 1));
  CHECK(changed([&](Tensor& x) -> Tensor& { return x *= 2; }) == values(start * 2));
  CHECK(changed([&](Tensor& x) -> Tensor& { return x /= 2; }) == values(start / 2));
  CHECK(changed([&](Tensor& x) -> Tensor& { return x.clamp_(1.5, 2.5); }) ==
        std::vector<float>{1.5, 2, 2.5});
  CHECK(changed([&](Tensor& x) -> Tensor& { return x.copy_(other); }) == values(other));
  CHECK(changed([&](Tensor& x) -> Tensor& { return x.fill_(7); }) == std::vector<float>{7, 7, 7});
  CHECK(changed([&](Tensor& x) -> Tensor& { return x.zero_(); }) == std::vector<float>{0, 0, 0});
}

TEST_CASE("every handle and view sees a change in place") {
  Tensor x = zeros({2, 2});
  const Tensor same = x, flat = x.reshape({4});
  Tensor row = x[1];
  row.add_(3);
  CHECK(values(same) == std::vector<float>{0, 0, 3, 3});
  CHECK(values(flat) == std::vector<float>{0, 0, 3, 3});
  CHECK(flat.version() == 1);
  row.fill_(5);
  row.copy_(tensor({6.0, 7.0}));
  CHECK(values(x) == std::vector<float>{0, 0, 6, 7});
  CHECK(x.version() == 3);
}

TEST_CASE("an operand may be the tensor itself or overlap it") {
  Tensor x = tensor({1.0, 2.0, 3.0, 4.0});
  x.add_(x);
  CHECK(values(x) == std::vector<float>{2, 4, 6, 8});
  Tensor front = x.narrow(0, 0, 3);
  front.add_(x.narrow(0, 1, 3));
  CHECK(values(x) == std::vector<float>{6, 10, 14, 8});
  Tensor back = x.narrow(0, 1, 3);
  back.sub_(x.narrow(0, 0, 3));
  CHECK(values(x) == std::vector<float>{6, 4, 4, -6});
  x.div_(x[0]);  // the first element, as it was before
  CHECK(values(x) == std::vector<float>{1, 4.0f / 6, 4.0f / 6, -1});
  back = x.narrow(0, 1, 3);
  back.copy_(x.narrow(0, 0, 3));
  CHECK(values(x) == std::vector<float>{1, 1, 4.0f / 6, 4.0f / 6});
  x.fill_(x[3]);
  CHECK(values(x) == std::vector<float>(4, 4.0f / 6));
}

TEST_CASE("an operand may overlap the tensor by more than a vector, in either direction") {
  constexpr std::int64_t n = 1000;
  for (const std::int64_t by : {1, 3, 8, 100}) {
    for (const bool forwards : {true, false}) {
      CAPTURE(by, forwards);
      Tensor x = arange(n).to(float32);
      Tensor changed = x.narrow(0, forwards ? by : 0, n - by);
      changed.add_(x.narrow(0, forwards ? 0 : by, n - by));
      std::vector<float> expected;
      for (std::int64_t i = 0; i < n; ++i) {
        const std::int64_t other = forwards ? i - by : i + by;
        expected.push_back(static_cast<float>(other < 0 || other >= n ? i : i + other));
      }
      CHECK(values(x) == expected);
    }
  }
}

TEST_CASE("operands broadcast to the tensor, never the other way") {
  Tensor x = zeros({2, 3});
  x.add_(tensor({1.0, 2.0, 3.0}));
  x.mul_(tensor({{1.0}, {10.0}}));
  CHECK(values(x) == std::vector<float>{1, 2, 3, 10, 20, 30});
  x.copy_(tensor({7.0, 8.0, 9.0}));
  CHECK(values(x) == std::vector<float>{7, 8, 9, 7, 8, 9});

  for (const auto& [name, change] : functions) {
    CAPTURE(name);
    Tensor small = ones({3});
    for (const Shape& shape : {Shape{2, 3}, Shape{2}, Shape{0}, Shape{1, 3}}) {
      CAPTURE(to_string(shape));
      // clamp_ may say clamp.
      const std::string plain = name.substr(0, name.size() - 1);
      CHECK_THROWS_WITH(change(small, full(shape, 2.0)), ContainsSubstring(plain) &&
                                                             ContainsSubstring("[3]") &&
                                                             ContainsSubstring(to_string(shape)));
      CHECK_THROWS_AS(change(small, full(shape, 2.0)), ShapeError);
    }
    CHECK(values(small) == std::vector<float>{1, 1, 1});
    CHECK(small.version() == 0);
  }
  Tensor one = ones({1});
  CHECK_THROWS_AS(one.add_(ones({3})), ShapeError);
  CHECK_THROWS_AS(one.fill_(ones({3})), ShapeError);
}

TEST_CASE("the result must go into the tensor's type without a change of category") {
  for (const std::string name : {"add_", "sub_", "mul_", "div_", "clamp_"}) {
    CAPTURE(name);
    Tensor integers = ones({2}, int64);
    CHECK_THROWS_WITH(functions.at(name)(integers, tensor({0.5, 0.5})),
                      ContainsSubstring(name + ": ") && ContainsSubstring("float32") &&
                          ContainsSubstring("int64"));
    CHECK_THROWS_AS(functions.at(name)(integers, tensor({0.5, 0.5})), DTypeError);
    CHECK_THROWS_AS(functions.at(name)(integers, 0.5), DTypeError);
    CHECK(values<std::int64_t>(integers) == std::vector<std::int64_t>{1, 1});
    CHECK(integers.version() == 0);
  }
  Tensor integers = tensor({4, 6});
  CHECK_THROWS_AS(integers.div_(2), DTypeError);
  CHECK(values<std::int64_t>(integers.add_(2)) == std::vector<std::int64_t>{6, 8});
  CHECK(values<std::int64_t>(integers.mul_(tensor({true, false}))) ==
        std::vector<std::int64_t>{6, 0});
  Tensor mask = tensor({true, false});
  CHECK_THROWS_AS(mask.add_(1), DTypeError);

  // float64 goes into float32, as everywhere in PyTorch.
  Tensor narrow = ones({2});
  CHECK(values(narrow.add_(tensor({0.5, 0.25}, float64))) == std::vector<float>{1.5, 1.25});
  CHECK(values(narrow.mul_(tensor({2, 4}))) == std::vector<float>{3, 5});
}

TEST_CASE("copy_ and fill_ convert from any type") {
  Tensor integers = zeros({2}, int64);
  CHECK(values<std::int64_t>(integers.copy_(tensor({1.9, -1.9}))) ==
        std::vector<std::int64_t>{1, -1});
  CHECK(values<std::int64_t>(integers.fill_(2.7)) == std::vector<std::int64_t>{2, 2});
  Tensor mask = zeros({2}, boolean);
  CHECK(values<bool>(mask.copy_(tensor({0.0, 0.5}))) == std::vector<bool>{false, true});
  Tensor wide = zeros({1}, float64);
  CHECK(wide.fill_(0.1).item() == 0.1);
  CHECK(wide.add_(0.1).item() == 0.1 + 0.1);
}

TEST_CASE("tensors without elements and of rank 0") {
  for (const auto& [name, change] : functions) {
    CAPTURE(name);
    Tensor none = zeros({0, 3});
    change(none, ones({3}));
    change(none, ones({0, 3}));
    change(none, 2.0);
    CHECK(none.shape() == Shape{0, 3});
    Tensor number = tensor(3.0);
    change(number, 2.0);
    CHECK(number.dim() == 0);
    CHECK_THROWS_AS(change(number, ones({1})), ShapeError);
  }
  Tensor nothing = zeros({0});
  CHECK(nothing.zero_().numel() == 0);
}

TEST_CASE("a leaf that requires gradients is changed only inside NoGrad") {
  for (const auto& [name, change] : functions) {
    CAPTURE(name);
    Tensor leaf = ones({2});
    leaf.requires_grad_();
    CHECK_THROWS_WITH(change(leaf, 2.0),
                      ContainsSubstring(name + ": ") && ContainsSubstring("NoGrad"));
    CHECK_THROWS_AS(change(leaf, 2.0), GradError);
    CHECK(values(leaf) == std::vector<float>{1, 1});
    CHECK(leaf.version() == 0);
    const NoGrad no_grad;
    change(leaf, 2.0);
    CHECK(leaf.version() == 1);
    CHECK(leaf.requires_grad());
    CHECK(leaf.is_leaf());
  }
  Tensor leaf = ones({2});
  leaf.requires_grad_();
  CHECK_THROWS_WITH(leaf.fill_(0), ContainsSubstring("fill_: "));
  CHECK_THROWS_AS(leaf.zero_(), GradError);
}

TEST_CASE("changes in place are recorded") {
  Tensor w = tensor({2.0, 3.0});
  w.requires_grad_();
  Tensor x = tensor({5.0, 7.0});
  x.add_(w, 10);  // becomes the sum
  CHECK(x.requires_grad());
  CHECK_FALSE(x.is_leaf());
  x.sub_(1);
  x.mul_(3);
  x.div_(2);
  x.sum().backward();
  CHECK(values(w.grad()) == std::vector<float>{15, 15});
}

TEST_CASE("a rule that needs the value that was overwritten has a copy of it") {
  Tensor w = tensor({2.0, 3.0});
  w.requires_grad_();
  Tensor x = tensor({5.0, 7.0});
  x.mul_(w);  // the gradient of w is the old x
  x.sum().backward();
  CHECK(values(w.grad()) == std::vector<float>{5, 7});

  Tensor leaf = tensor({2.0, 4.0});
  leaf.requires_grad_();
  Tensor y = leaf * 1;
  y.div_(w);  // d/dw = -y / w^2
  w.zero_grad();
  y.sum().backward();
  CHECK(values(leaf.grad()) == std::vector<float>{0.5F, 1 / 3.0F});
  CHECK(values(w.grad()) == std::vector<float>{-0.5F, -4 / 9.0F});
}

TEST_CASE("a tensor cannot be its own gradient") {
  Tensor x = tensor({1.0});
  CHECK_THROWS_WITH(x.set_grad(x), ContainsSubstring("its own gradient"));
}

TEST_CASE("copy_ into a recorded tensor cuts its history and takes that of the source") {
  Tensor a = tensor({1.0, 2.0}), c = tensor({3.0, 4.0});
  a.requires_grad_();
  c.requires_grad_();
  Tensor y = a * 2;
  y.copy_(c * 5);
  y.sum().backward();
  CHECK_FALSE((a.grad().defined() && values(a.grad()) != std::vector<float>{0, 0}));
  CHECK(values(c.grad()) == std::vector<float>{5, 5});
}

TEST_CASE("filling a recorded tensor ends its history") {
  Tensor a = tensor({1.0, 2.0});
  a.requires_grad_();
  Tensor y = a * 2;
  y.fill_(3);
  const Tensor total = (y * a).sum();
  total.backward();
  CHECK(values(a.grad()) == std::vector<float>{3, 3});
}

TEST_CASE("a recorded change of shared data is refused") {
  Tensor w = ones({2});
  w.requires_grad_();
  Tensor x = zeros({2, 2});
  Tensor row = x[0];
  CHECK_THROWS_WITH(row.add_(w), ContainsSubstring("add_: ") && ContainsSubstring("clone()"));
  CHECK_THROWS_AS(row.add_(w), GradError);
  CHECK_THROWS_AS(x.add_(w), GradError);
  CHECK(values(x) == std::vector<float>(4, 0));
  CHECK(x.version() == 0);
  const NoGrad no_grad;
  row.add_(w);
  CHECK(values(x) == std::vector<float>{1, 1, 0, 0});
}

TEST_CASE("a change after a value was saved is an error in backward, not a wrong gradient") {
  Tensor x = tensor({1.0, 2.0});
  x.requires_grad_();
  Tensor factor = tensor({3.0, 4.0});
  const Tensor y = x * factor;
  factor.add_(1);
  CHECK_THROWS_WITH(y.sum().backward(), ContainsSubstring("mul") && ContainsSubstring("[2]"));
  CHECK_FALSE(x.grad().defined());

  Tensor z = tanh(x);  // saves what it returns
  z.mul_(2);
  CHECK_THROWS_AS(z.sum().backward(), GradError);

  Tensor harmless = x + factor;  // saves nothing
  factor.zero_();
  harmless.mul_(2);
  harmless.sum().backward();
  CHECK(values(x.grad()) == std::vector<float>{2, 2});
}

TEST_CASE("truth values change in place as they do outside") {
  Tensor mask = tensor({true, true, false});
  const Tensor other = tensor({true, false, true});
  mask *= other;
  CHECK(values<bool>(mask) == std::vector<bool>{true, false, false});
  mask += other;
  CHECK(values<bool>(mask) == std::vector<bool>{true, false, true});
  CHECK(mask.version() == 2);
  CHECK_THROWS_AS(mask -= other, DTypeError);
  CHECK_THROWS_AS(mask /= other, DTypeError);
  CHECK_THROWS_AS(mask *= tensor({true, false}), ShapeError);
  CHECK(values<bool>(mask) == std::vector<bool>{true, false, true});
}

namespace {

/// A function of one tensor, and the form of it that puts the result there.
struct Forms {
  std::function<Tensor(const Tensor&)> plain;
  std::function<Tensor&(Tensor&)> in_place;
};
std::pair<const std::string, Forms> entry(const char* name, decltype(Forms::plain) plain,
                                          decltype(Forms::in_place) in_place) {
  return {name, {std::move(plain), std::move(in_place)}};
}
#define FORMS(f) \
  entry(         \
      #f "_", [](const Tensor& x) { return f(x); }, [](Tensor& x) -> Tensor& { return f##_(x); })
/// The same with further arguments.
#define FORMS_WITH(f, ...)                                       \
  entry(                                                         \
      #f "_", [](const Tensor& x) { return f(x, __VA_ARGS__); }, \
      [](Tensor& x) -> Tensor& { return f##_(x, __VA_ARGS__); })
const std::map<std::string, Forms> forms{
    FORMS(abs),
    FORMS(ceil),
    FORMS(floor),
    FORMS(round),
    FORMS(trunc),
    FORMS(neg),
    FORMS(sqrt),
    FORMS(rsqrt),
    FORMS(reciprocal),
    FORMS(square),
    FORMS(exp),
    FORMS(log),
    FORMS(sin),
    FORMS(cos),
    FORMS(sigmoid),
    FORMS(tanh),
    FORMS(relu),
    FORMS_WITH(masked_fill, tensor({true, false, true}), 7),
    FORMS_WITH(masked_scatter, tensor({true, false, true}), full({2}, 4, x.dtype())),
    FORMS_WITH(index_copy, 0, tensor({2, -3, 2}), full({3}, 2, x.dtype())),
    FORMS_WITH(index_fill, 0, tensor({2, 0}), 5),
    FORMS_WITH(scatter, 0, tensor({1, 1}), full({2}, 3, x.dtype())),
    FORMS_WITH(index_add, 0, tensor({2, 0, 2}), full({3}, 2, x.dtype())),
    FORMS_WITH(scatter_add, 0, tensor({1, 1}), full({2}, 3, x.dtype())),
};
#undef FORMS
#undef FORMS_WITH

}  // namespace

TEST_CASE("a form in place gives the bits of the plain one, and its gradient") {
  const Tensor start = tensor({0.3, 1.7, 2.5}, float64), weights = tensor({2.0, 3.0, 4.0});
  for (const auto& [name, form] : forms) {
    CAPTURE(name);
    Tensor x = start.clone();
    const Tensor same = x;
    CHECK(&form.in_place(x) == &x);
    CHECK(x.version() == 1);
    CHECK(equal(same, form.plain(start)));

    Tensor leaf = start.clone();
    leaf.requires_grad_();
    Tensor y = leaf * 1;
    form.in_place(y);
    const Tensor expected = form.plain(leaf * 1);
    CHECK(equal(y, expected));
    (y * weights).sum().backward();
    const Tensor found = leaf.grad().clone();
    leaf.zero_grad();
    (expected * weights).sum().backward();
    CHECK(equal(found, leaf.grad()));

    CHECK_THROWS_WITH(form.in_place(leaf),
                      ContainsSubstring(name + ": ") && ContainsSubstring("NoGrad"));
    CHECK(leaf.version() == 0);
    Tensor row = tensor({{1.0, 2.0, 3.0}}, float64)[0];
    form.in_place(row);  // data that is shared, where nothing is recorded

    // Whole numbers stay what they are, or cannot be.
    Tensor integers = tensor({1, 2, 3});
    if (form.plain(integers).dtype() == int64) {
      CHECK(equal(form.in_place(integers), form.plain(tensor({1, 2, 3}))));
    } else {
      CHECK_THROWS_AS(form.in_place(integers), DTypeError);
      CHECK(integers.version() == 0);
    }
  }
  Tensor number = tensor(-2.0), none = zeros({0, 3});
  CHECK(abs_(number).item() == 2);
  CHECK(exp_(none).numel() == 0);
  Tensor narrow = ones({1, 3});
  CHECK_THROWS_AS(masked_fill_(narrow, ones({2, 3}, boolean), 1), ShapeError);
}
