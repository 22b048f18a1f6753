// Checkpoints, and roots that are differentiated implicitly.

#include "autograd/autograd.h"
#include "autograd/transforms/checkpoint.h"
#include "autograd/transforms/implicit.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
using tg::Tensor;

namespace {

Tensor square_is(const Tensor& x, const Tensor& p) { return x * x - p; }
Tensor zeros_of(const Tensor& p) { return tg::zeros_like(p); }

}  // namespace

messages::Sections messages::of_regions() {
  return {
      {"Functions that are computed again",
       "`checkpoint` calls a function again when the graph is walked, and it has to compute the "
       "same.",
       {
           TAPEGRAD_MISTAKE(
               GradError,
               "checkpoint: the function changed its input 0 of shape [2, 3] in place by 'mul_', "
               "so that it cannot be called again; let it change a clone()",
               tg::checkpoint([](Tensor t) { return t.mul_(2) * 1; }, x * 1)),
           TAPEGRAD_MISTAKE(
               GradError,
               "checkpoint: when it was computed again, output 0 had shape [] and type float32, "
               "and before [2, 3] and float32; a checkpointed function must compute the same each "
               "time: from its inputs, from tensors that do not change until the last backward(), "
               "and with random numbers of the default generator",
               bool again = false;
               const Tensor t = tg::checkpoint(
                   [&](const Tensor& in) { return again ? tg::sum(in) : in * 2; }, x);
               again = true; tg::sum(t).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "checkpoint: when it was computed again, output 0 of shape [2, 3] had other "
               "elements; a checkpointed function must compute the same each time: from its "
               "inputs, from tensors that do not change until the last backward(), and with "
               "random numbers of the default generator",
               tg::Generator own(1);
               const Tensor t = tg::checkpoint(
                   [&](const Tensor& in) {
                     return in * tg::rand({2, 3}, tg::float32, own);
                   },
                   x);
               tg::sum(t).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "checkpoint: when it was computed again, the function returned 0 tensors, and "
               "before one as output 0; a checkpointed function must compute the same each time: "
               "from its inputs, from tensors that do not change until the last backward(), and "
               "with random numbers of the default generator",
               bool again = false;
               using List = std::vector<Tensor>;
               const List t = tg::checkpoint(
                   [&](const List& in) { return again ? List() : List{in[0] * 2}; }, List{x});
               again = true; tg::sum(t[0]).backward()),
           TAPEGRAD_MISTAKE(
               GradError,
               "checkpoint: when it was computed again, it read 'exp' (output [2, 3]), which it "
               "did not read the first time; what a function captures must be the same tensors "
               "until the last backward()",
               const Tensor one = tg::exp(x * 0), two = tg::exp(x * 0);
               bool again = false;
               const Tensor t = tg::checkpoint([&] { return (again ? two : one) * 2; });
               again = true; tg::sum(t).backward()),
       }},
      {"Implicit differentiation",
       "`square_is(x, p)` is `x * x - p`, and `zeros_of(p)` a solver that has found nothing yet.",
       {
           TAPEGRAD_MISTAKE(
               ValueError,
               "implicit_root: the solver did not arrive: at what it returned the function has an "
               "element of 1, above the tolerance of 0.001; let it go on, or allow more by "
               "options.tolerance",
               tg::implicit_root(zeros_of, square_is, x)),
           TAPEGRAD_MISTAKE(
               GradError,
               "implicit_root: the linear system for its derivative, with 6 unknowns, was not "
               "solved: 1 of the right-hand side is left; the Jacobian is singular at the "
               "solution, or needs a linear_solve, or more than 1000 iterations",
               tg::sum(tg::implicit_root(zeros_of, square_is, x - 1)).backward()),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "implicit_root: 1 unknowns, but the function returned 2 tensors; each needs one",
               tg::implicit_root(
                   zeros_of,
                   [](const Tensor& at, const Tensor& p) {
                     return std::vector<Tensor>{at, p};
                   },
                   x)),
           TAPEGRAD_MISTAKE(
               GradError,
               "implicit_root: in forward mode a tensor that the function captures has a tangent, and "
               "higher derivatives of that are not there; make it one of the parameters p",
               const auto root =
                   [&](const Tensor& c) {
                     return tg::implicit_root(
                         [&](const Tensor& p) { return p * c; },
                         [=](const Tensor& at, const Tensor& p) { return at - p * c; }, y);
                   };
               tg::jvp([&](const Tensor& c) { return tg::jvp(root, c, y).second; }, y, y)),
       }},
  };
}
