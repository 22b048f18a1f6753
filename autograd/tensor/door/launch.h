#pragma once

#include <type_traits>

#include "autograd/tensor/door/watcher.h"
#include "autograd/tensor/visit_dtype.h"

// Internal: how kernels get at elements. There is no other way: `Raw` is named where values get
// their memory, here and in the loops of broadcast operators and updates, which announce their
// launches themselves (tests/layering_test has the list). So no kernel runs that the door does not
// see.

namespace tapegrad::detail {

/// The elements of a value as an argument of a kernel; null for the undefined tensor. Which type
/// they have is the kernel's business.
template <class T, Access access>
struct Elements {
  const Impl* value;
};

/// The kernel reads them.
template <class T = void>
Elements<T, Access::read> in(const Tensor& tensor) noexcept {
  return {impl_of(tensor)};
}
/// The kernel writes them all. As a rule of a tensor that nobody else has seen yet.
template <class T = void>
Elements<T, Access::write> out(const Tensor& tensor) noexcept {
  return {impl_of(tensor)};
}
/// The kernel reads and writes them, or writes some.
template <class T = void>
Elements<T, Access::update> inout(const Tensor& tensor) noexcept {
  return {impl_of(tensor)};
}

template <class T>
[[gnu::always_inline]] inline const T* passed(const Elements<T, Access::read>& x) noexcept {
  return x.value ? static_cast<const T*>(Raw::of(*x.value)) : nullptr;
}
/// `x` for a kernel on elements of type `T`: what has no type yet gets that.
/// @{
template <class T, Access access>
Elements<T, access> typed(const Elements<void, access>& x) noexcept {
  return {x.value};
}
template <class T, class Other>
const Other& typed(const Other& x) noexcept {
  return x;
}
/// @}

template <class T, Access access>
[[gnu::always_inline]] inline T* passed(const Elements<T, access>& x) noexcept {
  return x.value ? static_cast<T*>(Raw::of(*x.value)) : nullptr;
}
template <class P>
[[gnu::always_inline]] inline const P& passed(const P& parameter) noexcept {
  return parameter;
}

template <class T, Access access>
LaunchArgument described(const Elements<T, access>& x) noexcept {
  return {x.value, 0, access};
}
template <class P>
LaunchArgument described(const P& parameter) noexcept {
  return {&parameter, sizeof(P), Access::parameter};
}

template <class... Args>
[[gnu::noinline, gnu::cold]] void announce_launch(const char* name, bool looks,
                                                  const Args&... args) {
  const LaunchArgument all[] = {described(args)...};
  Door::launch({name, all, looks});
}

/// What a kernel that draws random numbers took of the generator; no look at elements.
struct Drawn {
  std::uint64_t blocks;
};

/// What a kernel that checks elements found at a place, which is -1 for nothing; no look at
/// elements, since nothing but an error may follow from it.
struct Fault {
  std::int64_t at, value;
};

/// Runs the kernel `name`: `kernel(arguments...)` with pointers to the elements of `in`, `out` and
/// `inout` arguments, and with all others, its parameters, as they are. It must not hold anything
/// else: then what the door saw is all that it does. A kernel that returns something tells the host
/// about the elements.
template <class Kernel, class... Args>
[[gnu::always_inline]] inline decltype(auto) launch(const char* name, Kernel kernel,
                                                    const Args&... args) {
  static_assert(std::is_empty_v<Kernel>,
                "a kernel captures nothing: what it needs are arguments of the launch");
  static_assert((std::is_trivially_copyable_v<Args> && ...), "parameters are plain data");
  using Result = decltype(kernel(passed(args)...));
  if (watched()) [[unlikely]]
    announce_launch(
        name,
        !std::is_void_v<Result> && !std::is_same_v<Result, Drawn> && !std::is_same_v<Result, Fault>,
        args...);
  return kernel(passed(args)...);
}

}  // namespace tapegrad::detail
