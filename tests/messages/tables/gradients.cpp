// Gradients: where a graph ended, and graphs that cannot be walked.

#include "autograd/autograd.h"
#include "autograd/base/fail.h"
#include "autograd/ops/custom.h"
#include "autograd/scalar_op.h"
#include "nn/nn.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

namespace {

Tensor without_grad(const Tensor& t) {
  const tg::NoGrad no_grad;
  return t * 2;
}

struct Failing {
  static constexpr const char* name = "failing";
  static constexpr tg::Reads reads[] = {tg::kNone};
  Tensor forward(const Tensor& a) const { return a * 2; }
  Tensor vjp(const Tensor&, auto, auto) const {
    tg::fail<tg::ValueError>("failing: its rule fails");
  }
};

}  // namespace

messages::Sections messages::of_gradients() {
  return {
      {"A loss that was cut off",
       "Its message says where the graph ended. `without_grad(x)` computes in a "
       "`NoGrad` scope.",
       {
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at a detach(), which gradients do not pass",
               sum(x.detach()).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at a detach(), which gradients do not pass",
               const Tensor h = relu((x * 2).detach() * 3 + y);
               mean(square(matmul(h, y.t()))).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at a detach(), which gradients do not pass",
               Tensor total = tg::tensor(0.0);
               total += sum(x.detach()); total.backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at a detach(), which gradients do not pass",
               Tensor copy = tg::zeros({2, 3});
               copy.copy_(x.detach()); tg::cat({copy, y}).sum().backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "in a NoGrad scope, where nothing is recorded",
               sum(without_grad(x)).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "in a NoGrad scope, where nothing is recorded",
               Tensor loss;
               {
                 const tg::NoGrad no_grad;
                 loss = softmax(x, 1).sum();
               } loss.backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "in a NoGrad scope, where nothing is recorded",
               Tensor loss;
               {
                 const tg::NoGrad no_grad;
                 loss = full({2}, x.sum()).sum();
               } loss.backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at argmax or argmin, which have no gradient; amax and amin have one",
               mean(argmax(x, 1).to(tg::float32)).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at argmax or argmin, which have no gradient; amax and amin have one",
               x.argmax().backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at a comparison or a conversion to int64 or bool, which have no gradient; "
               "where() and clamp() have one",
               mean((x > 0.5).to(tg::float32)).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at a comparison or a conversion to int64 or bool, which have no gradient; "
               "where() and clamp() have one",
               sum((x > 0.5) & (y > 0)).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at a comparison or a conversion to int64 or bool, which have no gradient; "
               "where() and clamp() have one",
               sum(!(x > 0.5)).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at a comparison or a conversion to int64 or bool, which have no gradient; "
               "where() and clamp() have one",
               (sum(x.to(tg::int64)) * 0.5).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at argmax or argmin, which have no gradient; amax and amin have one",
               const Tensor hits = argmax(x, 1) == tg::tensor({0, 1});
               mean(hits.to(tg::float32)).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at a detach(), which gradients do not pass",
               full({2}, x.sum().detach()).sum().backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at argmax or argmin, which have no gradient; amax and amin have one",
               one_hot(argmax(x, 1), 3).to(tg::float32).sum().backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at a detach(), which gradients do not pass, and in a NoGrad scope, where "
               "nothing is recorded",
               sum(without_grad(x) + x.detach()).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: nothing that it "
               "was computed from does; call requires_grad_() on the leaves, or unfreeze the "
               "model",
               nn::Linear layer(3, 2);
               nn::freeze(layer); mean(layer(y)).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: nothing that it "
               "was computed from does; call requires_grad_() on the leaves, or unfreeze the "
               "model",
               Tensor leaf = x.detach().clone().requires_grad_();
               sum(leaf.requires_grad_(false) * 2).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: it is int64, and "
               "only float32 and float64 have gradients",
               ints.sum().backward()),
       }},
      {"Where a plain number is read, no history is dropped",
       "",
       {
           TAPEGRAD_MISTAKE(GradError,
                            "full: value requires gradients, which do not pass this function; take "
                            "value.detach(), or expand(value, shape), which is recorded",
                            full({2}, x.sum())),
           TAPEGRAD_MISTAKE(
               GradError,
               "full_like: value requires gradients, which do not pass this function; take "
               "value.detach(), or expand(value, shape), which is recorded",
               full_like(y, x.sum())),
           TAPEGRAD_MISTAKE(GradError,
                            "arange: end requires gradients, which do not pass this function; take "
                            "end.detach(), or expand(end, shape), which is recorded",
                            arange(x.sum())),
       }},
      {"Gradients of gradients",
       "",
       {
           TAPEGRAD_MISTAKE(
               GradError,
               "grad: output 0 of shape [] does not require gradients: its graph ended at a "
               "gradient that was computed without create_graph = true; pass that to the "
               "grad() or backward() that gave it",
               const Tensor first = grad(sum(x * x * x), x);
               grad(sum(first * first), x)),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at a gradient that was computed without create_graph = true; pass that to the "
               "grad() or backward() that gave it",
               Tensor w = tg::ones({2}).requires_grad_();
               sum(w * w * w).backward(); sum(w.grad()).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the tensor of shape [] does not require gradients: its graph ended "
               "at a gradient that was computed without create_graph = true; pass that to the "
               "grad() or backward() that gave it",
               Tensor w = tg::ones({2}).requires_grad_();
               const Tensor seed = tg::ones({2}); (w + 0).backward(seed); sum(w.grad()).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "cube: its derivative of order 3 is asked for, but it is compiled up to order 2; "
               "write scalar_op<3>(f) in place of scalar_op(f)",
               const auto cube = tg::scalar_op([](auto a) { return a * a * a; }, "cube");
               Tensor slope = cube(x); for (int order = 1; order < 4; ++order) slope =
                                           grad(sum(slope), x, {.create_graph = true})),
       }},
      {"What backward() and grad() are given",
       "",
       {
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: a gradient can be left out only for a tensor of one element, not "
               "for shape [2, 3]; reduce it with sum() or mean(), or pass a gradient of this "
               "shape",
               (x * 2).backward()),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "backward: the gradient has shape [3] but the tensor has shape [2, 3]; they "
               "must be the same",
               (x * 2).backward(tg::ones({3}))),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "backward: the gradient is float64 but the tensor is float32; convert one of "
               "them with to()",
               (x * 2).backward(wide)),
           TAPEGRAD_MISTAKE(
               GradError,
               "grad: input 0 of shape [2, 3] does not require gradients: its graph ended at "
               "a detach(), which gradients do not pass",
               grad(sum(x * x), x.detach())),
           TAPEGRAD_MISTAKE(
               GradError,
               "grad: the outputs do not depend on input 1 of shape [2]; pass allow_unused = "
               "true to get zeros for it",
               tg::grad({sum(x)}, {x, tg::ones({2}).requires_grad_()})),
           TAPEGRAD_MISTAKE(GradError,
                            "grad: 2 outputs but 1 grad_outputs; give one for each output",
                            tg::grad({sum(x), x}, {x}, {.grad_outputs = {tg::tensor(1.0)}})),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "backward: the gradient of a tensor of shape [2] was converted to float64, but "
               "the tensor is float32; drop it with zero_grad(), or convert the tensor itself "
               "with to_()",
               Tensor w = tg::ones({2}).requires_grad_();
               sum(w).backward(); Tensor gradient = w.grad(); gradient.to_(tg::float64);
               sum(w).backward()),
       }},
      {"Graphs that cannot be walked any more",
       "`Failing` is an operator whose rule throws.",
       {
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the graph of 'sum' (output []) was released by an earlier backward; "
               "pass retain_graph = true to that one to walk the graph again, or, where a "
               "state is carried from one step to the next, detach() it between the steps",
               Tensor w = tg::ones({2, 3}).requires_grad_();
               const Tensor loss = sum(w * w); loss.backward(); loss.backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: the graph of 'mul' (output [2, 3]) was released by an earlier "
               "backward; pass retain_graph = true to that one to walk the graph again, or, "
               "where a state is carried from one step to the next, detach() it between the "
               "steps [in cell]",
               Tensor w = tg::ones({2, 3}).requires_grad_(), state = tg::ones({2, 3});
               for (int step = 0; step < 2; ++step) {
                 const tg::Scope scope("cell");
                 state = state * w;
                 sum(state).backward();
               }),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: a value of shape [2] that 'exp' (output [2]) saved for its gradient "
               "was changed in place afterwards by 'add_': it had version 0 and has 1 now; "
               "change a clone() instead",
               Tensor w = tg::ones({2}).requires_grad_();
               Tensor h = exp(w); const Tensor loss = sum(h); h.add_(1); loss.backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: a value of shape [2] that 'mul' (output [2]) saved for its gradient "
               "has other elements now, written past the library; do not keep the span that "
               "write() gives, and do not change what from_blob() shows or to_dlpack() handed "
               "out before backward(): compute with a clone()",
               std::vector<float> memory{1, 2};
               const Tensor shown = tg::from_blob(memory.data(), {2});
               const Tensor loss = sum(x.sum() * shown); memory[0] = 3; loss.backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: an earlier backward through 'sum' (output []) was ended by an error "
               "after it had released a part of the graph; compute the graph again, or pass "
               "retain_graph = true to a backward that is to be tried twice",
               const Tensor loss = sum(tg::apply(Failing{}, x * 2) * 2);
               try { loss.backward(); } catch (const tg::Error&) {} loss.backward()),
       }},
  };
}
