#include "autograd/linalg/matrices.h"

#include "autograd/base/fail.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad::detail {

void require_matrices(const Tensor& x, const char* what, const char* name) {
  require_defined(x, what, name);
  require_floating(x, name);
  if (x.dim() < 2)
    fail<ShapeError>("{}: {} has shape {}; it must have two dimensions at least", name, what,
                     x.shape());
}

void require_square(const Tensor& x, const char* what, const char* name) {
  require_matrices(x, what, name);
  if (x.shape()[-2] != x.shape().back())
    fail<ShapeError>("{}: {} has shape {}; its matrices, the last two dimensions, must be square",
                     name, what, x.shape());
}

Shape with_matrix(Shape batch, std::int64_t rows, std::int64_t columns) {
  batch.push_back(rows);
  batch.push_back(columns);
  return batch;
}

Tensor identity_like(const Tensor& like) {
  const Tensor one = eye(like.shape().back(), {}, like.dtype());
  return like.dim() == 2 ? one : expand(one, like.shape());
}

void fail_matrix(const Shape& shape, Fault fault, const char* what, const char* name) {
  const Shape batch = batch_of(shape);
  const std::string which = batch.empty()
                                ? "the matrix"
                                : fmt::format("matrix {}", detail::unravel_index(fault.at, batch));
  fail<ValueError>("{}: {} of shape {} {}", name, which, shape,
                   fmt::format(fmt::runtime(what), fault.value));
}

}  // namespace tapegrad::detail
