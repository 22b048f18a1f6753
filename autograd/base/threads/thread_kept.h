#pragma once

namespace tapegrad::kernels {

/// An object that every thread keeps for its next call, such as room for copies; nullptr once the
/// thread's objects have been destroyed. What static destructors do on the main thread comes after
/// that, and has to do with an object of its own.
template <class T>
T* kept_by_thread() {
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
    object = new T();
  }
  return object;
}

}  // namespace tapegrad::kernels
