#pragma once

/// @file
/// What takes a hook off again: the handle that every function which registers one returns.
///
///     tg::Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
///     tg::HookHandle shown =
///         tg::register_hook(x, [](const tg::Tensor& g) { fmt::print("{}\n", g); });
///     tg::sum(tg::square(x)).backward();  // prints the gradient
///     shown.remove();

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/base/refused.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup tape
/// @{

namespace detail {

/// When a hook is called.
enum class HookKind : std::uint8_t { gradient, accumulated, forward_pre, forward, backward };

/// What all hooks come to: they get tensors, and return another one for the last of them that may
/// be replaced, or the undefined tensor.
using HookFunction = std::function<Tensor(std::span<const Tensor>)>;

struct Hook {
  HookKind kind;
  HookFunction call;
  std::atomic<bool> removed = false;
};

/// The hooks of one tensor or module, in the order of registration. Any thread may add and remove.
class HookList {
 public:
  /// Errors: `std::bad_alloc`.
  std::shared_ptr<Hook> add(HookKind kind, HookFunction call);
  /// Those of `kind`, to be called without a lock.
  std::vector<std::shared_ptr<Hook>> of(HookKind kind) const;
  void remove(const Hook& hook) noexcept;

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Hook>> hooks_;
};

/// `f(tensors[i]...)`, as it is kept: what returns nothing replaces nothing.
template <std::size_t n, class F>
HookFunction hook_function(F f) {
  return [f = std::move(f)](std::span<const Tensor> x) mutable -> Tensor {
    const auto run = [&]<std::size_t... i>(std::index_sequence<i...>)->decltype(auto) {
      return f(x[i]...);
    };
    if constexpr (std::is_void_v<decltype(run(std::make_index_sequence<n>()))>) {
      run(std::make_index_sequence<n>());
      return {};
    } else {
      return run(std::make_index_sequence<n>());
    }
  };
}

/// A function of so many tensors that returns one, or nothing.
template <class F, class... Tensors>
concept TakesTensors = std::invocable<F&, Tensors...> &&
    (std::is_void_v<std::invoke_result_t<F&, Tensors...>> ||
     std::same_as<std::remove_cvref_t<std::invoke_result_t<F&, Tensors...>>, Tensor>);

}  // namespace detail

/// Takes a hook off again. A handle that goes leaves its hook where it is; handles may be copied,
/// and may outlive what the hook was for.
class HookHandle {
 public:
  HookHandle() = default;  ///< of no hook
  /// The hook is not called again; one that runs on another thread at this moment ends. Does
  /// nothing where it is off already.
  void remove() noexcept;

  /// @cond
  HookHandle(const std::shared_ptr<detail::HookList>& list,
             const std::shared_ptr<detail::Hook>& hook) noexcept
      : list_(list), hook_(hook) {}
  /// @endcond

 private:
  std::weak_ptr<detail::HookList> list_;
  std::weak_ptr<detail::Hook> hook_;
};

/// @}

}  // namespace tapegrad
