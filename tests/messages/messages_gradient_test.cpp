// What is said about gradients that cannot be computed: where the graph ended, and the way out.

#include <utility>

#include "autograd/ops/custom.h"
#include "nn/nn.h"
#include "tests/messages/messages.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using messages::mistake;
using messages::World;
using tg::GradError;
using tg::Tensor;

namespace {

const std::string kNoHistory = "backward: the tensor of shape [] does not require gradients: ";
const std::string kDetached =
    kNoHistory + "its graph ended at a detach(), which gradients do not pass";
const std::string kNoGrad =
    kNoHistory + "its graph ended in a NoGrad scope, where nothing is recorded";
const std::string kChosen =
    kNoHistory +
    "its graph ended at argmax or argmin, which have no gradient; amax and amin have one";
const std::string kRounded =
    kNoHistory +
    "its graph ended at a comparison or a conversion to int64 or bool, which have no gradient; "
    "where() and clamp() have one";
const std::string kFrozen =
    kNoHistory +
    "nothing that it was computed from does; call requires_grad_() on the leaves, or unfreeze the "
    "model";
std::string released(const char* output) {
  return fmt::format(
      "backward: the graph of {} was released by an earlier backward; pass retain_graph = true to "
      "that one to walk the graph again, or, where a state is carried from one step to the next, "
      "detach() it between the steps",
      output);
}

Tensor without_grad(const Tensor& x) {
  const tg::NoGrad no_grad;
  return x * 2;
}

}  // namespace

TEST_CASE("a loss that was cut off says where its graph ended") {
  messages::check({
      mistake<GradError>("detach", kDetached, [](World& w) { sum(w.x.detach()).backward(); }),
      mistake<GradError>("detach, and much after it", kDetached,
                         [](World& w) {
                           const Tensor h = relu((w.x * 2).detach() * 3 + w.y);
                           mean(square(matmul(h, w.y.t()))).backward();
                         }),
      mistake<GradError>("detach, collected in place", kDetached,
                         [](World& w) {
                           Tensor total = tg::tensor(0.0);
                           total += sum(w.x.detach());
                           total.backward();
                         }),
      mistake<GradError>("detach, copied", kDetached,
                         [](World& w) {
                           Tensor copy = tg::zeros({2, 3});
                           copy.copy_(w.x.detach());
                           tg::cat({copy, w.y}).sum().backward();
                         }),
      mistake<GradError>("NoGrad", kNoGrad, [](World& w) { sum(without_grad(w.x)).backward(); }),
      mistake<GradError>("NoGrad, structured", kNoGrad,
                         [](World& w) {
                           Tensor y;
                           {
                             const tg::NoGrad no_grad;
                             y = softmax(w.x, 1);
                           }
                           y.sum().backward();
                         }),
      mistake<GradError>("argmax", kChosen,
                         [](World& w) { mean(argmax(w.x, 1).to(tg::float32)).backward(); }),
      mistake<GradError>("argmax over all", kChosen, [](World& w) { w.x.argmax().backward(); }),
      mistake<GradError>("a comparison", kRounded,
                         [](World& w) { mean((w.x > 0.5).to(tg::float32)).backward(); }),
      mistake<GradError>("logic", kRounded,
                         [](World& w) { sum(!(w.x > 0.5) & (w.y > 0)).backward(); }),
      mistake<GradError>("to(int64)", kRounded,
                         [](World& w) { (sum(w.x.to(tg::int64)) * 0.5).backward(); }),
      mistake<GradError>("an accuracy as a loss", kChosen,
                         [](World& w) {
                           const Tensor hits = argmax(w.x, 1) == tg::tensor({0, 1});
                           mean(hits.to(tg::float32)).backward();
                         }),
      mistake<GradError>("detach, filled in", kDetached,
                         [](World& w) { full({2}, w.x.sum().detach()).sum().backward(); }),
      mistake<GradError>("NoGrad, filled in", kNoGrad,
                         [](World& w) {
                           Tensor y;
                           {
                             const tg::NoGrad no_grad;
                             y = full({2}, w.x.sum());
                           }
                           y.sum().backward();
                         }),
      mistake<GradError>(
          "one_hot", kChosen,
          [](World& w) { one_hot(argmax(w.x, 1), 3).to(tg::float32).sum().backward(); }),
      mistake<GradError>("two ends",
                         kNoHistory +
                             "its graph ended at a detach(), which gradients do not pass, and in a "
                             "NoGrad scope, where nothing is recorded",
                         [](World& w) { sum(without_grad(w.x) + w.x.detach()).backward(); }),
      mistake<GradError>("a frozen model", kFrozen,
                         [](World& w) {
                           const nn::Linear layer(3, 2);
                           Tensor weight = layer.weight, bias = layer.bias;
                           weight.requires_grad_(false);
                           bias.requires_grad_(false);
                           mean(layer(w.y)).backward();
                         }),
      mistake<GradError>("a leaf frozen again", kFrozen,
                         [](World& w) {
                           Tensor leaf = w.x.detach().clone().requires_grad_();
                           sum(leaf.requires_grad_(false) * 2).backward();
                         }),
      mistake<GradError>("whole numbers",
                         kNoHistory + "it is int64, and only float32 and float64 have gradients",
                         [](World& w) { w.ints.sum().backward(); }),
  });
}

