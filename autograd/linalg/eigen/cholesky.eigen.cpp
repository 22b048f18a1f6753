#include <Eigen/Cholesky>

#include "autograd/linalg/eigen/dense.h"
#include "autograd/linalg/eigen/eigen.h"

namespace tapegrad::dense {

template <>
std::int64_t cholesky(const Element* a, std::int64_t n, Element* l) {
  Matrix matrix = In(a, n, n);
  // What LLT is made of: LLT itself does not say which pivot it was.
  const std::int64_t failed = Eigen::internal::llt_inplace<Element, Eigen::Lower>::blocked(matrix);
  if (failed >= 0) return failed;
  Out lower(l, n, n);
  lower.setZero();
  lower.triangularView<Eigen::Lower>() = matrix;
  for (std::int64_t i = 0; i < n; ++i)
    if (!(l[i * (n + 1)] > 0)) return i;
  return -1;
}

}  // namespace tapegrad::dense
