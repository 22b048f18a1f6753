#include <limits>
#include <type_traits>

#include "tests/message_of.h"
#include "tests/point_gradients.h"

// What is written where: pieces that share data and pieces that are copies, gradients.

using point_gradients::check_values;
using tapegrad::Flag;
using tapegrad::Tensor;
namespace tg = tapegrad;

namespace {

Tensor counted(const tg::Shape& shape) {
  return tg::reshape(tg::arange(0.0, double(shape.numel()), 1.0), shape);
}

template <class T>
concept CanFill = requires(T&& x) {
  std::forward<T>(x).fill_(1);
};
template <class T>
concept CanAdd = requires(T&& x) {
  std::forward<T>(x) += 1;
};
template <class T>
concept CanAssign = requires(T&& x) {
  std::forward<T>(x) = 1;
};
template <class T>
concept CanAskForGradient = requires(T&& x) {
  std::forward<T>(x).requires_grad_();
  std::forward<T>(x).retain_grad();
};

}  // namespace

TEST_CASE("a temporary is not written into, but may be asked for a gradient") {
  STATIC_REQUIRE(CanFill<Tensor&>);
  STATIC_REQUIRE(CanAdd<Tensor&>);
  STATIC_REQUIRE(CanAssign<Tensor&>);
  STATIC_REQUIRE_FALSE(CanFill<Tensor>);
  STATIC_REQUIRE_FALSE(CanAdd<Tensor>);
  STATIC_REQUIRE_FALSE(CanAssign<Tensor>);
  STATIC_REQUIRE(CanAskForGradient<Tensor>);
}

TEST_CASE("a named leading piece writes into the tensor, a named copy does not") {
  Tensor x = counted({2, 3});
  Tensor row = x[0];
  row.fill_(7);
  Tensor entry = x.at({1, 2});
  entry += 10;
  Tensor column = x.select(1, 0);
  column.fill_(-1);
  Tensor transposed = x.t();
  transposed.zero_();
  check_values("x", x.reshape({6}), {7, 7, 7, 3, 4, 15});
}

TEST_CASE("at() takes the leading indices, as x[i, j] does in PyTorch") {
  const Tensor x = counted({2, 3, 4});
  CHECK(x.at({1, 2}).shape() == tg::Shape{4});
  check_values("x.at({1, 2})", x.at({1, 2}), {20, 21, 22, 23});
  check_values("negative", x.at({-1, -1}), {20, 21, 22, 23});
  CHECK(x.at({1, 2, 3}).item() == 23);
  CHECK(x.at(1).shape() == tg::Shape{3, 4});
  CHECK(x.at({}).is_same(x));
  CHECK_THROWS_AS(x.at({0, 3}), tg::IndexError);
  CHECK_THROWS_AS(x.at({0, 0, 0, 0}), tg::IndexError);
  const Tensor w = counted({2, 2}).requires_grad_();
  tg::square(w.at({1, 0})).backward();
  check_values("gradient", w.grad().reshape({4}), {0, 0, 4, 0});
}

TEST_CASE("mutable_grad changes the gradient where it is") {
  const Tensor w = tg::ones({2}).requires_grad_();
  CHECK(message_of<tg::GradError>([&] { w.mutable_grad(); }).find("[2]") != std::string::npos);
  tg::sum(w * 4).backward();
  w.mutable_grad().mul_(2).sub_(1);
  w.mutable_grad() += 1;
  w.mutable_grad() *= 2;
  check_values("w", w.grad(), {16, 16});
  w.mutable_grad().clamp_(0, 3);
  check_values("w", w.grad(), {3, 3});
  w.mutable_grad().write<float>([](std::span<float> g) { g[0] = 5; });
  check_values("w", w.grad(), {5, 3});
  CHECK_THROWS_AS(w.mutable_grad().add_(tg::ones({3})), tg::ShapeError);
  w.mutable_grad().copy_(tg::tensor({1.0, 2.0}));
  w.mutable_grad().zero_();
  check_values("w", w.grad(), {0, 0});
  // Another tensor is put in by set_grad only.
  STATIC_REQUIRE_FALSE(std::is_assignable_v<tg::MutableGrad, Tensor>);
  STATIC_REQUIRE_FALSE(std::is_assignable_v<tg::MutableGrad, tg::MutableGrad>);
  STATIC_REQUIRE_FALSE(std::is_assignable_v<tg::MutableGrad&, Tensor>);
}

TEST_CASE("a flag is true or false, and no number") {
  STATIC_REQUIRE(std::is_convertible_v<bool, Flag>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<int, Flag>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<double, Flag>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<const char*, Flag>);
  CHECK(tg::sum(tg::ones({2, 3}), 0, true).shape() == tg::Shape{1, 3});
  CHECK(tg::sum(tg::ones({2, 3}), {0, 1}).item() == 6);
}

TEST_CASE("what int64 cannot hold is not converted to it") {
  const double inf = std::numeric_limits<double>::infinity();
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), inf, -inf, 1e30, 0x1p63}) {
    for (const tg::DType dtype : {tg::float32, tg::float64}) {
      const Tensor x = tg::tensor({1.0, bad}, dtype);
      INFO(bad);
      CHECK_THROWS_AS(x.to(tg::int64), tg::ValueError);
      CHECK(message_of<tg::ValueError>([&] { x.to(tg::int64); }).find("element 1") !=
            std::string::npos);
      Tensor whole = tg::tensor({3, 4});
      CHECK_THROWS_AS(whole.copy_(x), tg::ValueError);
      CHECK_THROWS_AS(whole.fill_(bad), tg::ValueError);
      CHECK(whole.at<std::int64_t>({1}) == 4);
      CHECK(x.to(tg::boolean).at<bool>({1}));
    }
  }
  CHECK(tg::tensor({-0x1p63, 2.9, -2.9}, tg::float64).to(tg::int64).at<std::int64_t>({2}) == -2);
}
