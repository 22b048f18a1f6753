#pragma once

/// @file
/// The element types that a tensor can have: `float32` and `float64`, which have gradients, `int64`
/// for classes and indices, `bool` for masks. What comes out when two meet: @ref numbers.
///
///     tg::Tensor x = tg::zeros({2, 3}, tg::float64);
///     fmt::print("{} of {} bytes\n", x.dtype(), tg::size_of(x.dtype()));
///     static_assert(tg::dtype_of<float> == tg::float32);

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <type_traits>

#include "autograd/base/cxx20.h"

namespace tapegrad {

/// @addtogroup tensors
/// @{

/// Element type of a tensor. The order is the order of promotion within the loops: do not change
/// it.
enum class DType : std::uint8_t {
  float32,  ///< `float`, the default
  float64,  ///< `double`
  int64,    ///< `std::int64_t`, for classes and indices
  boolean   ///< `bool`, for masks
};

/// The element types without `DType::` before them. `bool` is a keyword of C++, hence `boolean`;
/// everything printed says "bool".
/// @{
inline constexpr DType float32 = DType::float32;
inline constexpr DType float64 = DType::float64;
inline constexpr DType int64 = DType::int64;
inline constexpr DType boolean = DType::boolean;
/// @}

/// "float32", "float64", "int64" or "bool".
constexpr std::string_view name(DType dtype) {
  constexpr std::string_view names[] = {"float32", "float64", "int64", "bool"};
  return names[static_cast<std::size_t>(dtype)];
}

/// Prints the name, as fmt does.
std::ostream& operator<<(std::ostream& stream, DType dtype);

/// Bytes of one element.
constexpr std::size_t size_of(DType dtype) {
  return 0x1884u >> (4 * static_cast<unsigned>(dtype)) & 15;  // a table in one number
}

/// True for `float32` and `float64`, the types that have gradients.
constexpr bool is_floating_point(DType dtype) { return dtype <= DType::float64; }

/// The C++ types that a tensor can hold.
template <class T>
concept Element = std::is_same_v<T, float> || std::is_same_v<T, double> ||
    std::is_same_v<T, std::int64_t> || std::is_same_v<T, bool>;

/// The `DType` of a C++ element type: `dtype_of<float> == float32`.
template <Element T>
inline constexpr DType dtype_of = std::is_same_v<T, float>          ? DType::float32
                                  : std::is_same_v<T, double>       ? DType::float64
                                  : std::is_same_v<T, std::int64_t> ? DType::int64
                                                                    : DType::boolean;

/// The type of `a + b` for two tensors of one category or two (PyTorch's promotion without 0-d
/// rules): bool < int64 < float32 < float64.
constexpr DType promote(DType a, DType b) {
  constexpr int rank[] = {2, 3, 1, 0};
  return rank[static_cast<int>(a)] >= rank[static_cast<int>(b)] ? a : b;
}

/// @}

}  // namespace tapegrad
