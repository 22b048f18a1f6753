#pragma once

/// @file
/// Tensors from values, of a shape, and sequences.
///
///     tg::Tensor a = tg::tensor({{1.0, 2.0}, {3.0, 4.0}});
///     tg::Tensor b = tg::tensor(std::vector<float>{1, 2, 3, 4}, {2, 2});
///     tg::Tensor c = tg::zeros({2, 2}) + tg::eye(2) + tg::arange(4).reshape({2, 2});

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/base/refused.h"
#include "autograd/tensor/create/default_dtype.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup creation
/// A conversion to `int64` rounds towards zero; errors: `ValueError` for NaN and for numbers that
/// `int64` cannot hold. Errors of all functions that take a shape: `ShapeError` for a negative size
/// or more than 2^47 bytes, `OutOfMemoryError` for what the system refuses.
/// @{

namespace detail {

/// A nested braced list of numbers: `{{1, 2}, {3, 4}}`. Only `tensor` takes it.
class NestedList {
 public:
  template <class Number>
  requires std::is_arithmetic_v<Number> NestedList(Number value)
      : value_(static_cast<double>(value)),
        integer_(std::is_integral_v<Number>
                     ? int64_or_other(static_cast<std::int64_t>(value), value)
                     : 0),
        dtype_(std::is_same_v<Number, bool>       ? DType::boolean
               : std::is_floating_point_v<Number> ? get_default_dtype()
                                                  : DType::int64) {}
  NestedList(std::initializer_list<NestedList> items) : is_list_(true), items_(items) {}

 private:
  friend class ListReader;
  bool is_list_ = false;
  double value_ = 0;
  std::int64_t integer_ = 0;
  DType dtype_ = DType::float32;
  std::vector<NestedList> items_;
};

/// Whole numbers that are no element type: converted to `int64`.
template <class T>
concept OtherInteger = std::is_integral_v<T> && !Element<T> && !std::is_same_v<T, char>;

template <class Range>
using RangeValue = std::remove_cvref_t<decltype(*std::begin(std::declval<const Range&>()))>;

/// Elements side by side in memory.
template <class Range>
concept ElementArray = requires(const Range& values) {
  requires Element<std::remove_cvref_t<decltype(*std::data(values))>>;
  std::size(values);
};
/// A range that `tensor` copies: a vector, span, array or the like, of elements or of other
/// integers.
template <class Range>
concept Numbers = ElementArray<Range> || requires(const Range& values) {
  requires Element<RangeValue<Range>> || OtherInteger<RangeValue<Range>>;
  std::end(values);
};

Tensor tensor_from_list(const NestedList& list, std::optional<DType> dtype);
/// Without a shape, `[count]`.
Tensor tensor_from_memory(const void* data, std::int64_t count, DType source, const Shape* shape,
                          std::optional<DType> dtype);

template <Numbers Range>
Tensor tensor_from_range(const Range& values, const Shape* shape, std::optional<DType> dtype) {
  using T = RangeValue<Range>;
  if constexpr (ElementArray<Range>) {
    return tensor_from_memory(std::data(values), static_cast<std::int64_t>(std::size(values)),
                              dtype_of<T>, shape, dtype);
  } else {
    // The other integers, and `std::vector<bool>`, whose elements have no addresses.
    using Wide = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
    std::vector<Wide> wide;
    for (const auto value : values)
      wide.push_back(int64_or_other(static_cast<Wide>(value), static_cast<T>(value)));
    constexpr DType kept = std::is_same_v<T, bool> ? DType::boolean : dtype_of<Wide>;
    return tensor_from_range(wide, shape, dtype.value_or(kept));
  }
}

/// A new tensor whose elements are not set, for the function `name`, which errors mention.
Tensor allocate(const char* name, const Shape& shape, DType dtype);

}  // namespace detail

// ---- From values

/// A tensor from nested braces: `tensor({{1.0, 2.0}, {3.0, 4.0}})`.
///
/// The shape is that of the braces. Without `dtype`: the default type if any number has a decimal
/// point (also for literals of type double) or if there is none, else `int64`, or `bool` if all
/// are.
/// Errors: `ShapeError` for lists that are ragged or more than eight deep; it says where.
inline Tensor tensor(std::initializer_list<detail::NestedList> list,
                     std::optional<DType> dtype = {}) {
  return detail::tensor_from_list(detail::NestedList(list), dtype);
}
/// A 0-d tensor: `tensor(2.5)` is of the default type, `tensor(2)` is `int64`.
template <class Number>
requires std::is_arithmetic_v<Number> Tensor tensor(Number value, std::optional<DType> dtype = {}) {
  return detail::tensor_from_list(detail::NestedList(value), dtype);
}
/// A copy of the numbers in a vector, span, array or other range, as a vector. The element type is
/// kept unless `dtype` asks for another; integers that are no element type become `int64`.
template <detail::Numbers Range>
Tensor tensor(const Range& values, std::optional<DType> dtype = {}) {
  return detail::tensor_from_range(values, nullptr, dtype);
}
/// The same in another shape, in row-major order. Errors: `ShapeError` when the counts differ.
template <detail::Numbers Range>
Tensor tensor(const Range& values, const Shape& shape, std::optional<DType> dtype = {}) {
  return detail::tensor_from_range(values, &shape, dtype);
}
/// Several numbers without braces do not compile: `tensor({1, 2})`.
template <class A, class B, class... More>
requires(std::is_arithmetic_v<A>&& std::is_arithmetic_v<B>) Tensor tensor(A, B, const More&...) {
  static_assert(detail::never<A>, "several numbers are written in braces: tensor({1, 2, 3})");
  return Tensor();
}

