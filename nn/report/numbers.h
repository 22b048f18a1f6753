#pragma once

/// @file
/// What charts take as numbers: lists, ranges, tensors.
///
///     const tg::report::Numbers list{1, 2, 3}, tensor = tg::linspace(0, 1, 3);
///     fmt::print("{} {}\n", list[2], tensor[1]);

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad::report {

/// @addtogroup report
/// @{

/// The numbers of a picture: a list, a `std::vector` or another range of numbers, or the elements
/// of a tensor in their order. Made implicitly; a copy of them is kept. NaN is a gap, and
/// infinities are drawn at the edge.
class Numbers {
 public:
  /// None.
  Numbers() = default;
  /// `{1, 2, 3}`.
  Numbers(std::initializer_list<double> list) : values_(list) {}
  /// A vector that is there already.
  Numbers(std::vector<double> list) : values_(std::move(list)) {}
  /// Any other range of numbers.
  template <std::ranges::input_range Range>
  requires(std::is_arithmetic_v<std::ranges::range_value_t<Range>>) Numbers(const Range& range) {
    for (const auto value : range) values_.push_back(static_cast<double>(value));
  }
  /// The elements of a tensor of any shape and type; its history does not matter. Errors:
  /// `ValueError` for the undefined tensor.
  Numbers(const Tensor& tensor);

  /// How many there are.
  std::size_t size() const noexcept { return values_.size(); }
  /// True for none.
  bool empty() const noexcept { return values_.empty(); }
  /// Number `i` of them, which has to be there.
  double operator[](std::size_t i) const { return values_[i]; }
  /// All of them.
  /// @{
  const std::vector<double>& values() const& noexcept { return values_; }
  std::vector<double> values() && noexcept { return std::move(values_); }
  auto begin() const noexcept { return values_.begin(); }
  auto end() const noexcept { return values_.end(); }
  /// @}

 private:
  std::vector<double> values_;
};

/// @}

}  // namespace tapegrad::report
