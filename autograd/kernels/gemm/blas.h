#pragma once

#include "autograd/kernels/gemm/product.h"

// The one place that knows whether a BLAS is linked, and which.

namespace tapegrad::kernels {

/// Computes the product on the calling thread if the library was built with a BLAS and its sizes
/// fit an `int`; otherwise it returns false. Sizes and distances must be positive.
bool blas_multiply(const Product<float>& product);
bool blas_multiply(const Product<double>& product);

}  // namespace tapegrad::kernels
