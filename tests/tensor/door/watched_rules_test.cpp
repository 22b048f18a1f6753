// What the door tells of rules, of the steps of optimizers and of the end of a walk.

#include <optional>
#include <string>
#include <vector>

#include "autograd/tape/record.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/tensor/door/calls.h"

namespace tg = tapegrad;
namespace nn = tg::nn;
using tg::Tensor;

namespace {

/// A visitor that notes calls without a type.
class Rules : tg::detail::Watcher {
 public:
  struct Rule {
    std::string name;
    int input;
    Tensor gradient, before, after;
  };
  Rules() { start(); }
  ~Rules() { stop(); }

  std::vector<Rule> rules, steps;
  std::vector<std::string> names;
  std::vector<Tensor> leaves, sums;
  bool right = true;  // rules have the records of their operators

 private:
  using Call = tg::detail::OperatorCall;
  void call(const Call& call) override {
    if (call.type) return;
    // Copies, since holding what arrives would change how it is added up.
    const auto copy = [](const Tensor* x) { return x->defined() ? x->clone() : *x; };
    Rule rule{call.name, call.rule, copy(call.inputs[0]), copy(call.inputs[1]), {}};
    if (call.rule >= 0)
      right &= static_cast<const tg::detail::Record*>(call.op)->name() == std::string(call.name);
    (call.rule >= 0 ? rules : steps).push_back(std::move(rule));
  }
  void called(const Call& call, std::span<const Tensor> outputs) override {
    if (call.type) return;
    right &= outputs.size() == 1;
    (call.rule >= 0 ? rules : steps).back().after = outputs[0].clone();
  }
  void named(const tg::detail::Impl&, std::string_view name) noexcept override {
    names.emplace_back(name);
  }
  void collected(const Tensor& leaf, const Tensor& sum) override {
    leaves.push_back(leaf);
    sums.push_back(sum.clone());
  }
};

}  // namespace

TEST_CASE("a visitor is told what a rule gets, what had arrived, and what has arrived then") {
  const Tensor x = tg::tensor({1.0f, 2.0f}).requires_grad_(), w = tg::tensor({3.0f, 5.0f});
  const Tensor first = x * w, square = x * x;  // in this order
  const Tensor loss = tg::sum(first + square);
  Rules seen;
  loss.backward();
  REQUIRE(seen.right);
  REQUIRE(seen.rules.size() == 6);  // sum; add, for both; x * x, for both; x * w
  CHECK(seen.rules[0].name == "sum");
  CHECK(seen.rules[0].gradient.item() == 1);
  CHECK_FALSE(seen.rules[0].before.defined());
  const Rules::Rule &second = seen.rules[4], &last = seen.rules[5];
  CHECK(second.name == "mul");
  CHECK(second.input == 0);
  CHECK(tg::equal(second.before, tg::tensor({1.0f, 2.0f})));
  CHECK(tg::equal(second.after, tg::tensor({2.0f, 4.0f})));
  CHECK(last.input == 0);
  CHECK(tg::equal(last.after, tg::tensor({5.0f, 9.0f})));
  CHECK(tg::equal(last.after, x.grad()));
  CHECK(seen.leaves.empty());
}

TEST_CASE("a visitor is told what a walk added to gradients that were there") {
  const Tensor x = tg::ones(2).requires_grad_(), y = tg::ones(2).requires_grad_();
  tg::sum(x * 2.0).backward();
  Rules seen;
  (tg::sum(x * 3.0) + tg::sum(y)).backward();
  REQUIRE(seen.leaves.size() == 1);
  CHECK(seen.leaves[0].is_same(x));
  CHECK(tg::equal(tg::expand(seen.sums[0], {2}), tg::full(2, 3.0f)));
  CHECK(tg::equal(x.grad(), tg::full(2, 5.0f)));
}

TEST_CASE("a visitor is told the names of parameters, and what a step made of them") {
  Tensor a = tg::ones(2).requires_grad_(), b = tg::ones(3).requires_grad_();
  a.set_grad(tg::ones(2));
  b.set_grad(tg::ones(3));
  nn::SGD optimizer({{"net.a", a}, {"net.b", b}}, {.lr = 0.25});
  Rules seen;
  optimizer.step();
  CHECK(seen.names == std::vector<std::string>{"net.a", "net.b"});
  REQUIRE(seen.steps.size() == 2);
  CHECK(tg::equal(seen.steps[1].gradient, tg::ones(3)));  // the first of its inputs
  CHECK(tg::equal(seen.steps[1].after, tg::full(3, 0.75f)));
}
