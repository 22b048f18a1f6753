#pragma once

/// @file
/// The sizes of a tensor's dimensions, and lists of dimensions: up to eight numbers, without an
/// allocation. Functions that take one take braces, a number, a vector or a span.
///
///     tg::Shape shape{2, 3};
///     shape.push_back(4);
///     tg::Tensor x = tg::zeros(shape);
///     fmt::print("{} elements, the last size is {}\n", shape.numel(), x.size(-1));

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "autograd/base/dtype.h"

namespace tapegrad {

/// @addtogroup tensors
/// @{

/// Largest number of dimensions of a tensor.
inline constexpr int kMaxRank = 8;

/// Up to eight integers without a heap allocation: the sizes of a tensor's dimensions, or a list of
/// dimensions. The rank-0 shape `{}` is that of a number.
///
/// Errors: `ShapeError` for more than eight entries.
class Shape {
 public:
  /// That of a number: no entries.
  Shape() noexcept = default;
  /// The entries in braces: `zeros({2, 3})`.
  Shape(std::initializer_list<std::int64_t> sizes) : Shape(sizes.begin(), sizes.size()) {}
  /// One entry: `zeros(3)`, `sum(x, 1)`.
  template <std::integral I>
  requires(!std::is_same_v<I, bool>) Shape(I size)
  noexcept : rank_(1) { sizes_[0] = static_cast<std::int64_t>(size); }
  /// The entries of a span or a vector.
  /// @{
  Shape(std::span<const std::int64_t> sizes) : Shape(sizes.data(), sizes.size()) {}
  Shape(const std::vector<std::int64_t>& sizes) : Shape(sizes.data(), sizes.size()) {}
  /// @}

  /// Number of entries.
  int rank() const noexcept { return rank_; }
  /// True for the shape of a number.
  bool empty() const noexcept { return rank_ == 0; }

  /// Entry `i`, of any integer type; negative ones count from the end. Errors: `IndexError`.
  /// @{
  template <std::integral I>
  std::int64_t& operator[](I i) {
    return sizes_[position(i)];
  }
  template <std::integral I>
  std::int64_t operator[](I i) const {
    return sizes_[position(i)];
  }
  /// @}
  /// The entries as a range.
  /// @{
  std::int64_t* begin() noexcept { return sizes_; }
  std::int64_t* end() noexcept { return sizes_ + rank_; }
  const std::int64_t* begin() const noexcept { return sizes_; }
  const std::int64_t* end() const noexcept { return sizes_ + rank_; }
  /// @}
  /// The last entry. Errors: `IndexError` for rank 0.
  std::int64_t back() const {
    if (rank_ == 0) no_entry<std::int64_t>(-1);
    return sizes_[rank_ - 1];
  }

  /// Product of the entries: the number of elements of a tensor of this shape; 1 for rank 0.
  std::int64_t numel() const noexcept {
    std::uint64_t product = 1;  // sizes beside a 0 may multiply to more than there is
    for (int i = 0; i < rank_; ++i) product *= static_cast<std::uint64_t>(sizes_[i]);
    return static_cast<std::int64_t>(product);
  }

  /// The row-major strides of a tensor of this shape, in elements: how far one step along each
  /// dimension goes, which is the product of the sizes after it. In a shape without elements such
  /// a product may leave the range of int64; it wraps, and no step leads anywhere.
  Shape strides() const noexcept;

  /// Appends an entry. Errors: `ShapeError` when there are eight already.
  void push_back(std::int64_t size);
  /// Makes `size` entry `position`, which is at most rank(). Errors: `IndexError`; as above.
  void insert(int position, std::int64_t size);
  /// Takes entry `position` out. Errors: `IndexError`.
  void erase(int position);

  /// This shape with `size` as entry `i`. Errors: `IndexError`.
  Shape with_size(int i, std::int64_t size) const {
    Shape result = *this;
    result[i] = size;
    return result;
  }
  /// The entries from `first` up to, not including, `last`.
  Shape slice(int first, int last) const { return {sizes_ + first, std::size_t(last - first)}; }

  /// The same entries.
  friend bool operator==(const Shape& a, const Shape& b) noexcept {
    if (a.rank_ != b.rank_) return false;
    // Most shapes have two entries at most, and unused ones are 0.
    if (((a.sizes_[0] ^ b.sizes_[0]) | (a.sizes_[1] ^ b.sizes_[1])) != 0) return false;
    for (int i = 2; i < a.rank_; ++i)
      if (a.sizes_[i] != b.sizes_[i]) return false;
    return true;
  }

  /// Prints "[2, 3]", as fmt does. A friend, so that what converts to a shape does not print as
  /// one.
  friend std::ostream& operator<<(std::ostream& stream, const Shape& shape);

 private:
  Shape(const std::int64_t* sizes, std::size_t count);
  template <std::integral I>
  std::uint64_t position(I i) const {
    using Widest = std::conditional_t<std::is_signed_v<I>, std::int64_t, std::uint64_t>;
    const auto rank = static_cast<std::uint64_t>(rank_);
    auto from_front = static_cast<std::uint64_t>(i);
    // Only a signed number counts from the end: an unsigned one that went below 0 is a mistake.
    if constexpr (std::is_signed_v<I>) {
      if (i < 0) from_front += rank;
    }
    if (from_front >= rank) no_entry<Widest>(i);
    return from_front;
  }
  template <class I>
  [[noreturn]] void no_entry(I i) const;

  std::int64_t sizes_[kMaxRank] = {};  // 0 from rank_ on, so that a copy is a few plain moves
  int rank_ = 0;
};

/// A list of dimensions; negative ones count from the end.
using Dims = Shape;

/// "[2, 3]", and "[]" for rank 0.
std::string to_string(const Shape& shape);

namespace detail {

/// The indices of element `flat`, in row-major order, of a tensor of `shape`, which has elements.
Shape unravel_index(std::int64_t flat, const Shape& shape);

}  // namespace detail

/// @}

}  // namespace tapegrad
