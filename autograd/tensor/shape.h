#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "autograd/tensor/dtype.h"

namespace tapegrad {

/// Largest number of dimensions of a tensor.
inline constexpr int kMaxRank = 8;

/// Up to eight integers without a heap allocation: the sizes of a tensor's dimensions, or a list of
/// dimensions. The rank-0 shape `{}` is that of a number.
///
/// Errors: `ShapeError` for more than eight entries.
class Shape {
 public:
  Shape() noexcept = default;
  Shape(std::initializer_list<std::int64_t> sizes) : Shape(sizes.begin(), sizes.size()) {}
  /// One entry: `zeros(3)`, `sum(x, 1)`.
  template <std::integral I>
  requires(!std::is_same_v<I, bool>) Shape(I size)
  noexcept : rank_(1) { sizes_[0] = static_cast<std::int64_t>(size); }
  Shape(std::span<const std::int64_t> sizes) : Shape(sizes.data(), sizes.size()) {}
  Shape(const std::vector<std::int64_t>& sizes) : Shape(sizes.data(), sizes.size()) {}

  /// Number of entries.
  int rank() const noexcept { return rank_; }
  bool empty() const noexcept { return rank_ == 0; }
  std::size_t size() const noexcept { return static_cast<std::size_t>(rank_); }

  /// Entry `i`; negative ones count from the end. Errors: `IndexError`.
  std::int64_t& operator[](std::int64_t i) { return sizes_[position(i)]; }
  std::int64_t operator[](std::int64_t i) const { return sizes_[position(i)]; }
  std::int64_t* begin() noexcept { return sizes_; }
  std::int64_t* end() noexcept { return sizes_ + rank_; }
  const std::int64_t* begin() const noexcept { return sizes_; }
  const std::int64_t* end() const noexcept { return sizes_ + rank_; }
  /// The last entry. Errors: `IndexError` for rank 0.
  std::int64_t back() const {
    if (rank_ == 0) no_entry(-1);
    return sizes_[rank_ - 1];
  }

  /// Product of the entries: the number of elements of a tensor of this shape; 1 for rank 0.
  std::int64_t numel() const noexcept {
    std::int64_t product = 1;
    for (int i = 0; i < rank_; ++i) product *= sizes_[i];
    return product;
  }

  /// Appends an entry. Errors: `ShapeError` when there are eight already.
  void push_back(std::int64_t size);
  /// Makes `size` entry `position`, which is at most rank(). Errors: `IndexError`; as above.
  void insert(int position, std::int64_t size);
  /// Errors: `IndexError`.
  void erase(int position);

  /// The entries from `first` up to, not including, `last`.
  Shape slice(int first, int last) const { return {sizes_ + first, std::size_t(last - first)}; }

  friend bool operator==(const Shape& a, const Shape& b) noexcept {
    if (a.rank_ != b.rank_) return false;
    for (int i = 0; i < a.rank_; ++i)
      if (a.sizes_[i] != b.sizes_[i]) return false;
    return true;
  }

  /// Prints "[2, 3]", as fmt does. A friend, so that what converts to a shape does not print as
  /// one.
  friend std::ostream& operator<<(std::ostream& stream, const Shape& shape);

 private:
  Shape(const std::int64_t* sizes, std::size_t count);
  std::int64_t position(std::int64_t i) const {
    const std::int64_t from_front = i < 0 ? i + rank_ : i;
    if (static_cast<std::uint64_t>(from_front) >= static_cast<std::uint64_t>(rank_)) no_entry(i);
    return from_front;
  }
  [[noreturn]] void no_entry(std::int64_t i) const;

  std::int64_t sizes_[kMaxRank] = {};  // all defined, so that a copy is a few plain moves
  int rank_ = 0;
};

/// A list of dimensions; negative ones count from the end.
using Dims = Shape;

/// "[2, 3]", and "[]" for rank 0.
std::string to_string(const Shape& shape);

}  // namespace tapegrad