// ---- Of a shape

/// Elements that are not set.
Tensor empty(const Shape& shape, DType dtype = get_default_dtype());
/// All elements 0; false of `bool`.
Tensor zeros(const Shape& shape, DType dtype = get_default_dtype());
/// All elements 1; true of `bool`.
Tensor ones(const Shape& shape, DType dtype = get_default_dtype());
/// All elements `value`, a number or a tensor of one element. Gradients do not pass: while they are
/// recorded, a value that requires them is a `GradError` (`expand` is recorded; or `detach` it).
/// Without `dtype`: the default type for a decimal number, `int64` or `bool` otherwise; a tensor's
/// own type is kept. Errors: `ValueError` for a value that `int64` cannot hold.
Tensor full(const Shape& shape, const Tensor& value, std::optional<DType> dtype = {});
/// Sizes without braces, as in `zeros(2, 3)`, do not compile.
/// @{
template <std::integral A, std::integral B, class... More>
Tensor empty(A, B, const More&...) {
  return detail::without_braces<Tensor, A>();
}
template <std::integral A, std::integral B, class... More>
Tensor zeros(A, B, const More&...) {
  return detail::without_braces<Tensor, A>();
}
template <std::integral A, std::integral B, class... More>
Tensor ones(A, B, const More&...) {
  return detail::without_braces<Tensor, A>();
}
template <std::integral A, std::integral B, class C, class... More>
requires std::is_arithmetic_v<C> Tensor full(A, B, C, const More&...) {
  return detail::without_braces<Tensor, A>();
}
/// @}
/// What `empty`, `zeros`, `ones` and `full` give, with the shape of `like`, its element type unless
/// `dtype` asks for another, and no history.
/// @{
Tensor empty_like(const Tensor& like, std::optional<DType> dtype = {});
Tensor zeros_like(const Tensor& like, std::optional<DType> dtype = {});
Tensor ones_like(const Tensor& like, std::optional<DType> dtype = {});
Tensor full_like(const Tensor& like, const Tensor& value, std::optional<DType> dtype = {});
/// @}

// ---- Sequences

/// start, start + step, ... below (above, for a negative step) `end`; ceil((end - start) / step)
/// numbers, each start + i * step in double precision. `int64` when all three are integers, else
/// of the default type, unless `dtype` is given. The arguments are numbers or tensors of one
/// element. Errors: `ValueError` for a step of 0 or of the wrong sign, for numbers that are not
/// finite, and for fractions when `int64` is asked for; `DTypeError` for `bool`; `ShapeError` for
/// too many; `GradError` as for `full`.
Tensor arange(const Tensor& start, const Tensor& end, const Tensor& step = 1,
              std::optional<DType> dtype = {});
/// 0, 1, ... below `end`.
Tensor arange(const Tensor& end, std::optional<DType> dtype = {});
/// `steps` numbers from `start` to `end`, evenly spaced. Both ends are exact, and the numbers from
/// `end` to `start` are the same ones backwards. One step gives `start`. Errors: `ShapeError` for
/// negative `steps`; `DTypeError` unless floating-point.
Tensor linspace(double start, double end, Integer steps, DType dtype = get_default_dtype());
/// `base` to the power of each number that `linspace` gives, computed in double precision; NaN
/// where a negative base has no real power. Errors: those of `linspace`.
Tensor logspace(double start, double end, Integer steps, double base = 10,
                DType dtype = get_default_dtype());
/// Ones on the diagonal of an `n` by `m` (default `n`) matrix.
Tensor eye(Integer n, std::optional<Integer> m = {}, DType dtype = get_default_dtype());
/// Where a matrix of `row` rows and `col` columns has the elements of its lower (upper) triangle,
/// up to and with diagonal `offset`, as `tril` and `triu` count: row by row, their rows and below
/// these their columns, int64 `[2, count]`.
/// @{
Tensor tril_indices(Integer row, Integer col, Integer offset = 0);
Tensor triu_indices(Integer row, Integer col, Integer offset = 0);
/// @}

/// @}

}  // namespace tapegrad
