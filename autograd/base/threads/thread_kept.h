#pragma once

#include <memory>
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

/// The object that a thread keeps, for one user at a time; where somebody uses it, or there is none,
/// a new one. `T` has a member `bool taken`, and whoever used it leaves it empty.
template <class T>
class Borrowed {
 public:
  /// Errors: `std::bad_alloc`.
  Borrowed() {
    T* kept = kept_by_thread<T>();
    if (!kept || kept->taken) own_ = std::make_unique<T>();
    object_ = own_ ? own_.get() : kept;
    object_->taken = true;
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() { object_->taken = false; }

  T& operator*() const noexcept { return *object_; }

 private:
  std::unique_ptr<T> own_;
  T* object_;
};

}  // namespace tapegrad::kernels
