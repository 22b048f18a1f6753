#include <Eigen/LU>

#include "autograd/linalg/eigen/dense.h"
#include "autograd/linalg/eigen/eigen.h"

namespace tapegrad::dense {

template <>
std::int64_t lu(const Element* a, std::int64_t n, Element* factors, std::int64_t* rows) {
  Matrix matrix = In(a, n, n);
  const Eigen::PartialPivLU<Eigen::Ref<Matrix>> lu(matrix);
  Out(factors, n, n) = matrix;
  const auto& to = lu.permutationP().indices();
  for (std::int64_t i = 0; i < n; ++i) rows[to[i]] = i;
  for (std::int64_t i = 0; i < n; ++i)
    if (factors[i * (n + 1)] == 0) return i;
  return -1;
}

}  // namespace tapegrad::dense
