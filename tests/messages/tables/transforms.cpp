// Transforms of functions.

#include "autograd/autograd.h"
#include "autograd/base/fail.h"
#include "autograd/ops/custom.h"
#include "nn/nn.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

namespace {

using Tensors = std::vector<Tensor>;

/// Has a rule for walks only.
struct Backwards {
  static constexpr const char* name = "failing";
  static constexpr tg::Reads reads[] = {tg::kNone};
  Tensor forward(const Tensor& a) const { return a * 2; }
  Tensor vjp(const Tensor&, auto, auto) const {
    tg::fail<tg::ValueError>("failing: its rule fails");
  }
};

/// Cannot be copied.
struct Secret {
  static constexpr const char* name = "secret";
  static constexpr bool opaque = true;
  static constexpr tg::Reads reads[] = {tg::kNone};
  explicit Secret(double by) : factor(by) {}
  Secret(Secret&&) = default;
  double factor;
  Tensor forward(const Tensor& a) const { return a * factor; }
  Tensor vjp(const Tensor& g, auto, auto) const { return g * factor; }
};

const auto twice = [](const Tensor& t) { return 2 * t; };
const auto both = [](const Tensors& t) { return t; };
const auto total = [](const Tensor& t) { return tg::sum(t); };
const auto loss = [](const Tensor& a, const Tensor& b) { return tg::cross_entropy(a, b); };

nn::Linear layer() { return nn::Linear{2, 3}; }

}  // namespace

