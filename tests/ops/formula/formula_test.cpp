#include "autograd/formula.h"

#include <cmath>
#include <vector>

#include "autograd/base/error.h"
#include "autograd/base/threads/parallel.h"
#include "autograd/ops/elementwise/families.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/random.h"
#include "nn/optim.h"
#include "tests/catch.h"
#include "tests/message_of.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
namespace formula = tapegrad::formula;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using tg::Tensor;

namespace {

struct Heavy {
  static constexpr const char* name = "heavy_ball";
  static constexpr const char* slots[] = {"velocity"};
  double lr, momentum = 0.9;
  bool uses(std::size_t) const { return momentum != 0; }
  void update(auto& p, auto g, auto& velocity) const {
    auto change = -lr * g;
    if (momentum != 0) change = velocity = momentum * velocity + change;
    p += change;
  }
};

/// Every function that formulas may use, and no slot.
struct Functions {
  static constexpr const char* name = "functions";
  void update(auto& p, auto g) const {
    const auto x = abs(p) + exp(-g * g) + log(1 + g * g) + tanh(p) * sigmoid(g);
    p = where((g > 0) & !(p == 0), maximum(x, 1), minimum(sqrt(x), 2) / 3);
  }
};

/// The text of the library's formula, by the loop of a program.
struct MyAdam {
  static constexpr const char* name = "my_adam";
  static constexpr const char* slots[] = {"m", "v", "largest"};
  formula::Adam adam;
  bool uses(std::size_t slot) const { return adam.uses(slot); }
  void update(auto& p, auto g, auto& m, auto& v, auto& largest) const {
    adam.update(p, g, m, v, largest);
  }
};

double functions(double p, double g) {
  const double x =
      std::abs(p) + std::exp(-g * g) + std::log(1 + g * g) + std::tanh(p) / (1 + std::exp(-g));
  return g > 0 && p != 0 ? std::fmax(x, 1) : std::fmin(std::sqrt(x), 2) / 3;
}

template <class T>
std::vector<T> values(const Tensor& tensor) {
  const auto data = tensor.data<T>();
  return {data.begin(), data.end()};
}

constexpr tg::DType dtype_of(float) { return tg::float32; }
constexpr tg::DType dtype_of(double) { return tg::float64; }

}  // namespace

TEMPLATE_TEST_CASE("a formula of one's own changes a parameter and its slot", "[formula]", float,
                   double) {
  using T = TestType;
  const tg::DType dtype = dtype_of(T());
  Tensor w = tg::ones({2, 3}, dtype);
  w.requires_grad_();
  const Tensor g = tg::full({2, 3}, 0.5, dtype);
  Tensor velocity;
  const auto version = w.version();
  for (int step = 0; step < 2; ++step)
    tg::update(Heavy{.lr = 0.125, .momentum = 0.5}, w, g, velocity);
  // -1/16, then -1/32 - 1/16
  CHECK(values<T>(w) == std::vector<T>(6, T(1 - 1. / 16 - 3. / 32)));
  CHECK(values<T>(velocity) == std::vector<T>(6, T(-3. / 32)));
  CHECK(values<T>(g) == std::vector<T>(6, T(0.5)));
  CHECK(w.version() > version);
  CHECK(w.is_leaf());
  CHECK(w.requires_grad());
}

TEST_CASE("a slot that a step does not use is not made", "[formula]") {
  Tensor w = tg::ones(3), velocity;
  tg::update(Heavy{.lr = 0.5, .momentum = 0}, w, tg::ones(3), velocity);
  CHECK_FALSE(velocity.defined());
  CHECK(values<float>(w) == std::vector<float>(3, 0.5f));
}

TEST_CASE("a slot follows a parameter that was converted", "[formula]") {
  Tensor w = tg::ones(3), velocity;
  tg::update(Heavy{.lr = 0.5}, w, tg::ones(3), velocity);
  Tensor wide = w.to(tg::float64);
  tg::update(Heavy{.lr = 0.5}, wide, tg::ones(3, tg::float64), velocity);
  CHECK(velocity.dtype() == tg::float64);
}

TEMPLATE_TEST_CASE("formulas use the functions of numbers, in the tensor's type", "[formula]",
                   float, double) {
  using T = TestType;
  const tg::DType dtype = dtype_of(T());
  Tensor p = tg::randn({70}).to(dtype);
  const Tensor g = tg::randn({70}).to(dtype);
  const auto before = values<T>(p), gradient = values<T>(g);
  tg::update(Functions(), p, g);
  const auto after = values<T>(p);
  for (std::size_t i = 0; i < after.size(); ++i)
    CHECK(after[i] ==
          Approx(functions(before[i], gradient[i])).epsilon(sizeof(T) == 4 ? 1e-5 : 1e-13));
  static_assert(sizeof(formula::Number<T>) == sizeof(T));
}

TEST_CASE("numbers treat NaN as vectors do", "[formula]") {
  using N = formula::Number<double>;
  const N nan = std::nan(""), one = 1;
  for (const N found : {maximum(nan, one), maximum(one, nan), minimum(nan, one), minimum(one, nan)})
    CHECK(std::isnan(found.value));
  CHECK((nan != nan).value);
  CHECK(formula::Relu::vjp(one, nan, nan).value == 1);
}

