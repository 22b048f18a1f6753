#include <algorithm>

#include "autograd/tape/no_grad.h"
#include "tests/nn/optim/common.h"

using namespace optim_test;

namespace {

constexpr int kLast = 5;

struct LastOptions {
  double lr = 0.1;
  bool warn_unused = true;
  bool check_finite = false;
  void check() const {}
  static void visit(auto& options, auto f) { f("lr", options.lr); }
};

/// An optimizer of a program's own, over tensor operators: follows the sum of the last five
/// gradients, divided by the largest element that any parameter's gradient has now.
class LastGradients final : public nn::OptimizerOf<LastOptions> {
 public:
  explicit LastGradients(std::vector<Parameter> parameters, const LastOptions& options = {})
      : OptimizerOf({"LastGradients", {"g0", "g1", "g2", "g3", "g4"}}, std::move(parameters),
                    options) {}

 private:
  void before_updates() override {
    largest_ = 0;
    for (const Entry& entry : entries(0)) {
      const Tensor g = entry.parameter.value.grad();
      if (g.defined()) largest_ = std::max(largest_, tg::max(tg::abs(g)).item<double>());
    }
  }
  void update(std::size_t group, Entry& entry, const Tensor& grad) override {
    entry.slots[static_cast<std::size_t>(entry.step % kLast)] = grad.clone();
    for (const Tensor& g : entry.slots)
      if (g.defined()) entry.parameter.value.sub_(g * (options(group).lr / largest_));
  }
  double largest_ = 0;
};

/// The loss, after its gradients are there.
Tensor square_loss(nn::Optimizer& optimizer, const Tensor& w) {
  optimizer.zero_grad();
  Tensor loss = (w * w).sum();
  loss.backward();
  return loss;
}

}  // namespace

TEST_CASE("step(closure) calls it once, with gradients, and returns its loss", "[optim]") {
  Tensor w = leaf({1, 2}, tg::float64), same = leaf({1, 2}, tg::float64);
  nn::SGD optimizer({{"w", w}}, {.lr = 0.25}), plain({{"w", same}}, {.lr = 0.25});
  int calls = 0;
  const tg::NoGrad no_grad;
  const Tensor loss = optimizer.step([&] {
    ++calls;
    CHECK(tg::grad_enabled());
    return square_loss(optimizer, w);
  });
  CHECK_FALSE(tg::grad_enabled());
  CHECK(calls == 1);
  CHECK(loss.item<double>() == 5);
  {
    const tg::EnableGrad enable_grad;
    square_loss(plain, same);
  }
  plain.step();
  CHECK(values_of(w) == values_of(same));
}

TEST_CASE("a closure that throws leaves the optimizer as it was", "[optim]") {
  Tensor w = leaf({1, 2}, tg::float64);
  nn::SGD optimizer({{"w", w}}, {.lr = 0.25});
  const tg::NoGrad no_grad;
  CHECK_THROWS_AS(optimizer.step([]() -> Tensor { throw tg::ValueError("no"); }), tg::ValueError);
  CHECK_FALSE(tg::grad_enabled());
  CHECK(values_of(w) == std::vector<double>{1, 2});
}

TEST_CASE("an optimizer of one's own has any number of named slots and sees all gradients first",
          "[optim]") {
  Tensor a = leaf({1, 2}, tg::float64), b = leaf({-4}, tg::float64);
  LastGradients optimizer({{"a", a}, {"b", b}}, {.lr = 1});
  a.set_grad(tg::tensor({1.0, 2.0}).to(tg::float64));
  b.set_grad(tg::tensor({-4.0}).to(tg::float64));
  optimizer.step();
  CHECK(values_of(a) == std::vector<double>{0.75, 1.5});
  CHECK(values_of(b) == std::vector<double>{-3});

  for (int step = 0; step < 6; ++step) {
    set_gradient(a, step);
    optimizer.step();
  }
  std::vector<std::string> names;
  for (const auto& [name, value] : optimizer.state())
    if (name.starts_with("state.a.g")) names.push_back(name);
  CHECK(names == std::vector<std::string>{"state.a.group", "state.a.g0", "state.a.g1", "state.a.g2",
                                          "state.a.g3", "state.a.g4"});

  Tensor again = leaf(values_of(a), tg::float64), other = leaf(values_of(b), tg::float64);
  other.set_grad(b.grad());
  LastGradients resumed({{"a", again}, {"b", other}});
  resumed.load_state(optimizer.state());
  for (int step = 0; step < 3; ++step) {
    set_gradient(a, step);
    set_gradient(again, step);
    optimizer.step();
    resumed.step();
    CHECK(values_of(a) == values_of(again));
  }
}

TEST_CASE("a closure that returns no loss is an error, and nothing changes", "[optim]") {
  Tensor w = leaf({1, 2}, tg::float64);
  nn::SGD optimizer({{"w", w}}, {.lr = 0.1});
  square_loss(optimizer, w);
  CHECK_THROWS_WITH(optimizer.step([] { return Tensor(); }),
                    ContainsSubstring("it must return the loss"));
  CHECK(w.version() == 0);
}
