#include <vector>

#include "autograd/base/fail.h"
#include "autograd/ops/linalg/operands.h"
#include "autograd/ops/linalg/products.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/named.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace {

/// The product of matrices in the cheapest order.
class Chain {
 public:
  explicit Chain(const std::vector<Tensor>& matrices)
      : matrices_(matrices), count_(matrices.size()), last_(count_ * count_) {
    // The fewest multiplications for matrices i to j, and the last one of the left factor.
    std::vector<double> least(count_ * count_);
    for (std::size_t length = 1; length < count_; ++length) {
      for (std::size_t i = 0; i + length < count_; ++i) {
        const std::size_t j = i + length;
        double& best = least[i * count_ + j];
        for (std::size_t k = i; k < j; ++k) {
          const double cost = least[i * count_ + k] + least[(k + 1) * count_ + j] +
                              double(matrices[i].size(0)) * double(matrices[k].size(1)) *
                                  double(matrices[j].size(1));
          if (k > i && cost >= best) continue;
          best = cost;
          last_[i * count_ + j] = k;
        }
      }
    }
  }

  Tensor product() const { return product(0, count_ - 1); }

 private:
  Tensor product(std::size_t i, std::size_t j) const {
    if (i == j) return matrices_[i];
    const std::size_t k = last_[i * count_ + j];
    return matmul(product(i, k), product(k + 1, j));
  }

  const std::vector<Tensor>& matrices_;
  std::size_t count_;
  std::vector<std::size_t> last_;
};

void check_chain(const std::vector<Tensor>& tensors) {
  const std::size_t count = tensors.size();
  for (std::size_t i = 0; i < count; ++i) {
    const Tensor& x = tensors[i];
    const std::string what = fmt::format("tensor {}", i);
    detail::require_product_types(tensors[0], x, "tensor 0", what.c_str(), "multi_dot");
    const bool end = i == 0 || i + 1 == count;
    if (x.dim() != 2 && !(end && x.dim() == 1))
      fail<ShapeError>("multi_dot: tensor {} has shape {}; it must be a matrix{}", i, x.shape(),
                       end ? ", or a vector" : "");
    if (i == 0) continue;
    const std::int64_t columns = tensors[i - 1].shape().back(), rows = x.shape()[0];
    if (columns != rows)
      fail<ShapeError>(
          "multi_dot: tensor {} of shape {} times tensor {} of shape {}: the inner "
          "sizes {} and {} differ",
          i - 1, tensors[i - 1].shape(), i, x.shape(), columns, rows);
  }
}

}  // namespace

Tensor multi_dot(const std::vector<Tensor>& tensors) try {
  detail::require_tensors(tensors, "multi_dot");
  if (tensors.size() < 2) fail<ValueError>("multi_dot: one tensor is no product; give two or more");
  check_chain(tensors);
  if (tensors.size() == 2) return matmul(tensors[0], tensors[1]);
  std::vector<Tensor> matrices = tensors;
  Shape result;
  if (tensors.front().dim() == 1)
    matrices.front() = unsqueeze(matrices.front(), 0);
  else
    result.push_back(tensors.front().size(0));
  if (tensors.back().dim() == 1)
    matrices.back() = unsqueeze(matrices.back(), 1);
  else
    result.push_back(tensors.back().size(1));
  const Tensor product = Chain(matrices).product();
  return result.rank() == 2 ? product : reshape(product, result);
} catch (...) {
  detail::rethrow_for("multi_dot");
}

Tensor matrix_power(const Tensor& x, Integer n) {
  detail::require_defined(x, "matrix_power");
  detail::require_product_types(x, x, "matrix_power");
  if (x.dim() < 2 || x.size(-2) != x.size(-1))
    fail<ShapeError>("matrix_power: shape {} is no square matrix, nor a batch of them", x.shape());
  std::int64_t left = n;
  if (left < 0)
    fail<ValueError>("matrix_power: the power {} is negative; take that of the inverse matrix, {}",
                     left,
                     "inverse(x), with a positive one, or include autograd/linalg/linalg.h, whose "
                     "matrix_power does");
  if (left == 0) return expand(eye(x.size(-1), {}, x.dtype()), x.shape());
  if (left == 1) return x.clone();
  Tensor square = x, result;
  while (true) {
    if (left & 1) result = result.defined() ? matmul(result, square) : square;
    left /= 2;
    if (left == 0) return result;
    square = matmul(square, square);
  }
}

}  // namespace tapegrad
