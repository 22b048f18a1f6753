// The undefined tensor, given where a value is needed: every operator says so, none crashes.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/catch.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;

namespace {

using Unary = Tensor (*)(const Tensor&);
using Binary = Tensor (*)(const Tensor&, const Tensor&);
using Reduction = Tensor (*)(const Tensor&, const tg::Dims&, bool);

/// An operator on two tensors of shape [2, 2], of which either may be undefined.
struct Call {
  std::string name;
  std::function<Tensor(const Tensor&, const Tensor&)> run;
};

std::vector<Call> unary_calls() {
  std::vector<Call> calls;
  const auto add = [&](const char* name, auto f) {
    calls.push_back({name, [f](const Tensor& x, const Tensor&) { return f(x); }});
  };
  for (const auto& [name, f] : std::vector<std::pair<const char*, Tensor (*)(Tensor)>>{
           {"abs", tg::abs}, {"exp", tg::exp}, {"relu", tg::relu}})
    add(name, f);
  for (const auto& [name, f] :
       std::vector<std::pair<const char*, Unary>>{{"isnan", tg::isnan},
                                                  {"logical_not", tg::logical_not},
                                                  {"all", tg::all},
                                                  {"argmax", tg::argmax},
                                                  {"max", tg::max},
                                                  {"squeeze", tg::squeeze},
                                                  {"t", tg::t}})
    add(name, f);
  for (const auto& [name, f] : std::vector<std::pair<const char*, Reduction>>{
           {"sum", tg::sum}, {"mean", tg::mean}, {"prod", tg::prod}, {"amax", tg::amax}})
    add(name, [reduce = f](const Tensor& x) { return reduce(x, {}, false); });
  add("zeros_like", [](const Tensor& x) { return tg::zeros_like(x); });
  add("one_hot", [](const Tensor& x) { return tg::one_hot(x); });
  add("var", [](const Tensor& x) { return tg::var(x); });
  add("logsumexp", [](const Tensor& x) { return tg::logsumexp(x, 0); });
  add("softmax", [](const Tensor& x) { return tg::softmax(x, 0); });
  add("dropout", [](const Tensor& x) { return tg::dropout(x); });
  add("reshape", [](const Tensor& x) { return tg::reshape(x, {4}); });
  add("narrow", [](const Tensor& x) { return tg::narrow(x, 0, 0, 1); });
  add("permute", [](const Tensor& x) { return tg::permute(x, {1, 0}); });
  add("expand", [](const Tensor& x) { return tg::expand(x, {2, 2}); });
  add("layer_norm", [](const Tensor& x) { return tg::layer_norm(x, {2}); });
  add("to", [](const Tensor& x) { return x.to(tg::float64); });
  add("clone", [](const Tensor& x) { return x.clone(); });
  add("detach", [](const Tensor& x) { return x.detach(); });
  add("backward", [](const Tensor& x) { return x.backward(), x; });
  add("grad", [](const Tensor& x) { return tg::grad(x, x); });
  add("Linear", [](const Tensor& x) { return nn::Linear(2, 2)(x); });
  add("BatchNorm1d", [](const Tensor& x) { return nn::BatchNorm1d(2)(x); });
  return calls;
}

std::vector<Call> binary_calls() {
  std::vector<Call> calls;
  for (const auto& [name, f] :
       std::vector<std::pair<const char*, Binary>>{{"add", tg::add},
                                                   {"pow", tg::pow},
                                                   {"maximum", tg::maximum},
                                                   {"eq", tg::eq},
                                                   {"logical_and", tg::logical_and},
                                                   {"matmul", tg::matmul}})
    calls.push_back({name, f});
  const auto add = [&](const char* name, auto f) { calls.push_back({name, f}); };
  const auto in_place = [&](const char* name, auto f) {
    add(name, [f](const Tensor& a, const Tensor& b) {
      Tensor changed = a.defined() ? a.clone() : a;
      f(changed, b);
      return changed;
    });
  };
  using T = const Tensor&;
  add("where", [](T a, T b) { return tg::where(tg::ones({2, 2}) == 1, a, b); });
  add("where", [](T a, T b) { return tg::where(a != 0, b, b); });
  add("linear", [](T a, T b) { return tg::linear(a, b); });
  add("cat", [](T a, T b) { return tg::cat({a, b}); });
  add("stack", [](T a, T b) { return tg::stack({a, b}); });
  add("gather", [](T a, T b) { return tg::gather(a, 0, b.to(tg::int64)); });
  add("index_add", [](T a, T b) { return tg::index_add(a, 0, tg::arange(2), b); });
  add("masked_softmax", [](T a, T b) { return tg::masked_softmax(a, b != 0, 0); });
  in_place("add_", [](Tensor& a, T b) { a.add_(b); });
  in_place("div_", [](Tensor& a, T b) { a.div_(b); });
  in_place("copy_", [](Tensor& a, T b) { a.copy_(b); });
  in_place("fill_", [](Tensor& a, T b) { a.fill_(b.sum()); });
  add("mse_loss", [](T a, T b) { return nn::mse_loss(a, b); });
  add("huber_loss", [](T a, T b) { return nn::huber_loss(a, b); });
  add("cross_entropy", [](T a, T b) { return tg::cross_entropy(a, b); });
  add("nll_loss", [](T a, T b) { return nn::nll_loss(a, b.sum(1).to(tg::int64)); });
  add("binary_cross_entropy", [](T a, T b) { return nn::binary_cross_entropy(a, b); });
  add("logistic loss", [](T a, T b) { return nn::binary_cross_entropy_with_logits(a, b); });
  add("kl_div", [](T a, T b) { return nn::kl_div(a, b); });
  add("hinge_embedding_loss", [](T a, T b) { return nn::hinge_embedding_loss(a, b * 2 - 1); });
  return calls;
}

void check_says_undefined(const Call& call, const Tensor& a, const Tensor& b) {
  CAPTURE(call.name, a.defined(), b.defined());
  CHECK_THROWS_AS(call.run(a, b), tg::ValueError);
  CHECK_THROWS_WITH(call.run(a, b), ContainsSubstring("undefined"));
}

}  // namespace

TEST_CASE("operators on the undefined tensor are errors that say so") {
  for (const bool recorded : {false, true}) {
    const Tensor x = tg::full({2, 2}, 0.5).requires_grad_(recorded), y = tg::ones({2, 2});
    for (const Call& call : unary_calls()) check_says_undefined(call, {}, {});
    for (const Call& call : binary_calls()) {
      check_says_undefined(call, {}, y);
      check_says_undefined(call, y, {});
      check_says_undefined(call, {}, {});
    }
    Tensor changed = x * 1;
    CHECK_THROWS_AS(changed.add_(Tensor()), tg::ValueError);
    CHECK(tg::sum(changed).item() == 2);
  }
}

TEST_CASE("a gradient that nobody computed says how to ask for it") {
  const Tensor w = tg::ones({2}).requires_grad_();
  CHECK_FALSE(w.grad().defined());
  CHECK_THROWS_WITH(w.grad() * 0.1, ContainsSubstring("grad()") && ContainsSubstring("backward()"));
}
