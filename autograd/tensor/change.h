#pragma once

#include <cstdint>

#include "autograd/base/cxx20.h"

// Internal: how messages know what changed a value.

namespace tapegrad::detail {

/// What changed a value in place, for error messages: the name of a function. A number of one byte,
/// because every value holds one.
class Change {
 public:
  constexpr Change() noexcept = default;  ///< nothing did
  /// `name` must live for ever. Keep the result in a static variable: this takes a lock.
  explicit Change(const char* name);

  const char* name() const noexcept;

 private:
  std::uint8_t index_ = 0;
};

}  // namespace tapegrad::detail
