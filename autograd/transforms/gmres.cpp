#include "autograd/transforms/gmres.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

namespace tapegrad::detail {

namespace {

double product_of(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}
double norm_of(const Vector& a) { return std::sqrt(product_of(a, a)); }

/// `a` + `factor` * `b`, into `a`.
void add_multiple(Vector& a, double factor, const Vector& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += factor * b[i];
}

/// The steps of GMRES between two beginnings.
struct Steps {
  std::vector<Vector> basis, triangle;  // columns of the latter
  std::vector<std::pair<double, double>> turns;
  Vector right;

  explicit Steps(const Vector& residual) {
    const double norm = norm_of(residual);
    basis.emplace_back(residual.size());
    add_multiple(basis[0], 1 / norm, residual);
    right = {norm};
  }

  /// Takes in `next`, A times the last vector of the basis. False when that is spanned already.
  bool step(Vector next) {
    const double length = norm_of(next);
    Vector column(basis.size());
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t i = 0; i < basis.size(); ++i) {
        const double part = product_of(basis[i], next);
        column[i] += part;
        add_multiple(next, -part, basis[i]);
      }
    }
    double rest = norm_of(next);
    const bool spanned = !(rest > 1e-14 * length);
    if (spanned) rest = 0;
    for (std::size_t i = 0; i < turns.size(); ++i) {
      const auto [c, s] = turns[i];
      const double above = column[i];
      column[i] = c * above + s * column[i + 1];
      column[i + 1] = c * column[i + 1] - s * above;
    }
    const double size = std::hypot(column.back(), rest);
    const double c = size > 0 ? column.back() / size : 1, s = size > 0 ? rest / size : 0;
    column.back() = size;
    turns.emplace_back(c, s);
    right.push_back(-s * right.back());
    right[right.size() - 2] *= c;
    triangle.push_back(std::move(column));
    if (spanned) return false;
    basis.emplace_back(next.size());
    add_multiple(basis.back(), 1 / rest, next);
    return true;
  }

  /// The norm of what is left of the residual.
  double left() const { return std::abs(right.back()); }

  /// Adds what these steps found to `x`.
  void add_to(Vector& x) const {
    double largest = 0;
    for (std::size_t j = 0; j < triangle.size(); ++j)
      largest = std::max(largest, std::abs(triangle[j][j]));
    Vector y(right.begin(), right.end() - 1);
    for (std::size_t j = triangle.size(); j-- > 0;) {
      // Nothing is known of a direction that A takes to 0.
      const bool singular = !(std::abs(triangle[j][j]) > 1e-15 * largest);
      y[j] = singular ? 0 : y[j] / triangle[j][j];
      for (std::size_t i = 0; i < j; ++i) y[i] -= y[j] * triangle[j][i];
      add_multiple(x, y[j], basis[j]);
    }
  }
};

}  // namespace

LinearResult gmres(const std::function<Vector(const Vector&)>& product, const Vector& b,
                   double precision, int most) {
  constexpr std::size_t kSteps = 100;
  LinearResult result{Vector(b.size()), 0, 0};
  const double norm = norm_of(b);
  if (norm == 0) return result;
  const auto times = [&](const Vector& v) {
    ++result.products;
    return product(v);
  };
  Vector residual = b;
  result.residual = 1;
  while (result.residual > precision && result.products + 1 < most) {
    Steps steps(residual);
    while (steps.triangle.size() < std::min(kSteps, b.size()) && result.products + 1 < most)
      if (!steps.step(times(steps.basis.back())) || steps.left() <= precision * norm) break;
    Vector x = result.x;
    steps.add_to(x);
    Vector now = b;
    add_multiple(now, -1, times(x));
    const double left = norm_of(now) / norm;
    if (!(left < result.residual)) break;
    const bool slow = left > 0.9 * result.residual;
    result.x = std::move(x);
    result.residual = left;
    residual = std::move(now);
    if (slow) break;
  }
  return result;
}

}  // namespace tapegrad::detail
