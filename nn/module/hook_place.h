#pragma once

#include <memory>

#include "autograd/tensor/tensor.h"

// Internal: where a layer keeps its hooks, and how a call of it gets to them. Without any that
// costs a layer three instructions.

namespace tapegrad::detail {
class HookList;
}

namespace tapegrad::nn::detail {

/// The hooks of a layer. Copies of a layer share them.
class HookPlace {
 public:
  /// True for a call that hooks have to see: then it is `run`. False within that.
  bool waits() const noexcept { return hooks_ && begins(); }
  /// Calls the hooks, and between them `layer` itself. Errors: those of both.
  template <class L>
  Tensor run(const L& layer, const Tensor& x) const {
    return run_hooks(
        &layer,
        [](const void* self, const Tensor& in) { return (*static_cast<const L*>(self))(in); }, x);
  }
  /// The list itself, made where there is none yet. Errors: `std::bad_alloc`.
  const std::shared_ptr<tapegrad::detail::HookList>& list();

 private:
  bool begins() const noexcept;
  Tensor run_hooks(const void* layer, Tensor (*call)(const void*, const Tensor&), Tensor x) const;

  std::shared_ptr<tapegrad::detail::HookList> hooks_;
};

}  // namespace tapegrad::nn::detail
