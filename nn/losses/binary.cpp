#include <limits>

#include "autograd/base/fail.h"
#include "autograd/ops/custom.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/tensor/require.h"
#include "nn/losses/common.h"
#include "nn/losses/losses.h"

// Losses of yes-or-no questions.

namespace tapegrad::nn {
namespace {

/// -(y log x + (1 - y) log(1 - x)), logarithms limited to -100, so that certainty that is wrong
/// costs much but not everything. The rule keeps pushing there, where the limited logarithm itself
/// is flat.
struct BinaryCrossEntropy {
  static constexpr const char* name = "binary_cross_entropy";
  static constexpr Sparsity sparsity = Sparsity::elementwise;
  static constexpr Leading leading = Leading::broadcast;
  static constexpr bool symmetric = true;
  static constexpr const char* onnx =
      "y = Sub(Mul(Sub(b, 1), Max(log1p(Neg(a)), -100)), Mul(b, Max(Log(a), -100)))";
  static constexpr Reads reads[] = {kA | kB, kA}, fused = kA;

  static Tensor log_limited(const Tensor& x) { return clamp(log(x), -100); }
  static Tensor log1m_limited(const Tensor& x) { return clamp(log1p(-x), -100); }

  Tensor forward(const Tensor& x, const Tensor& y) const {
    return (y - 1) * log1m_limited(x) - y * log_limited(x);
  }
  /// The derivative, each term by itself. At the ends one of the two is 0 times infinity, and is
  /// left out.
  static Tensor by_terms(const Tensor& x, const Tensor& y) {
    return (1 - y) / clamp(1 - x, 1e-12) - y / clamp(x, 1e-12);
  }
  /// Its derivative keeps its digits, too.
  Tensor vjp_a(const Tensor& g, const Tensor& x, const Tensor& y, auto) const {
    return g * by_terms(x, y);
  }
  /// The difference of the terms loses digits where x is near y, and this does not.
  Tensor vjp_fused_a(const Tensor& g, const Tensor& x, const Tensor& y, auto) const {
    const Tensor both = x * (1 - x);
    return g * where(both < 1e-12, by_terms(x, y), (x - y) / clamp(both, 1e-12));
  }
  Tensor vjp_b(const Tensor& g, const Tensor& x, auto, auto) const {
    return g * (log1m_limited(x) - log_limited(x));
  }
};

/// a log(1 + e^-x) + b log(1 + e^x), where a factor of 0 wins over an infinite loss. Both terms are
/// at least 0, so nothing cancels.
struct LogisticLoss {
  static constexpr const char* name = "binary_cross_entropy_with_logits";
  static constexpr Sparsity sparsity = Sparsity::elementwise;
  static constexpr Leading leading = Leading::broadcast;
  static constexpr bool symmetric = true;
  static constexpr const char* onnx =
      "p = Where(Equal(b, 0), 0, Neg(Mul(b, logsigmoid(a)))); "
      "n = Where(Equal(c, 0), 0, Neg(Mul(c, logsigmoid(Neg(a))))); y = Add(p, n)";
  static constexpr Reads reads[] = {kA | kB | kC, kA, kA};

  Tensor forward(const Tensor& x, const Tensor& a, const Tensor& b) const {
    return where(a == 0, 0, a * -logsigmoid(x)) + where(b == 0, 0, b * -logsigmoid(-x));
  }
  Tensor vjp_a(const Tensor& g, const Tensor& x, const Tensor& a, const Tensor& b, auto) const {
    return g * (b * sigmoid(x) - a * sigmoid(-x));
  }
  Tensor vjp_b(const Tensor& g, const Tensor& x, auto, auto, auto) const {
    return weigh(-logsigmoid(x), g);  // the loss may be infinite where a weight of 0 made g 0
  }
  Tensor vjp_c(const Tensor& g, const Tensor& x, auto, auto, auto) const {
    return weigh(-logsigmoid(-x), g);
  }
};

Tensor in_range(const Tensor& x) { return (x >= 0) & (x <= 1); }

/// Errors: `ShapeError` unless `factor` broadcasts to `shape`.
void check_factor(const char* name, const char* what, const Tensor& factor, const Shape& shape) {
  if (!factor.defined() || factor.shape() == shape) return;
  if (tapegrad::detail::broadcast(factor.shape(), shape, name) != shape) {
    fail<ShapeError>("{}: the {} of shape {} does not broadcast to the shape {} of the input", name,
                     what, factor.shape(), shape);
  }
}

/// Where weights leave nothing of the loss: an element's own, or that of a positive target.
Tensor without_weight(const LossPair& pair, const BceWithLogitsOptions& options) {
  const auto zero = [](const Tensor& factor) {
    return factor.defined() ? factor == 0 : tensor(false);
  };
  return zero(options.weight) | (zero(options.pos_weight) & (pair.target == 1));
}

/// Where a derivative of the logistic loss is NaN. (By the target that is so for a logit of -inf.)
Tensor broken(const LossPair& pair) {
  return !((pair.input > -std::numeric_limits<double>::infinity()) & isfinite(pair.target));
}

/// A logit whose loss with a target of 0, and its derivatives, are exactly 0 in both types, while
/// that with a target of 1 is finite, so that 0 times it is 0.
constexpr double kSurelyNot = -1e4;

}  // namespace

Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const BceOptions& options) {
  const char* name = "binary_cross_entropy";
  LossPair pair(name, input, target, false, false);
  check_factor(name, "weight", options.weight, pair.input.shape());
  announce_loss(name, options.reduction, options.weight);
  if (options.weight.defined())
    mask(pair, (options.weight == 0) & !(in_range(pair.input) & isfinite(pair.target)), 0);
  if (const Tensor all = tapegrad::detail::all_entries(pair.input);
      !tapegrad::all(in_range(all)).item<bool>()) {
    fail<ValueError>(
        "{}: the input must be probabilities, between 0 and 1, but they go from {} to {}; for "
        "logits use binary_cross_entropy_with_logits",
        name, min(all).item(), max(all).item());
  }
  return reduce(weigh(apply(BinaryCrossEntropy{}, pair.input, pair.target), options.weight),
                options.reduction);
}

Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const BceWithLogitsOptions& options) {
  const char* name = "binary_cross_entropy_with_logits";
  LossPair pair(name, input, target, false, false);
  check_factor(name, "weight", options.weight, pair.input.shape());
  announce_loss(name, options.reduction, options.weight);
  check_factor(name, "pos_weight", options.pos_weight, pair.input.shape());
  if (options.weight.defined() || options.pos_weight.defined())
    mask(pair, without_weight(pair, options) & broken(pair), kSurelyNot);
  const Tensor positive = weigh(pair.target, options.pos_weight).to(pair.input.dtype());
  return reduce(weigh(apply(LogisticLoss{}, pair.input, positive, 1 - pair.target), options.weight),
                options.reduction);
}

}  // namespace tapegrad::nn
