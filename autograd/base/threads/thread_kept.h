#pragma once

#include <new>
#include <type_traits>

namespace tapegrad::kernels {

/// An object that every thread keeps for its next call, such as room for copies; nullptr once the
/// thread's objects are destroyed, and where there is no memory for it. What static destructors
/// do on the main thread comes after that, and has to do with an object of its own.
template <class T>
T* kept_by_thread() noexcept {
  static_assert(std::is_nothrow_default_constructible_v<T>);
  static thread_local constinit T* object = nullptr;
  static thread_local constinit bool ended = false;
  struct Closer {
    ~Closer() {
      delete object;
      object = nullptr;
      ended = true;
    }
  };
  if (!object && !ended) {
    static thread_local const Closer closer;
    object = new (std::nothrow) T();
  }
  return object;
}

}  // namespace tapegrad::kernels
