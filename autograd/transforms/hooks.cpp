#include "autograd/transforms/hooks.h"

#include "autograd/base/fail.h"
#include "autograd/tape/history.h"
#include "autograd/tape/leaf_hooks.h"
#include "autograd/tape/record.h"
#include "autograd/tape/retained.h"
#include "autograd/tensor/require.h"
#include "autograd/transforms/claims.h"

namespace tapegrad::detail {

namespace {

void require_history(const Tensor& tensor, const char* caller) {
  require_defined(tensor, "the tensor", caller);
  if (!tensor.requires_grad()) fail_history(tensor, "the tensor", caller);
}

}  // namespace

HookHandle hook_gradient(const Tensor& tensor, HookFunction call) {
  return allocating_for("register_hook", [&] {
    require_history(tensor, "register_hook");
    Impl* impl = impl_of(tensor);
    if (Record* record = record_of(*impl))
      return hook_output(*record, HookKind::gradient, std::move(call));
    return hook_leaf(impl, HookKind::gradient, std::move(call));
  });
}

HookHandle hook_accumulated(const Tensor& tensor, HookFunction call) {
  constexpr const char* caller = "register_post_accumulate_grad_hook";
  return allocating_for(caller, [&] {
    require_history(tensor, caller);
    if (record_of(*impl_of(tensor)))
      fail<GradError>(
          "{}: the tensor of shape {} is no leaf, and collects no gradient; see that of a result "
          "with register_hook()",
          caller, tensor.shape());
    return hook_leaf(impl_of(tensor), HookKind::accumulated, std::move(call));
  });
}

void empty_when_walk_ends(std::shared_ptr<Tensor> place) { Claims::lend(std::move(place)); }

}  // namespace tapegrad::detail
