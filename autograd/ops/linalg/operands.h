#pragma once

#include <optional>
#include <span>

#include "autograd/ops/linalg/linalg.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/tensor/tensor.h"

// Internal: what products ask of their operands.

namespace tapegrad::detail {

/// Throws unless both are of one type, which has products. `what_a`: "first argument".
void require_product_types(const Tensor& a, const Tensor& b, const char* what_a, const char* what_b,
                           const char* name);
/// Of two defined arguments, which have no other names.
inline void require_product_types(const Tensor& a, const Tensor& b, const char* name) {
  require_product_types(a, b, "first argument", "second argument", name);
}

/// `a` followed by `b`. Errors: `ShapeError` for more entries than a tensor has dimensions.
Shape joined_shape(const Shape& a, const Shape& b, const char* name);

/// Which factors are transposed, if a call of this type with these attributes is a product of
/// matrices: its first two inputs, to which a third may be added, broadcast.
std::optional<MatmulOptions> product_of(const OperatorType& type,
                                        std::span<const Attribute> attributes);

}  // namespace tapegrad::detail
