#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/redraw.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/random.h"

namespace tapegrad {

namespace {

/// x times a mask that holds 0 or 1 / (1 - p).
struct Dropout {
  static constexpr const char* name = "dropout";
  static constexpr Sparsity sparsity = Sparsity::elementwise;
  static constexpr Leading leading = Leading::broadcast;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kB, kNone};
  static constexpr Reads constant = kB;
  static constexpr NoOnnx onnx{"it draws random numbers; export in evaluation mode"};
  static Tensor forward(const Tensor& x, const Tensor& mask) { return x * mask; }
  static Tensor vjp_a(const Tensor& g, auto, const Tensor& mask, auto) { return g * mask; }
};

}  // namespace

Tensor dropout(const Tensor& x, Real p, Flag training) {
  detail::require_floating(x, "dropout");
  detail::require_probability(p, "p", "dropout");
  if (!training || p == 0) return x;
  detail::Redraw redraw;
  const Tensor mask = p == 1 ? zeros_like(x) : bernoulli(1 - p, x.shape(), x.dtype()) / (1 - p);
  Tensor y = apply(Dropout{}, x, mask);
  redraw.done = true;
  return y;
}

// ---- Proof -------------------------------------------------------------------------------------

OperatorInfo detail::dropout_cases() {
  Draw draw;
  return {"dropout", {{"a fixed draw", {draw({3, 4})}, [](const Inputs& in) {
                         const Generator before = default_generator();
                         manual_seed(3);
                         const Tensor y = dropout(in[0], 0.4);
                         default_generator() = before;
                         return y;
                       }}}};
}

}  // namespace tapegrad
