// Operators, in the order in which a network has them.

#include <span>
#include <utility>
#include <vector>

#include "autograd/ops/custom.h"
#include "tests/faults/faults.h"

namespace tg = tapegrad;
using faults::Numbers, faults::refuse_each;
using tg::Tensor;

namespace {

/// A user's operator, with a member that allocates.
struct Weighted {
  static constexpr const char* name = "weighted";
  static constexpr tg::Reads reads[] = {tg::kB, tg::kA};
  static constexpr bool opaque = true;
  std::vector<double> factors;
  Tensor forward(const Tensor& a, const Tensor& b) const {
    std::vector<double> copy = factors;
    return a * b * copy[0];
  }
  Tensor vjp_a(const Tensor& g, auto, const Tensor& b, auto) const { return g * b * factors[0]; }
  Tensor vjp_b(const Tensor& g, const Tensor& a, auto, auto) const { return g * a * factors[0]; }
};

/// One on a list, with several outputs.
struct Doubled {
  static constexpr const char* name = "doubled";
  static constexpr bool spreads_gradient = true;
  static constexpr tg::Reads reads = tg::kNone;
  std::vector<Tensor> forward(std::span<const Tensor> inputs) const {
    std::vector<Tensor> outputs;
    for (const Tensor& input : inputs) outputs.push_back(input * 2);
    return outputs;
  }
  Tensor vjp(std::size_t i, std::span<const Tensor> g, auto, auto) const {
    return g[i].defined() ? g[i] * 2 : tg::zeros(tg::Shape(), tg::float32);
  }
};

struct Arguments {
  Arguments() {
    tg::manual_seed(3);
    results.reserve(1);
  }

  Tensor x = (tg::manual_seed(2), tg::randn({2, 3})).requires_grad_();
  Tensor w = tg::randn({3, 3}).requires_grad_();
  Tensor row = tg::randn({3}).requires_grad_();
  Tensor classes = tg::tensor({2, 0});
  Tensor mask = tg::tensor({{true, false, true}, {true, true, true}});
  Tensor made = tg::sin(x);  // has a history
  Tensor number = tg::tensor(2.0);
  // What a caller makes is the caller's to fail.
  std::vector<Tensor> list{x, w, x};
  std::vector<float> elements{1, 2, 3};
  std::vector<Tensor> results;

  static Weighted weighted() {
    const faults::Spared spared;
    return {{3.0}};
  }
  void operator=(Tensor result) { results.push_back(std::move(result)); }

  /// Of everything there is, with the gradients of what has a history.
  Numbers numbers() const {
    Numbers numbers;
    faults::add_generator(numbers);
    for (const Tensor* each : {&x, &w, &row, &made, &number}) show(numbers, *each);
    for (const Tensor& result : results) show(numbers, result);
    return numbers;
  }