messages::Sections messages::of_transforms() {
  return {
      {"Directions of jvp()",
       "`Backwards` is an operator with a rule for `backward()` alone.",
       {
           TAPEGRAD_MISTAKE(DTypeError,
                            "jvp: input 0 is int64; only float32 and float64 have derivatives",
                            tg::jvp(tg::tanh, ints, ints)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "jvp: the direction of input 0 has shape [3], but the input has shape [2, 3]",
               tg::jvp(tg::tanh, x, tg::ones({3}))),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "jvp: the direction of input 0 is float64, but the input is float32; convert "
               "it with to()",
               tg::jvp(tg::tanh, x, wide)),
           TAPEGRAD_MISTAKE(ValueError, "jvp: 2 inputs, but 1 directions; each input needs one",
                            tg::jvp([](const std::vector<Tensor>& t) { return t; }, {x, y}, {x})),
           TAPEGRAD_MISTAKE(
               GradError,
               "failing: it has no forward-mode rule; give its struct one (jvp, or linear, "
               "bilinear or symmetric = true; custom.h), or use grad()",
               tg::jvp([](const Tensor& t) { return tg::apply(Backwards{}, t); }, x, y)),
           TAPEGRAD_MISTAKE(
               GradError,
               "jvp: a tensor that has a tangent was changed past the operators (by write, "
               "set or the step of an optimizer), so that nobody knows its derivative; "
               "compute a new tensor, or change it before",
               tg::jvp(
                   [](const Tensor& t) {
                     Tensor u = t * 1;
                     u.write<float>([](auto) {});
                     return u;
                   },
                   y, y)),
           TAPEGRAD_MISTAKE(
               GradError,
               "add_: in forward mode a tensor of shape [2, 3] whose memory another one shows "
               "(reshape, narrow, detach) cannot be changed in place; use the form without "
               "underscore, clone() first, or put pieces together by cat or stack",
               tg::jvp(
                   [](const Tensor& t) {
                     Tensor u = t * 1;
                     const Tensor view = u.reshape({6});
                     u.add_(1);
                     return u + view.sum();
                   },
                   x, y)),
       }},
      {"Gradients of functions",
       "`total` is the sum of a tensor, `twice` doubles it, and `both` returns its list.",
       {
           TAPEGRAD_MISTAKE(
               GradError,
               "grad: the function returns a tensor of shape [2, 3], and only one number has a "
               "gradient; reduce it with sum() or mean(), or take jacobian() or vjp()",
               tg::grad(twice)(x)),
           TAPEGRAD_MISTAKE(
               GradError,
               "grad_and_value: the function returns 2 tensors, and only one number has a gradient; "
               "reduce it with sum() or mean(), or take jacobian() or vjp()",
               tg::grad_and_value(both)(Tensors{x, y})),
           TAPEGRAD_MISTAKE(DTypeError,
                            "grad: input 0 is int64; only float32 and float64 have derivatives",
                            tg::grad(total)(ints)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "grad: the function returns int64; only float32 and float64 have gradients",
               tg::grad([](const Tensor& t) { return tg::argmax(t); })(x)),
           TAPEGRAD_MISTAKE(ValueError, "vjp: 1 outputs, but 2 cotangents; each output needs one",
                            tg::vjp(both, Tensors{x}).second(Tensors{x, y})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "vjp: the cotangent of output 0 has shape [3], but the output has shape [2, 3]",
               tg::vjp(twice, x).second(tg::ones({3}))),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "vjp: the cotangent of output 0 is float64, but the output is float32; convert it "
               "with to()",
               tg::vjp(twice, x).second(wide)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "hvp: the direction of input 0 has shape [3], but the input has shape [2, 3]",
               tg::hvp(total, x, tg::ones({3}))),
       }},
      {"Jacobians and Hessians",
       "",
       {
           TAPEGRAD_MISTAKE(
               ShapeError,
               "jacobian: outputs of shape [1, 1, 1, 1, 1] and inputs of shape [1, 1, 1, 1, 1] make "
               "a rank over 8; make one vector of each by reshape, or of all inputs by "
               "flatten_parameters",
               tg::jacobian(twice, tg::ones({1, 1, 1, 1, 1}))),
           TAPEGRAD_MISTAKE(ValueError,
                            "hessian: chunk_size is 0; it is a number of columns or rows",
                            tg::hessian(total, x, {.chunk_size = 0})),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "jacobian: the function returns bool; only float32 and float64 have derivatives",
               tg::jacobian([](const Tensor& t) { return t > 0; }, x)),
           TAPEGRAD_MISTAKE(
               GradError,
               "hessian: the function returns a tensor of shape [2, 3], and only one number has a "
               "gradient; reduce it with sum() or mean(), or take jacobian() or vjp()",
               tg::hessian(twice, x)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "sparse_jacobian: the pattern has 6 columns, but the input has 3 elements",
               tg::sparse_jacobian(twice, tg::ones({3}),
                                   {.pattern = tg::sparse_jacobian(twice, x).pattern})),
           TAPEGRAD_MISTAKE(
               ValueError, "sparse_hessian: the pattern is that of a Jacobian",
               tg::sparse_hessian(total, y, {.pattern = tg::sparse_jacobian(twice, y).pattern})),
           TAPEGRAD_MISTAKE(
               ValueError, "sparse_jacobian: the pattern is that of a Hessian",
               tg::sparse_jacobian(twice, y, {.pattern = tg::sparse_hessian(total, y).pattern})),
           TAPEGRAD_MISTAKE(ValueError,
                            "sparse_jacobian: chunk_size is -1; it is a number of directions",
                            tg::sparse_jacobian(twice, x, {.chunk_size = -1})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "sparse_jacobian: the function returns 2 tensors; put them together by cat",
               tg::sparse_jacobian(
                   [](const Tensor& t) {
                     return Tensors{t, t};
                   },
                   x)),
           TAPEGRAD_MISTAKE(
               GradError,
               "sparsity: a tensor that depends on the input was changed past the operators (by "
               "write, set or the step of an optimizer), so that nobody knows on what it depends; "
               "compute a new tensor, or change it before",
               tg::sparse_jacobian(
                   [](const Tensor& t) {
                     Tensor u = t * 1;
                     u.write<float>([](auto) {});
                     return u * 1;
                   },
                   y)),
       }},
      {"Lists as one vector",
       "",
       {
           TAPEGRAD_MISTAKE(ValueError, "flatten_parameters: the list is empty",
                            tg::flatten_parameters({})),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "flatten_parameters: tensor 1 is float64, and those before are float32; convert them "
               "with to()",
               tg::flatten_parameters({x, wide})),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "unflatten: the vector has shape [5], but 2 tensors of together 12 elements were made "
               "one",
               tg::flatten_parameters({x, y}).second(tg::ones({5}))),
       }},
      {"vmap",
       "`Secret` is an operator that is opaque and cannot be copied.",
       {
           TAPEGRAD_MISTAKE(
               ShapeError,
               "vmap: input 0 is a number (0-d), which has no entries; its in_dims is std::nullopt",
               tg::vmap(twice)(tg::tensor(1.0))),
           TAPEGRAD_MISTAKE(ShapeError,
                            "vmap: input 1 of shape [3] has 3 entries, and those before have 2",
                            tg::vmap(loss)(x, ints)),
           TAPEGRAD_MISTAKE(ValueError,
                            "vmap: none of its 1 inputs has entries; one of in_dims is a dimension",
                            tg::vmap(twice, {.in_dims = {std::nullopt}})(x)),
           TAPEGRAD_MISTAKE(ValueError,
                            "vmap: 1 inputs, but 2 in_dims; give one for each, or one for all",
                            tg::vmap(twice, {.in_dims = {0, 1}})(x)),
           TAPEGRAD_MISTAKE(ValueError,
                            "vmap: 1 results, but 2 out_dims; give one for each, or one for all",
                            tg::vmap(twice, {.out_dims = {0, 1}})(x)),
           TAPEGRAD_MISTAKE(ValueError,
                            "vmap: chunk_size is -2; it is a number of entries, or 0 for all",
                            tg::vmap(twice, {.chunk_size = -2})(x)),
           TAPEGRAD_MISTAKE(
               GradError,
               "vmap: the function looks at elements (item, data, print, a comparison of whole "
               "tensors) that differ from entry to entry, and would see those of one entry only; "
               "choose by where() instead of if, or loop over the entries",
               tg::vmap([](const Tensor& t) { return t * t.item(); })(ints)),
           TAPEGRAD_MISTAKE(
               GradError,
               "vmap: a tensor that differs from entry to entry was changed past the operators (by "
               "write, set or the step of an optimizer), which reaches one entry only; compute a new "
               "tensor, or change it before",
               tg::vmap([](Tensor t) {
                 t.fill_(0).write<float>([](auto) {});
                 return t * 1;
               })(y)),
           TAPEGRAD_MISTAKE(
               GradError,
               "add_: within vmap a tensor of shape [3] that is the same for all entries would be "
               "changed by one that differs from entry to entry; use the form without underscore, or "
               "begin with a tensor that has entries",
               tg::vmap([](const Tensor& t) {
                 Tensor sum = tg::zeros({3});
                 sum += t;
                 return sum;
               })(y)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "vmap: the function draws random numbers, and every entry would get the same; draw "
               "them before, as an input with entries, or say so: {.randomness = "
               "Randomness::same}",
               tg::vmap([](const Tensor& t) { return tg::dropout(t, 0.5); })(y)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "nonzero: its result has shape [2] for the first entry and [1] for entry 1, and "
               "what is put together must not have a shape that depends on elements",
               tg::vmap([](const Tensor& t) { return tg::masked_select(t, t > 0); })(
                   tg::tensor({{1.0, 2.0}, {1.0, -1.0}}))),
           TAPEGRAD_MISTAKE(
               GradError,
               "vmap: an operator holds a tensor that differs from entry to entry (a closure of "
               "custom_op or of a solver captures it, or a struct has it as a member), and would "
               "use that of one entry; make it an input of the operator",
               tg::vmap([](const Tensor& t) {
                 const auto times = tg::custom_op(
                     "times", [=](const Tensor& u) { return t * u; },
                     [](const Tensor& g, const Tensor&, const Tensor&) { return g; });
                 return times(tg::ones({3})) * 1;
               })(y)),
           TAPEGRAD_MISTAKE(
               GradError,
               "backward: within vmap the gradient of a leaf of shape [2, 3] that is the same for "
               "all entries differs from entry to entry; return what grad() gives, and sum that, or "
               "loop",
               tg::vmap([&](const Tensor& t) {
                 tg::sum(x * t).backward();
                 return t;
               })(y)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "secret: vmap cannot call it for each entry, because its struct is opaque and cannot "
               "be copied; show its members by visit (custom.h)",
               tg::vmap([](const Tensor& t) { return tg::apply(Secret(3), t); })(y)),
       }},
      {"A model with other parameters",
       "`layer()` is `nn::Linear{2, 3}`.",
       {
           TAPEGRAD_MISTAKE(ValueError,
                            "functional_call: the model has 2 parameters, but 1 values are given",
                            nn::functional_call(layer(), Tensors{x}, y)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "functional_call: parameter weight has shape [3, 2], but its value has shape [2, 3]",
               nn::functional_call(layer(), Tensors{x, y}, y)),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "functional_call: parameter weight is float32, but its value is float64; convert it "
               "with to()",
               nn::functional_call(layer(), Tensors{wide.t(), y}, y)),
           TAPEGRAD_MISTAKE(ValueError,
                            "functional_call: the model has no parameter or buffer \"w\"",
                            nn::functional_call(layer(), std::vector<nn::Parameter>{{"w", x}}, y)),
           TAPEGRAD_MISTAKE(ValueError,
                            "functional_call: the value of parameter weight is undefined",
                            nn::functional_call(layer(), Tensors(2), y)),
           TAPEGRAD_MISTAKE(ShapeError, "per_sample_grad: 2 inputs, but 3 targets",
                            nn::per_sample_grad(layer(), loss, tg::ones({2, 2}), ints)),
           TAPEGRAD_MISTAKE(
               ShapeError, "per_sample_grad: inputs and targets have a first dimension, of samples",
               nn::per_sample_grad(layer(), loss, tg::ones({2, 2}), tg::tensor(1))),
       }},
  };
}
