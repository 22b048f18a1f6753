#include "autograd/ops/formula/update.h"

#include <algorithm>
#include <array>
#include <vector>

#include "autograd/base/fail.h"
#include "autograd/base/threads/parallel.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/tensor/require.h"

namespace tapegrad::detail {

namespace {

/// Elements of a tile: enough to be worth a thread's while.
constexpr std::int64_t kUpdateTile = kernels::tile_size(1 << 15);

/// Makes those slots that are undefined, and converts those that the parameter's type has left
/// behind: all of them, or, where memory ends, none.
[[gnu::noinline]] void renew_slots(const Tensor& parameter, Tensor* const* slots,
                                   std::size_t count) {
  std::vector<Tensor> made(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!slots[i]) continue;
    if (!slots[i]->defined())
      made[i] = zeros_like(parameter);
    else if (slots[i]->dtype() != parameter.dtype())
      made[i] = converted(*slots[i], parameter.dtype());
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (made[i].defined()) *slots[i] = std::move(made[i]);
  }
}

/// Throws unless the tensors fit each other; then every slot that is used has the parameter's type.
[[gnu::always_inline]] inline void prepare(const UpdateInfo& info, const Tensor& parameter,
                                           const Tensor& gradient, Tensor* const* slots) {
  const char* name = info.name;
  require_defined(parameter, "the parameter", name);
  require_defined(gradient, "the gradient", name);
  require_floating(parameter, name);
  require_same_shape("gradient", gradient.shape(), "parameter", parameter.shape(), name);
  require_same_type("gradient", gradient.dtype(), "parameter", parameter.dtype(), name);
  if (grad_enabled() && !parameter.is_leaf())
    fail<GradError>(
        "{}: the parameter of shape {} was made by an operator, whose gradient would not know of the "
        "update; do it inside a NoGrad scope, or on a detach()ed tensor",
        name, parameter.shape());
  bool renew = false;
  for (std::size_t i = 0; i < info.slots; ++i) {
    if (!slots[i]) continue;
    const Tensor& slot = *slots[i];
    if (slot.defined()) {
      if (slot.shape() != parameter.shape())
        fail_other_shape(fmt::format("slot '{}'", info.names[i]).c_str(), slot.shape(), "parameter",
                         parameter.shape(), name);
      if (slot.dtype() == parameter.dtype()) continue;
      if (!is_floating_point(slot.dtype()))
        fail_other_type(fmt::format("slot '{}'", info.names[i]).c_str(), slot.dtype(), "parameter",
                        parameter.dtype(), name);
    }
    renew = true;
  }
  if (renew) renew_slots(parameter, slots, info.slots);
}

[[gnu::cold]] void announce_update(const UpdateInfo& info, const void* formula,
                                   const Tensor& parameter, const Tensor& gradient,
                                   Tensor* const* slots) {
  std::vector<LaunchArgument> all;
  all.reserve(3 + info.slots);
  all.push_back({impl_of(parameter), 0, Access::update});
  all.push_back({impl_of(gradient), 0, Access::read});
  for (std::size_t i = 0; i < info.slots; ++i)
    all.push_back({slots[i] ? impl_of(*slots[i]) : nullptr, 0, Access::update});
  all.push_back({formula, info.bytes, Access::parameter});
  Door::launch({info.name, all, false});
}

/// The pass over tensors that fit.
[[gnu::always_inline]] inline void update_now(const UpdateInfo& info, const void* formula,
                                              Tensor& parameter, const Tensor& gradient,
                                              Tensor* const* slots, void** arrays) {
  prepare(info, parameter, gradient, slots);
  if (watched()) [[unlikely]]
    announce_update(info, formula, parameter, gradient, slots);
  Impl* changed = impl_of(parameter);
  arrays[0] = Raw::of(*changed);
  arrays[1] = Raw::of(*impl_of(gradient));
  for (std::size_t i = 0; i < info.slots; ++i)
    arrays[2 + i] = slots[i] ? Raw::of(*impl_of(*slots[i])) : arrays[0];

  const UpdateLoop loop =
      parameter.dtype() == DType::float32 ? info.loops->float32 : info.loops->float64;
  const std::int64_t n = parameter.numel();
  if (kernels::worth_threads(n))
    kernels::parallel_for((n + kUpdateTile - 1) / kUpdateTile, [&](std::int64_t tile) {
      loop(formula, arrays, tile * kUpdateTile, std::min(kUpdateTile, n - tile * kUpdateTile));
    });
  else
    loop(formula, arrays, 0, n);
  for (std::size_t i = 0; i < info.slots; ++i)
    if (slots[i]) impl_of(*slots[i])->changed(info.change);
  changed->changed(info.change);
}

[[gnu::noinline, gnu::cold]] void watched_update(const UpdateInfo& info, const void* formula,
                                                 Tensor& parameter, const Tensor& gradient,
                                                 Tensor* const* slots, void** arrays) {
  const PhaseScope phase(Phase::update);
  (void)watched_call(
      {info.name, nullptr, nullptr, std::array<const Tensor*, 2>{&parameter, &gradient}}, [&] {
        update_now(info, formula, parameter, gradient, slots, arrays);
        return parameter;
      });
}

}  // namespace

void run_update(const UpdateInfo& info, const void* formula, Tensor& parameter,
                const Tensor& gradient, Tensor* const* slots, void** arrays) {
  if (watched()) [[unlikely]]
    return watched_update(info, formula, parameter, gradient, slots, arrays);
  update_now(info, formula, parameter, gradient, slots, arrays);
}

}  // namespace tapegrad::detail