 private:
  void show(Numbers& numbers, const Tensor& tensor) const {
    faults::add(numbers, tensor);
    if (!tensor.defined()) return;
    numbers.push_back(static_cast<double>(tensor.version()));
    numbers.push_back(tensor.requires_grad() + 2 * tensor.is_leaf());
    if (tensor.is_leaf()) return faults::add(numbers, tensor.grad());
    tg::GradOptions options{.grad_outputs = {tg::ones_like(tensor)}};
    options.retain_graph = options.allow_unused = true;
    for (const Tensor& g : tg::grad({tensor}, {x, w, row}, options)) faults::add(numbers, g);
  }
};

using Call = void (*)(Arguments&);

constexpr std::pair<const char*, Call> calls[] = {
    {"tensor of a vector", [](Arguments& a) { a = tg::tensor(a.elements); }},
    {"full", [](Arguments& a) { a = tg::full({3}, 4); }},
    {"arange", [](Arguments& a) { a = tg::arange(4); }},
    {"a new shape",
     [](Arguments& a) {
       a = tg::ones({3, 1, 4, 1, 5, 9, 2, 6});
     }},
    {"randn", [](Arguments& a) { a = tg::randn({3}); }},
    {"randint", [](Arguments& a) { a = tg::randint(0, 9, {3}, tg::float32); }},
    {"randperm", [](Arguments& a) { a = tg::randperm(9); }},
    {"bernoulli", [](Arguments& a) { a = tg::bernoulli(0.5, {9}); }},
    {"normal", [](Arguments& a) { a = tg::normal(a.x, 2); }},
    {"poisson", [](Arguments& a) { a = tg::poisson(tg::ones({9})); }},
    {"multinomial", [](Arguments& a) { a = tg::multinomial(tg::ones({9}), 3); }},
    {"uniform_", [](Arguments& a) { tg::uniform_(a.number); }},
    {"add", [](Arguments& a) { a = a.x + a.x; }},
    {"add, broadcast", [](Arguments& a) { a = a.x + a.row; }},
    {"multiply by a number", [](Arguments& a) { a = a.x * 2; }},
    {"multiply, of another type", [](Arguments& a) { a = a.x * a.classes[0]; }},
    {"power", [](Arguments& a) { a = tg::pow(a.x, 2); }},
    {"a chain of temporaries", [](Arguments& a) { a = tg::exp(tg::sin(a.x * 2) + a.row); }},
    {"clamp", [](Arguments& a) { a = tg::clamp(a.x, -1, 1); }},
    {"compare", [](Arguments& a) { a = a.x > 0; }},
    {"where", [](Arguments& a) { a = tg::where(a.x > 0, a.x, a.row); }},
    {"to", [](Arguments& a) { a = a.x.to(tg::float64); }},
    {"clone", [](Arguments& a) { a = a.x.clone(); }},
    {"sum", [](Arguments& a) { a = a.x.sum(); }},
    {"mean", [](Arguments& a) { a = tg::mean(a.x, 1); }},
    {"amax", [](Arguments& a) { a = tg::amax(a.x, 1); }},
    {"std", [](Arguments& a) { a = tg::std(a.x, 1); }},
    {"argmax", [](Arguments& a) { a = tg::argmax(a.x, 1); }},
    {"matmul", [](Arguments& a) { a = tg::matmul(a.x, a.w); }},
    {"linear", [](Arguments& a) { a = tg::linear(a.x, a.w, a.row); }},
    {"transpose", [](Arguments& a) { a = tg::transpose(a.x, 0, 1); }},
    {"reshape",
     [](Arguments& a) {
       a = tg::reshape(a.x, {3, 2});
     }},
    {"narrow", [](Arguments& a) { a = tg::narrow(a.x, 1, 0, 2); }},
    {"index_select", [](Arguments& a) { a = tg::index_select(a.x, 1, a.classes); }},
    {"gather",
     [](Arguments& a) {
       a = tg::gather(a.x, 1, tg::reshape(a.classes, {2, 1}));
     }},
    {"cat", [](Arguments& a) { a = tg::cat(a.list); }},
    {"split",
     [](Arguments& a) {
       const std::vector<Tensor> parts = tg::split(a.x, 1, 1);
       a = parts[0] + parts[2];
     }},
    {"softmax", [](Arguments& a) { a = tg::softmax(a.x, 1); }},
    {"log_softmax", [](Arguments& a) { a = tg::log_softmax(a.x, 1); }},
    {"masked_softmax", [](Arguments& a) { a = tg::masked_softmax(a.x, a.mask, 1); }},
    {"cross_entropy", [](Arguments& a) { a = tg::cross_entropy(a.x, a.classes); }},
    {"layer_norm", [](Arguments& a) { a = tg::layer_norm(a.x, {3}, a.row, a.row); }},
    {"dropout", [](Arguments& a) { a = tg::dropout(a.x, 0.5); }},
    {"an operator of the user's", [](Arguments& a) { a = tg::apply(a.weighted(), a.x, a.x); }},
    {"one on a list",
     [](Arguments& a) {
       const std::vector<Tensor> outputs = tg::apply(Doubled(), std::span<const Tensor>(a.list));
       a = outputs[0] + outputs[2];
     }},
    {"add_", [](Arguments& a) { a.made.add_(a.row); }},
    {"mul_, which needs the old value", [](Arguments& a) { a.made.mul_(a.x); }},
    {"mul_ by itself", [](Arguments& a) { a.made.mul_(a.made); }},
    {"sub_, not recorded",
     [](Arguments& a) {
       const tg::NoGrad no_grad;
       a.row.sub_(a.x[0]);
     }},
    {"a number that becomes a fraction", [](Arguments& a) { a.number.mul_(1.5); }},
    {"clamp_", [](Arguments& a) { a.made.clamp_(-0.1, 0.1); }},
    {"exp_", [](Arguments& a) { tg::exp_(a.made); }},
    {"fill_", [](Arguments& a) { a.made.fill_(2); }},
    {"copy_", [](Arguments& a) { a.made.copy_(a.row); }},
    {"in place of what was moved", [](Arguments& a) { a.made = std::move(a.made) * a.row; }},
    {"to_", [](Arguments& a) { a.row.to_(tg::float64); }},
    {"retain_grad", [](Arguments& a) { a.made.retain_grad(); }},
    {"a scope",
     [](Arguments& a) {
       const tg::Scope outer("a scope with a name too long for a small string");
       a = a.x * 2;
     }},
};

}  // namespace

TEST_CASE("an operator that finds no memory has changed nothing, and can be called again") {
  for (const auto& [name, call] : calls) {
    CAPTURE(name);
    refuse_each<Arguments>(call);
  }
}
