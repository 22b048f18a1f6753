#pragma once

#include <initializer_list>
#include <optional>
#include <span>

#include "autograd/tensor/create/default_dtype.h"
#include "autograd/tensor/require.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::detail {

/// True for a C++ number.
inline bool is_number(const Tensor& tensor) {
  return tensor.defined() && impl_of(tensor)->has(Impl::kNumber);
}
/// A new 0-d tensor without history, as the C++ number that it came from numbers for.
inline Tensor as_number(Tensor tensor) {
  impl_of(tensor)->set(Impl::kNumber, true);
  return tensor;
}

/// The value of a C++ number used as an operand, or nothing.
inline std::optional<double> number_in(const Tensor& tensor) {
  if (!is_number(tensor)) return {};
  return tensor.item();
}

/// The element type of an operator on `operands`; numbers and 0-d tensors do not widen the others'
/// type within its category. That of numbers alone is theirs, for decimal ones float64.
DType result_type(std::span<const Tensor* const> operands);
inline DType result_type(std::initializer_list<const Tensor*> operands) {
  return result_type(std::span(operands.begin(), operands.size()));
}

/// `tensor` converted without recording; itself when it has that type and is no C++ number.
/// Errors: `ValueError` for what int64 cannot hold.
Tensor converted(const Tensor& tensor, DType dtype);

}  // namespace tapegrad::detail
