#pragma once

#include <functional>
#include <vector>

// Internal: linear systems of which only products are known.

namespace tapegrad::detail {

using Vector = std::vector<double>;

/// What an iteration has arrived at.
struct LinearResult {
  Vector x;
  double residual;  ///< the norm of b - A x, as a part of that of b
  int products;     ///< so many were needed
};

/// Solves A x = b for the square matrix A that `product` multiplies by, to a residual of
/// `precision`, or as far as it goes with `most` products. By GMRES, begun again after 100 steps
/// (Saad and Schultz, "GMRES: a generalized minimal residual algorithm for solving nonsymmetric
/// linear systems", SIAM J. Sci. Stat. Comput. 7, 1986), with every vector made orthogonal twice.
LinearResult gmres(const std::function<Vector(const Vector&)>& product, const Vector& b,
                   double precision, int most);

}  // namespace tapegrad::detail
