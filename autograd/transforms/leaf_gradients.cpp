#include "autograd/transforms/leaf_gradients.h"

#include <mutex>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/base/threads/lock.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/transforms/cotangent.h"

namespace tapegrad::detail {

void note_walk(Impl& gradient) noexcept {
  const unsigned others = gradient.flags.load(std::memory_order_relaxed) & ~Impl::kCuts;
  gradient.flags.store(static_cast<std::uint8_t>(others | Impl::kCutByWalk),
                       std::memory_order_relaxed);
}

namespace {

/// Held while gradients are handed to leaves, which graphs of several threads may share.
constinit std::mutex leaves_mutex;

}  // namespace

void add_to_gradients(std::span<Target> targets, bool create_graph, bool readable) {
  const auto lock = lock_among_threads(leaves_mutex);
  for (Target& target : targets) {
    if (!target.sum.defined()) continue;
    Impl* owner = impl_of(target.owner);
    if (watched() && all_entries(target.sum).dim() != target.sum.dim() &&
        all_entries(target.owner).dim() == target.owner.dim()) [[unlikely]]
      fail<GradError>(
          "backward: within vmap the gradient of a leaf of shape {} that is the same for all "
          "entries differs from entry to entry; return what grad() gives, and sum that, or loop",
          owner->shape());
    Impl* grad = owner->grad;
    if (grad && grad->dtype != owner->dtype)
      fail<DTypeError>(
          "backward: the gradient of a tensor of shape {} was converted to {}, but the tensor is "
          "{}; drop it with zero_grad(), or convert the tensor itself with to_()",
          owner->shape(), grad->dtype, owner->dtype);
    target.in_place = grad && !readable && grad->unique();
    if (target.in_place) continue;
    if (grad) target.sum = add_cotangents(share(grad), target.sum, owner->shape(), readable);
    // Two tensors never share one gradient.
    if (impl_of(target.sum)->shape_ref != owner->shape_ref || !impl_of(target.sum)->unique())
      target.sum = own_cotangent(std::move(target.sum), owner->shape());
    if (!create_graph) note_walk(*impl_of(target.sum));
  }
  for (Target& target : targets) {
    if (!target.sum.defined()) continue;
    Impl* owner = impl_of(target.owner);
    if (target.in_place) {
      add_into(owner->grad, target.sum);
      continue;
    }
    // What was there, with `create_graph` a whole graph, goes after the lock.
    Impl* before = std::exchange(owner->grad, leak(std::move(target.sum)));
    target.sum = before ? adopt(before) : Tensor();
  }
}

}  // namespace tapegrad::detail
