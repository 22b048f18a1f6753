// Operators of programs, checks of gradients, and what is stopped.

#include <atomic>

#include "autograd/autograd.h"
#include "autograd/base/fail.h"
#include "autograd/ops/custom.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
using tg::Tensor;

namespace {

struct Wrong {
  static constexpr const char* name = "wrong";
  static constexpr tg::Reads reads[] = {tg::kNone};
  tg::Shape shape = {};
  bool undefined = false;
  static constexpr void visit(auto& op, auto f) {
    f("shape", op.shape);
    f("undefined", op.undefined);
  }
  Tensor forward(const Tensor& a) const { return a * 2; }
  Tensor vjp(const Tensor&, auto, auto) const { return undefined ? Tensor() : tg::ones(shape); }
};

struct Integers {
  static constexpr const char* name = "integers";
  static constexpr tg::Reads reads[] = {tg::kNone};
  Tensor forward(const Tensor& a) const { return a.to(tg::int64); }
  Tensor vjp(const Tensor& g, auto, auto) const { return g; }
};

struct ListOperator {
  static constexpr const char* name = "list";
  static constexpr tg::Reads reads = tg::kA;
  Tensor forward(std::span<const Tensor> a) const { return a[0] * 2; }
  Tensor vjp(std::size_t, const Tensor&, const tg::SavedList& a, auto) const { return a[5]; }
};

struct Halve {
  static constexpr const char* name = "halve";
  void update(auto& p, auto) const { p = p * 0.5; }
};

using List = std::span<const Tensor>;
const auto no_rule = [](const Tensor&, List, const Tensor&) { return std::vector<Tensor>(); };
const auto no_rules = [](List, List, List) { return std::vector<Tensor>(); };

}  // namespace

