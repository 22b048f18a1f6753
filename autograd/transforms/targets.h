#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "autograd/tensor/tensor.h"

// Internal: where the cotangents of a walk end.

namespace tapegrad::detail {

/// Something whose cotangent a walk collects: a leaf, a tensor that keeps its gradient, or the
/// record of an input of `grad`.
struct Target {
  const void* key = nullptr;  ///< the `Impl` or the `Record`
  Tensor owner;               ///< the leaf or the tensor, where the walk leaves its gradient
  Tensor sum;                 ///< of the cotangents so far
  bool in_place = false;      ///< for the end of the walk
};

/// Targets, in the order in which they were added: one, or a hundred thousand, which are found by
/// hash.
class Targets {
 public:
  /// The one of `key`, or nullptr.
  [[gnu::always_inline]] Target* find(const void* key) noexcept {
    if (recent_ < count_ && list_[recent_].key == key) return &list_[recent_];
    if (!places_.empty()) return find_by_hash(key);
    for (Target& target : list())
      if (target.key == key) return recent(target);
    return nullptr;
  }
  /// A new one of `key`, which has none. Errors: `std::bad_alloc`.
  [[gnu::always_inline]] Target& add(const void* key) {
    if (count_ == list_.size() || (count_ >= kFew && 2 * (count_ + 1) > places_.size()))
        [[unlikely]]
      make_room();
    Target& target = list_[count_++];
    target.key = key;
    if (!places_.empty()) place(static_cast<std::uint32_t>(count_ - 1));
    return target;
  }
  std::span<Target> list() noexcept { return {list_.data(), count_}; }
  std::uint32_t index_of(const Target& target) const noexcept {
    return static_cast<std::uint32_t>(&target - list_.data());
  }
  /// Forgets all, and keeps the memory where it is little, or as much as the next will need.
  void clear() noexcept {
    if (places_.size() > kKept || 8 * count_ < places_.size()) return void(*this = {});
    for (Target& target : list()) target.owner = target.sum = {};
    count_ = 0;
    std::fill(places_.begin(), places_.end(), kFree);
  }

 private:
  static constexpr std::size_t kFew = 12;     // so many are looked through
  static constexpr std::size_t kKept = 1024;  // places
  static constexpr std::uint32_t kFree = ~std::uint32_t{0};

  Target* recent(Target& target) noexcept {
    recent_ = static_cast<std::size_t>(&target - list_.data());
    return &target;
  }
  std::size_t hash(const void* key) const noexcept {
    const std::uint64_t bits = reinterpret_cast<std::uintptr_t>(key) * 0x9E37'79B9'7F4A'7C15;
    return bits >> (64 - std::countr_zero(places_.size()));
  }
  Target* find_by_hash(const void* key) noexcept;
  void place(std::uint32_t index) noexcept;
  void make_room();

  std::vector<Target> list_;
  std::size_t count_ = 0;              // of them that are used
  std::vector<std::uint32_t> places_;  // indices, by hash; a power of two, half of them free
  std::size_t recent_ = 0;             // what was found last
};

}  // namespace tapegrad::detail
