#pragma once

#include <cstdint>
#include <functional>

#include "tests/benchmarks/work.h"

// What a case costs at least: its matrix products, or its pass through memory, with nothing around.

namespace bench {

using Call = std::function<void()>;

/// The matrix products of one forward pass, or of a whole step, by the library's own product.
Call forward_products(const NetworkSpec& spec);
Call step_products(const NetworkSpec& spec);
Call step_products(const TransformerSpec& spec);
/// Those of a gradient and its derivative along a direction: what is left out is what does not
/// depend on the parameters.
Call hessian_vector_products(const NetworkSpec& spec);
/// One product of square float32 matrices and its two gradients.
Call square_products(std::int64_t size);

/// `steps` times x[i] * w[i] over n numbers by a plain loop; with `backward` also the two products
/// of the way back.
Call product_loops(std::int64_t n, int steps, bool backward);
/// Copies n float32 numbers `times` times, between different buffers.
Call copies(std::int64_t n, int times);
/// Reads n float32 numbers.
Call reads(std::int64_t n);

}  // namespace bench
