#include "autograd/ops/reduce/typed.h"

#include "autograd/ops/ops.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace {

Tensor of_type(const Tensor& x, DType dtype, const char* name) {
  detail::require_defined(x, name);
  return x.to(dtype);
}

}  // namespace

// Sums and products of bool are int64, unless asked for otherwise.

Tensor sum(const Tensor& x, const Dims& dims, Flag keepdim, DType dtype) {
  return sum(of_type(x, dtype, "sum"), dims, keepdim).to(dtype);
}

Tensor mean(const Tensor& x, const Dims& dims, Flag keepdim, DType dtype) {
  return mean(of_type(x, dtype, "mean"), dims, keepdim);
}

Tensor prod(const Tensor& x, const Dims& dims, Flag keepdim, DType dtype) {
  return prod(of_type(x, dtype, "prod"), dims, keepdim).to(dtype);
}

Tensor softmax(const Tensor& x, int dim, DType dtype) {
  return softmax(of_type(x, dtype, "softmax"), dim);
}

Tensor log_softmax(const Tensor& x, int dim, DType dtype) {
  return log_softmax(of_type(x, dtype, "log_softmax"), dim);
}

}  // namespace tapegrad
