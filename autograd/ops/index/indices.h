#pragma once

/// @file
/// What PyTorch's `x[...]` is written with: `Slice`, `None`, `Ellipsis`, numbers, lists and
/// tensors; and the rows of a tensor as a range.
///
///     tg::Tensor x = tg::arange(24).reshape({2, 3, 4});
///     tg::Tensor y = x.index({tg::Ellipsis, tg::Slice(1, tg::None, 2)});  // x[..., 1::2]
///     for (const tg::Tensor& row : x) fmt::print("{}\n", row.shape());

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup indexing
/// @{

/// The type of `None`.
struct NoneType {};
/// As an index, a new dimension of size 1; in a `Slice`, the end of the dimension.
inline constexpr NoneType None;
/// The type of `Ellipsis`.
struct EllipsisType {};
/// As an index, all dimensions that no other index is for.
inline constexpr EllipsisType Ellipsis;

/// Entries `start` to `stop`, without that, every `step`-th: Python's `start:stop:step`. Numbers
/// below 0 count from the end, and those beyond it are the end. `Slice()` is all entries, and
/// `Slice(1)`, as in PyTorch's C++, all from the second on. Errors: `ValueError`, where it is used,
/// for a step below 1.
struct Slice {
  /// A whole number, or `None`.
  struct Bound : std::optional<std::int64_t> {
    /// The end of the dimension.
    Bound(NoneType) noexcept {}
    /// That entry.
    Bound(Integer number) noexcept : optional(number) {}
    /// That entry, from any whole number.
    template <std::integral T>
    requires(!std::same_as<T, bool>) Bound(T number)
    noexcept : optional(static_cast<std::int64_t>(number)) {}
  };
  /// The entries, as Python's slice of the three.
  Slice(Bound start_at = None, Bound stop_at = None, Bound steps = None) noexcept
      : start(start_at), stop(stop_at), step(steps) {}
  Bound start;  ///< the first
  Bound stop;   ///< the first behind them
  Bound step;   ///< from one to the next; 1 for `None`
};

/// One of the indices of `index`: a whole number, a `Slice`, `None`, `Ellipsis`, a list of whole
/// numbers, or a tensor of int64 or bool.
class Index {
 public:
  /// One entry of a dimension, which goes away; negative ones count from the end.
  template <std::integral T>
  requires(!std::same_as<T, bool>) Index(T entry) : value_(static_cast<std::int64_t>(entry)) {}
  /// The same.
  Index(Integer entry) : value_(static_cast<std::int64_t>(entry)) {}
  // clang-format off
  Index(bool) = delete;  // a truth value is no index: None adds a dimension, masks are tensors
  // clang-format on
  /// Some entries of a dimension.
  Index(Slice slice) : value_(slice) {}
  /// A new dimension.
  Index(NoneType none) : value_(none) {}
  /// All other dimensions.
  Index(EllipsisType ellipsis) : value_(ellipsis) {}
  /// int64: the entries that it holds, in its shape; bool: where it is true, for as many dimensions
  /// as it has.
  Index(Tensor table) : value_(std::move(table)) {}
  /// These entries.
  Index(std::initializer_list<std::int64_t> entries) : value_(std::vector(entries)) {}
  /// These entries.
  Index(std::vector<std::int64_t> entries) : value_(std::move(entries)) {}

  /// @cond
  using Value =
      std::variant<std::int64_t, Slice, NoneType, EllipsisType, Tensor, std::vector<std::int64_t>>;
  const Value& value() const noexcept { return value_; }
  /// @endcond

 private:
  Value value_;
};

/// The entries of the first dimension, one after the other: `for (tg::Tensor row : x)`. They share
/// the data, and however many have gradients, a walk back costs that of all once.
class RowIterator {
 public:
  /// Of a tensor with dimensions.
  explicit RowIterator(const Tensor& x);
  /// The entry.
  const Tensor& operator*() const { return (*rows_)[at_]; }
  /// The next one.
  RowIterator& operator++() {
    ++at_;
    return *this;
  }
  /// Behind the last one.
  bool operator==(std::default_sentinel_t) const { return at_ == rows_->size(); }

 private:
  std::shared_ptr<const std::vector<Tensor>> rows_;
  std::size_t at_ = 0;
};
/// What a range-based `for` asks for. Errors: `ShapeError` for a number (0-d).
inline RowIterator begin(const Tensor& x) { return RowIterator(x); }
/// Its end.
inline std::default_sentinel_t end(const Tensor&) { return {}; }

/// @}

}  // namespace tapegrad