messages::Sections messages::of_checks() {
  return {
      {"Operators of your own",
       "The rules of these structs are wrong in the way that the message says.",
       {
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the rule of 'wrong' (output [2, 3]) for its input 0 returned a "
               "tensor of shape [5] and type float32; it must return a floating-point gradient "
               "that fits the input's shape [2, 3]",
               sum(tg::apply(Wrong{.shape = {5}}, x)).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the rule of 'wrong' (output [2, 3]) for its input 0 returned a "
               "tensor of shape [1, 3] and type float32; it must return a floating-point gradient "
               "that fits the input's shape [2, 3]",
               sum(tg::apply(Wrong{.shape = {1, 3}}, x)).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the rule of 'wrong' (output [2, 3]) for its input 0 returned an "
               "undefined tensor; it must return a floating-point gradient that fits the "
               "input's shape [2, 3]",
               sum(tg::apply(Wrong{.undefined = true}, x)).backward()),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "integers: an operator on tensors that require gradients must return float32 "
               "or float64, not int64",
               tg::apply(Integers{}, x)),
           TAPEGRAD_MISTAKE(IndexError, "list: its rule asks for input 5 of 1",
                            sum(tg::apply(ListOperator{}, std::vector<Tensor>{x})).backward()),
           TAPEGRAD_MISTAKE(ValueError, "tanh: its rule was made to throw",
                            const tg::BrokenRule broken("tanh", tg::RuleBreak::throws);
                            sum(tanh(x)).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "halve: the parameter of shape [2, 3] was made by an operator, whose gradient "
               "would not know of the update; do it inside a NoGrad scope, or on a detach()ed "
               "tensor",
               Tensor p = x * 2;
               tg::update(Halve{}, p, y)),
       }},
      {"Operators made of closures",
       "`no_rule` and `no_rules` return an empty list; `List` is `std::span<const Tensor>`.",
       {
           TAPEGRAD_MISTAKE(
               ValueError,
               "custom_op: the name is empty; errors and pictures call the operator by it",
               tg::custom_op("", tg::tanh, no_rule)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "custom_op: cube: reads is kA for all inputs, kY for the outputs, their sum, or kNone",
               tg::custom_op("cube", tg::tanh, no_rule, {.reads = tg::kB})),
           TAPEGRAD_MISTAKE(ValueError,
                            "custom_op: a function is empty; an operator has a forward and a vjp",
                            std::function<Tensor(const Tensor&)> forward;
                            tg::custom_op("cube", forward, no_rule)),
           TAPEGRAD_MISTAKE(
               GradError,
               "flat: its forward changed input 0 of shape [2, 3] in place, which is not its own; let "
               "it change a clone()",
               const auto flat = tg::custom_op(
                   "flat",
                   [](const Tensor& t) {
                     Tensor u = t;
                     u.mul_(1);
                     return u;
                   },
                   no_rule);
               flat(y * 1)),
           TAPEGRAD_MISTAKE(ValueError, "flat: it got 2 tensors, and takes 1",
                            tg::custom_op("flat", tg::tanh, no_rule)(x, y)),
           TAPEGRAD_MISTAKE(ValueError, "nothing: its forward returned no tensor",
                            const auto nothing = tg::custom_op(
                                "nothing", [](List) { return std::vector<Tensor>(); }, no_rules);
                            nothing(x)),
           TAPEGRAD_MISTAKE(
               GradError,
               "flat: its vjp returned 0 cotangents for 1 inputs; return one for each, the "
               "undefined tensor for zeros",
               const auto flat = tg::custom_op("flat", tg::tanh, no_rule);
               sum(flat(x)).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "sums: its jvp returned a tangent of shape [] for an output of shape [2, 3]",
               const auto sums = tg::custom_op(
                   "sums", tg::tanh, no_rule,
                   [](const Tensor& t, const Tensor&, const Tensor&) { return sum(t); });
               tg::jvp([&](const Tensor& t) { return sums(t); }, x, y)),
       }},
      {"Checks of gradients",
       "",
       {
           TAPEGRAD_MISTAKE(
               DTypeError,
               "gradcheck: input 0 of shape [2, 3] is float32, which is too coarse for "
               "differences; convert it with to(float64)",
               tg::gradcheck(tg::tanh, x)),
           TAPEGRAD_MISTAKE(
               GradError,
               "gradcheck: no input requires gradients; call requires_grad_() on those to "
               "check",
               tg::gradcheck(tg::tanh, wide)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "gradcheck: rtol, atol and step must be positive, got 0, 1e-09 and 0.015625",
               tg::gradcheck(tg::tanh, wide, {.rtol = 0})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "gradcheck: exhaustive must be at least 0 and directions at least 1, got 400 "
               "and 0",
               tg::gradcheck(tg::tanh, wide, {.directions = 0})),
           TAPEGRAD_MISTAKE(ValueError, "gradcheck: the function returned the undefined tensor",
                            tg::gradcheck([](const Tensor&) { return Tensor(); },
                                          tg::ones({2}, tg::float64).requires_grad_())),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "gradcheck: the function returned float32 for float64 inputs; differences need "
               "float64",
               tg::gradcheck([](const Tensor& t) { return t.to(tg::float32); },
                             tg::ones({2}, tg::float64).requires_grad_())),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "gradcheck: the function returned 1 elements for one input and 2 for another",
               tg::gradcheck(
                   [](const Tensor& t) {
                     return t.detach().item() == 1 ? t : tg::cat({t, t});
                   },
                   tg::ones({1}, tg::float64).requires_grad_())),
           TAPEGRAD_MISTAKE(
               ValueError,
               "verify: \"cube\" has no case; give at least one, with the inputs to check it on",
               tg::verify({"cube", {}})),
           TAPEGRAD_MISTAKE(ValueError,
                            "verify: case \"a matrix\" of \"cube\" has no function to call",
                            tg::verify({"cube", {{"a matrix", {x}, nullptr}}})),
       }},
      {"Stopped",
       "",
       {
           TAPEGRAD_MISTAKE(CancelledError, "add: the computation was cancelled",
                            std::atomic<bool> stop = true;
                            const tg::CancelScope scope(stop); x + y),
       }},
  };
}