TEMPLATE_TEST_CASE("a step by the library's formula is the optimizer's, bit by bit", "[formula]",
                   float, double) {
  using T = TestType;
  const Tensor start = tg::randn({101}).to(dtype_of(T()));
  Tensor w = start.clone(), ours = start.clone(), mine = start.clone(), m, v, largest, n, u, most;
  ours.requires_grad_();
  nn::Adam optimizer({{"w", ours}}, {.lr = 0.1, .weight_decay = 0.01, .amsgrad = true});
  std::vector<formula::Number<double>> p(101), pm(101, 0), pv(101, 0), pl(101, 0);
  for (std::size_t i = 0; i < 101; ++i) p[i] = values<T>(start)[i];
  for (int step = 1; step <= 5; ++step) {
    const Tensor g = tg::randn({101}).to(dtype_of(T()));
    ours.set_grad(g);
    optimizer.step();
    const formula::Adam adam{.lr = 0.1,
                             .weight_decay = 0.01,
                             .bias1 = 1 - std::pow(0.9, step),
                             .bias2 = 1 - std::pow(0.999, step),
                             .amsgrad = true};
    tg::update(adam, w, g, m, v, largest);
    tg::update(MyAdam{adam}, mine, g, n, u, most);
    for (std::size_t i = 0; i < 101; ++i)
      adam.update(p[i], formula::Number<double>(values<T>(g)[i]), pm[i], pv[i], pl[i]);
  }
  CHECK(values<T>(w) == values<T>(ours));
  // The loop of a program, and the text over plain numbers, round elsewhere.
  const double near = sizeof(T) == 4 ? 1e-5 : 1e-13;
  for (std::size_t i = 0; i < 101; ++i) {
    CHECK(values<T>(mine)[i] == Approx(values<T>(w)[i]).epsilon(near).margin(near));
    CHECK(values<T>(w)[i] == Approx(p[i].value).epsilon(near).margin(near));
  }
}

TEST_CASE("an update has the same bits for any number of threads", "[formula][parallel]") {
  const std::int64_t n = tg::kernels::kElementsWorthThreads + 12345;
  Tensor one = tg::randn({n}), two = one.clone(), m, v, largest, k, u, most;
  const Tensor g = tg::randn({n});
  const formula::Adam adam{.lr = 0.1};
  tg::update(adam, one, g, m, v, largest);
  tg::set_num_threads(3);
  tg::update(adam, two, g, k, u, most);
  tg::set_num_threads(1);
  CHECK(tg::equal(one, two));
  CHECK(tg::equal(v, u));
}

TEST_CASE("a formula does not change what an operator has made and recorded") {
  const Tensor w = tg::ones(2).requires_grad_();
  Tensor y = w * 2, velocity;
  CHECK_THROWS_WITH(tg::update(Heavy{.lr = 0.1}, y, tg::ones(2), velocity),
                    ContainsSubstring("was made by an operator"));
  CHECK_FALSE(velocity.defined());
  const tg::NoGrad no_grad;
  tg::update(Heavy{.lr = 0.1}, y, tg::ones(2), velocity);
  CHECK(y.version() == 1);
}

TEST_CASE("tensors that do not fit a formula are refused, and nothing changes", "[formula]") {
  const Heavy heavy{.lr = 0.5};
  Tensor w = tg::ones(3), none, velocity = tg::zeros(3), other = tg::zeros(2);
  const auto say = [&](Tensor& parameter, const Tensor& g, Tensor& slot) {
    return message_of<tg::Error>([&] { tg::update(heavy, parameter, g, slot); });
  };
  CHECK_THAT(say(none, w, velocity),
             StartsWith("heavy_ball: the parameter is an undefined tensor"));
  CHECK_THAT(say(w, none, velocity), StartsWith("heavy_ball: the gradient is an undefined tensor"));
  CHECK_THROWS_AS(tg::update(heavy, w, tg::ones(2), velocity), tg::ShapeError);
  CHECK_THAT(say(w, tg::ones(2), velocity),
             StartsWith("heavy_ball: the gradient has shape [2] but the parameter has shape [3]"));
  CHECK_THAT(say(w, tg::ones(3, tg::float64), velocity),
             StartsWith("heavy_ball: the gradient is float64 but the parameter is float32"));
  CHECK_THAT(
      say(w, tg::ones(3), other),
      StartsWith("heavy_ball: the slot 'velocity' has shape [2] but the parameter has shape [3]"));
  Tensor whole = tg::ones(3, tg::int64);
  CHECK_THROWS_AS(tg::update(heavy, whole, whole, velocity), tg::DTypeError);
  CHECK_THROWS_AS(tg::update(heavy, w, tg::ones(3), whole), tg::DTypeError);
  CHECK(values<float>(w) == std::vector<float>(3, 1));
  CHECK(w.version() == tg::ones(3).version());
}