TEST_CASE("what reads a plain number does not drop a history") {
  const auto text = [](const char* name, const char* what) {
    return fmt::format(
        "{}: {} requires gradients, which do not pass this function; take {}.detach(), or "
        "expand({}, shape), which is recorded",
        name, what, what, what);
  };
  messages::check({
      mistake<GradError>("full", text("full", "value"), [](World& w) { full({2}, w.x.sum()); }),
      mistake<GradError>("full_like", text("full_like", "value"),
                         [](World& w) { full_like(w.y, w.x.sum()); }),
      mistake<GradError>("arange", text("arange", "end"), [](World& w) { arange(w.x.sum()); }),
  });
  const Tensor x = tg::tensor(2.0).requires_grad_();
  const tg::NoGrad no_grad;
  CHECK(full({2}, x).sum().item() == 4);
  CHECK(arange(x).numel() == 2);
}

TEST_CASE("a gradient of a gradient that was not recorded names create_graph") {
  const std::string text =
      " does not require gradients: its graph ended at a gradient that was computed without "
      "create_graph = true; pass that to the grad() or backward() that gave it";
  messages::check({
      mistake<GradError>("grad of grad", "grad: output 0 of shape []" + text,
                         [](World& w) {
                           const Tensor first = grad(sum(w.x * w.x * w.x), w.x);
                           grad(sum(first * first), w.x);
                         }),
      mistake<GradError>("backward of grad()", "backward: the tensor of shape []" + text,
                         [](World&) {
                           Tensor x = tg::ones({2}).requires_grad_();
                           sum(x * x * x).backward();
                           sum(x.grad()).backward();
                         }),
      mistake<GradError>("backward of a gradient that was shared",
                         "backward: the tensor of shape []" + text,
                         [](World&) {
                           Tensor x = tg::ones({2}).requires_grad_();
                           const Tensor seed = tg::ones({2});
                           (x + 0).backward(seed);
                           sum(x.grad()).backward();
                         }),
  });
  // What the user gave as a seed is no gradient of a walk.
  Tensor x = tg::ones({2}).requires_grad_();
  const Tensor seed = tg::ones({2});
  (x + 0).backward(seed);
  CHECK_THROWS_WITH(sum(seed).backward(),
                    Catch::Matchers::ContainsSubstring("nothing that it was"));
}

TEST_CASE("an error of grad says which input or output, and why") {
  messages::check({
      mistake<GradError>("a detached input",
                         "grad: input 0 of shape [2, 3] does not require gradients: its graph "
                         "ended at a detach(), which gradients do not pass",
                         [](World& w) { grad(sum(w.x * w.x), w.x.detach()); }),
      mistake<GradError>("an input that is not used",
                         "grad: the outputs do not depend on input 1 of shape [2]; pass "
                         "allow_unused = true to get zeros for it",
                         [](World& w) {
                           tg::grad({sum(w.x)}, {w.x, tg::ones({2}).requires_grad_()});
                         }),
      mistake<GradError>("too few grad_outputs",
                         "grad: 2 outputs but 1 grad_outputs; give one for each output",
                         [](World& w) {
                           tg::grad({sum(w.x), w.x}, {w.x}, {.grad_outputs = {tg::tensor(1.0)}});
                         }),
      mistake<GradError>("several elements and no gradient",
                         "backward: a gradient can be left out only for a tensor of one element, "
                         "not for shape [2, 3]; reduce it with sum() or mean(), or pass a gradient "
                         "of this shape",
                         [](World& w) { (w.x * 2).backward(); }),
      mistake<tg::ShapeError>("a gradient of another shape",
                              "backward: the gradient has shape [3] but the tensor has shape "
                              "[2, 3]; they must be the same",
                              [](World& w) { (w.x * 2).backward(tg::ones({3})); }),
      mistake<tg::DTypeError>("a gradient of another type",
                              "backward: the gradient is float64 but the tensor is float32; "
                              "convert one of them with to()",
                              [](World& w) { (w.x * 2).backward(w.wide); }),
  });
}

TEST_CASE("a graph that was released says how to keep it, and how to do without") {
  messages::check({
      mistake<GradError>("backward twice", released("'sum' (output [])"),
                         [](World&) {
                           Tensor x = tg::ones({2, 3}).requires_grad_();
                           const Tensor loss = sum(x * x);
                           loss.backward();
                           loss.backward();
                         }),
      mistake<GradError>("a recurrent state that was not detached",
                         released("'mul' (output [2, 3])") + " [in cell]",
                         [](World&) {
                           Tensor w = tg::ones({2, 3}).requires_grad_();
                           Tensor state = tg::ones({2, 3});
                           for (int step = 0; step < 2; ++step) {
                             const tg::Scope scope("cell");
                             state = state * w;
                             sum(state).backward();
                           }
                         }),
  });
}

TEST_CASE("allow_unused gives zeros for what is constant") {
  const Tensor x = tg::ones({2, 3}, tg::float64).requires_grad_();
  const Tensor other = tg::ones({2}).requires_grad_();
  const Tensor first = grad(sum(3 * x), x, {.create_graph = true});
  const Tensor second = grad(sum(first), x, {.allow_unused = true});
  CHECK(equal(second, tg::zeros({2, 3}, tg::float64)));
  const auto both = tg::grad({sum(x * x), sum(first)}, {x, other}, {.allow_unused = true});
  CHECK(equal(both[0], tg::full({2, 3}, 2.0, tg::float64)));
  CHECK(equal(both[1], tg::zeros({2})));
  // A wrong gradient is an error all the same.
  CHECK_THROWS_AS(tg::grad({first}, {x}, {.grad_outputs = {other}, .allow_unused = true}),
                  tg::ShapeError);
}

TEST_CASE("where a graph ended is forgotten by what has a history again") {
  Tensor x = tg::ones({2}).requires_grad_();
  Tensor y = x.detach() * 2;
  y += x;
  sum(y).backward();
  CHECK(equal(x.grad(), tg::ones({2})));
  // An operator with one recorded input is recorded.
  sum(x.detach() * x).backward();
  CHECK(equal(x.grad(), tg::full({2}, 2.0)));
}
