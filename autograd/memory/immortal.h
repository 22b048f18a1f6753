#pragma once

#include <cstddef>
#include <new>

// Internal: objects for as long as the process.

namespace tapegrad::detail {

/// The one `T`, which is never destroyed: static tensors may be released after every other static.
/// Making it asks for no memory.
template <class T>
T& immortal() noexcept {
  alignas(T) static std::byte room[sizeof(T)];
  static T* const object = new (room) T;
  return *object;
}

}  // namespace tapegrad::detail
