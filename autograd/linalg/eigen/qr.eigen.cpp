#include <Eigen/QR>

#include "autograd/linalg/eigen/dense.h"
#include "autograd/linalg/eigen/eigen.h"

namespace tapegrad::dense {

template <>
void qr(const Element* a, std::int64_t m, std::int64_t n, std::int64_t k, Element* q, Element* r) {
  const Eigen::HouseholderQR<Matrix> qr{Matrix(In(a, m, n))};
  Matrix columns = Matrix::Identity(m, k);
  columns.applyOnTheLeft(qr.householderQ());
  Out(q, m, k) = columns;
  Out upper(r, k, n);
  upper.setZero();
  upper.triangularView<Eigen::Upper>() = qr.matrixQR().topRows(k);
}

}  // namespace tapegrad::dense
