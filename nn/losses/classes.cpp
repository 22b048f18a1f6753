#include <limits>

#include "autograd/base/fail.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/tensor/require.h"
#include "nn/losses/common.h"
#include "nn/losses/losses.h"

// Losses of classes and distributions over them.

namespace tapegrad::nn {
namespace {

/// Checks values and weights of `nll_loss`. True when a target is ignored.
bool check_classes(const Tensor& target, std::int64_t classes, const NllOptions& options) {
  if (options.weight.defined())
    tapegrad::detail::require_class_weights(options.weight, classes, "nll_loss");
  bool any_ignored = false;
  const Tensor all = tapegrad::detail::all_entries(target);
  const auto values = all.data<std::int64_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == options.ignore_index) {
      any_ignored = true;
    } else if (values[i] < 0 || values[i] >= classes) {
      tapegrad::detail::fail_class(fmt::format("target {}", i), values[i], classes, "nll_loss");
    }
  }
  return any_ignored;
}

}  // namespace

Tensor nll_loss(const Tensor& input, const Tensor& target, const NllOptions& options) {
  tapegrad::detail::require_defined(input, target, "nll_loss");
  tapegrad::detail::require_classes(input, target, "log-probabilities", "nll_loss", false);
  const int class_dim = input.dim() == 1 ? 0 : 1;
  const bool any_ignored = check_classes(target, input.size(class_dim), options);

  announce_loss("nll_loss", options.reduction, options.weight);
  const Tensor counted = any_ignored ? target != options.ignore_index : Tensor();
  const Tensor classes = any_ignored ? where(counted, target, 0) : target;
  Tensor picked = squeeze(gather(input, class_dim, unsqueeze(classes, class_dim)), class_dim);
  // By selection, before anything is multiplied, so that what is ignored may be infinite or NaN.
  if (any_ignored) picked = where(counted, picked, 0);
  if (!options.weight.defined() && !any_ignored) return reduce(-picked, options.reduction);

  Tensor weight = options.weight.defined()
                      ? reshape(index_select(options.weight, 0, flatten(classes)), classes.shape())
                      : counted.to(input.dtype());
  if (options.weight.defined() && any_ignored) weight = where(counted, weight, 0);
  const Tensor elements = weigh(-picked, weight);
  if (options.reduction != Reduction::mean) return reduce(elements, options.reduction);
  return sum(elements) / sum(weight);
}

Tensor kl_div(const Tensor& input, const Tensor& target, const KlDivOptions& options) {
  const LossPair pair("kl_div", input, target, options.broadcast);
  const auto& [x, y] = pair;
  const double impossible = options.log_target ? -std::numeric_limits<double>::infinity() : 0;
  const Tensor zero = y == impossible;  // there neither log y nor x counts, be they infinite
  const Tensor log_y = options.log_target ? y : log(where(zero, 1, y));
  const Tensor probability = options.log_target ? exp(y) : y;
  return reduce(probability * where(zero, 0, log_y - x), options.reduction);
}

Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target,
                            const HingeEmbeddingOptions& options) {
  const LossPair pair("hinge_embedding_loss", input, target, false, false);
  const Tensor similar = pair.target == 1;
  if (!all(tapegrad::detail::all_entries(similar | (pair.target == -1))).item<bool>()) {
    fail<ValueError>("hinge_embedding_loss: each target must be 1 or -1");
  }
  return reduce(where(similar, pair.input, clamp(options.margin - pair.input, 0)),
                options.reduction);
}

}  // namespace tapegrad::nn
