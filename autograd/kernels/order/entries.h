#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace tapegrad::kernels {

// Elements as integers that have their order, each with its place. No two entries are equal, so
// that every way to sort is stable.

/// An entry with a key of 32 bits, whose place is less than 2^32. Both are one number.
struct ShortEntry {
  using Key = std::uint32_t;
  std::uint64_t bits;

  static ShortEntry of(Key key, std::int64_t place) noexcept {
    return {std::uint64_t{key} << 32 | static_cast<std::uint64_t>(place)};
  }
  /// None is behind it.
  static ShortEntry last() noexcept { return {~std::uint64_t{}}; }
  Key key() const noexcept { return static_cast<Key>(bits >> 32); }
  std::int64_t place() const noexcept { return static_cast<std::uint32_t>(bits); }
  bool operator<(ShortEntry other) const noexcept { return bits < other.bits; }
};

/// An entry with a key of 64 bits.
struct LongEntry {
  using Key = std::uint64_t;
  std::uint64_t own_key;
  std::int64_t own_place;

  static LongEntry of(Key key, std::int64_t place) noexcept { return {key, place}; }
  static LongEntry last() noexcept { return {~Key{}, std::numeric_limits<std::int64_t>::max()}; }
  Key key() const noexcept { return own_key; }
  std::int64_t place() const noexcept { return own_place; }
  bool operator<(const LongEntry& other) const noexcept {
    return (own_key < other.own_key) | ((own_key == other.own_key) & (own_place < other.own_place));
  }
};

/// An integer with the order of the numbers: -0 is 0, and NaN the largest, ~0, as no number is.
template <class T>
auto key_of(T x) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    using Key = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    constexpr Key sign = Key{1} << (8 * sizeof(T) - 1);
    const auto bits = std::bit_cast<Key>(x);
    const Key above_zero = bits == sign ? sign : bits ^ ((bits & sign) != 0 ? ~Key{} : sign);
    return x != x ? ~Key{} : above_zero;
  } else if constexpr (std::is_same_v<T, bool>) {
    return static_cast<std::uint32_t>(x);
  } else {
    return static_cast<std::uint64_t>(x) ^ std::uint64_t{1} << 63;
  }
}

/// Which entries of a row are wanted.
struct Wanted {
  std::int64_t first, count;  ///< places in the order, at least one
};

/// `Wanted::first` for the lower one of the two numbers in the middle; or for the first NaN, where
/// there is one. Of floating-point numbers, in ascending order.
inline constexpr std::int64_t kMiddle = -1;
/// The same of those that are no NaN, where there are such.
inline constexpr std::int64_t kMiddleOfNumbers = -2;

/// Keeps the `count` first ones of the `n` entries at `entries`, of which there are more, in the
/// order in which they are; returns the last one of the order. `room` is for as many as there are.
template <class Entry>
Entry keep_first(Entry* entries, std::int64_t n, std::int64_t count, Entry* room) noexcept;

/// Writes the places of what is wanted of the `n` entries at `entries`, which come in the
/// order of their places, and changes them. `room` is for as many.
template <class Entry>
void write_places(Entry* entries, std::int64_t n, Wanted wanted, Entry* room,
                  std::int64_t* places) noexcept;

/// The order of `n` rows of `length` keys, of which the first ones count most; equal rows stay in
/// their order.
void write_order_of_rows(const std::int64_t* keys, std::int64_t n, std::int64_t length,
                         std::int64_t* order);

}  // namespace tapegrad::kernels
