#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "autograd/ops/linalg/contract.h"

// Internal: what the equation of einsum says.

namespace tapegrad::detail {

/// Letters are 0 to 51, capitals first; then come the dimensions of ellipses.
/// @{
inline constexpr int kEllipsis = 52;
inline constexpr int kMostLabels = kEllipsis + kMaxRank;
/// @}

/// One operand, or the result, of an equation.
struct Subscripts {
  std::string text;           ///< without spaces
  std::vector<int> labels;    ///< kEllipsis for an ellipsis
  bool has_ellipsis = false;  ///< whether there is one
  /// How many are letters.
  int letters() const { return static_cast<int>(labels.size()) - has_ellipsis; }
};

/// An equation, read.
struct Equation {
  /// Errors: `ValueError`, which shows the equation and the place in it.
  explicit Equation(const std::string& equation);

  std::string text;
  std::vector<Subscripts> operands;
  Subscripts result;
  bool explicit_result = false;

  /// The labels of operand `i`, of shape `shape`, when ellipses have up to `width` dimensions.
  /// Some may be there twice. Errors: `ShapeError`.
  std::vector<int> labels_of(std::size_t i, const Shape& shape, int width) const;
  /// Those of the result, which the equation names or implies. Errors: `ShapeError`.
  Dims result_labels(int width) const;
  /// 'i', or "dimension 2 of the ellipses".
  static std::string describe(int label);

 private:
  Subscripts read(std::size_t begin, std::size_t end) const;
};

}  // namespace tapegrad::detail
