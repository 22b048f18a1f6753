#include <Eigen/SVD>

#include "autograd/linalg/eigen/dense.h"
#include "autograd/linalg/eigen/eigen.h"

namespace tapegrad::dense {

// By Jacobi's rotations: the most accurate way, and a third of the text of BDCSVD, which is faster
// from some 50 rows on.
template <>
bool svd(const Element* a, std::int64_t m, std::int64_t n, bool full, Element* u, Element* s,
         Element* vh) {
  const unsigned parts =
      full ? Eigen::ComputeFullU | Eigen::ComputeFullV : Eigen::ComputeThinU | Eigen::ComputeThinV;
  const Eigen::JacobiSVD<Matrix> svd(In(a, m, n), parts);
  const std::int64_t k = m < n ? m : n;
  Out(u, m, full ? m : k) = svd.matrixU();
  Out(s, k, 1) = svd.singularValues();
  Out(vh, full ? n : k, n) = svd.matrixV().transpose();
  return svd.info() == Eigen::Success;
}

}  // namespace tapegrad::dense
