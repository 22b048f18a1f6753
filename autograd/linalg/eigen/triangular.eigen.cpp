#include "autograd/linalg/eigen/dense.h"
#include "autograd/linalg/eigen/eigen.h"

namespace tapegrad::dense {

template <>
void solve_triangular(const Element* a, Triangle triangle, std::int64_t n, Element* b,
                      std::int64_t k) {
  Matrix matrix(n, n);
  if (triangle.transposed)
    matrix = In(a, n, n).transpose();
  else
    matrix = In(a, n, n);
  if (triangle.unit) matrix.diagonal().setOnes();
  Matrix x = In(b, n, k);
  if (triangle.upper != triangle.transposed)
    matrix.triangularView<Eigen::Upper>().solveInPlace(x);
  else
    matrix.triangularView<Eigen::Lower>().solveInPlace(x);
  Out(b, n, k) = x;
}

}  // namespace tapegrad::dense
