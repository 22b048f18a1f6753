#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"

// Internal: which value has which companion.

namespace tapegrad::detail {

/// A hash table with linear probing: what an operator on a few elements costs within `jvp` is
/// mostly this. At most half of its slots are in use, and what is erased leaves no mark.
class CompanionTable {
 public:
  bool empty() const noexcept { return count_ == 0; }

  /// The companion of `value`, or nullptr. Valid until something is put in or erased.
  const Tensor* find(const Impl* value) const noexcept {
    if (count_ == 0) return nullptr;
    const Slot& slot = slots_[place_of(value)];
    return slot.value ? &slot.companion : nullptr;
  }

  /// Gives `value` that companion. Returns the one that it had. Errors: `std::bad_alloc`.
  Tensor put(const Impl* value, Tensor companion) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[place_of(value)];
    if (!slot.value) ++count_;
    slot.value = value;
    std::swap(slot.companion, companion);
    return companion;
  }

  /// Takes the companion of `value` out; undefined where it has none.
  Tensor take(const Impl* value) noexcept {
    if (count_ == 0) return {};
    std::size_t hole = place_of(value);
    if (!slots_[hole].value) return {};
    Tensor taken = std::move(slots_[hole].companion);
    // Those behind it that would not be found beyond an empty slot move up.
    for (std::size_t i = next(hole); slots_[i].value; i = next(i)) {
      const std::size_t first = first_place(slots_[i].value);
      if (((i - first) & (slots_.size() - 1)) < ((i - hole) & (slots_.size() - 1))) continue;
      slots_[hole] = std::move(slots_[i]);
      hole = i;
    }
    slots_[hole] = {};
    --count_;
    return taken;
  }

  /// `f(value)` for one after the other, until that is true. Returns whether it was.
  template <class F>
  bool any(const F& f) const {
    for (const Slot& slot : slots_)
      if (slot.value && f(slot.value)) return true;
    return false;
  }

  /// Takes all out, and gives back the memory that a large function has needed.
  void clear() noexcept {
    constexpr std::size_t most = 4096;
    for (Slot& slot : slots_)
      if (slot.value) slot = {};
    count_ = 0;
    if (slots_.size() > most) slots_ = {};
  }

 private:
  struct Slot {
    const Impl* value = nullptr;
    Tensor companion = {};
  };

  std::size_t next(std::size_t i) const noexcept { return (i + 1) & (slots_.size() - 1); }
  std::size_t first_place(const Impl* value) const noexcept {
    const std::uint64_t hash = reinterpret_cast<std::uintptr_t>(value) * 0x9E37'79B9'7F4A'7C15;
    return (hash >> 32) & (slots_.size() - 1);
  }
  /// Where it stands, or would.
  std::size_t place_of(const Impl* value) const noexcept {
    std::size_t i = first_place(value);
    while (slots_[i].value && slots_[i].value != value) i = next(i);
    return i;
  }
  void grow() {
    std::vector<Slot> before(slots_.empty() ? 32 : 2 * slots_.size());
    before.swap(slots_);
    for (Slot& slot : before)
      if (slot.value) slots_[place_of(slot.value)] = std::move(slot);
  }

  std::vector<Slot> slots_;  // a power of two of them, or none
  std::size_t count_ = 0;
};

}  // namespace tapegrad::detail
