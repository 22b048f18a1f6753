#include <Eigen/Eigenvalues>

#include "autograd/linalg/eigen/dense.h"
#include "autograd/linalg/eigen/eigen.h"

namespace tapegrad::dense {

template <>
bool eigh(const Element* a, std::int64_t n, Element* values, Element* vectors) {
  const Eigen::SelfAdjointEigenSolver<Matrix> solver{Matrix(In(a, n, n))};
  Out(values, n, 1) = solver.eigenvalues();
  Out(vectors, n, n) = solver.eigenvectors();
  return solver.info() == Eigen::Success;
}

}  // namespace tapegrad::dense
