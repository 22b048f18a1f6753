#include <autograd/autograd.h>
#include <autograd/linalg/linalg.h>
#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <vector>

// Newton's method with derivatives that nobody writes down: the roots of a system by `jacobian`, and
// the minimum of a function of many numbers by `hvp`, products with a Hessian that is never there as
// a matrix. Near the end each step doubles the number of digits that are right, as it must where
// derivatives are exact.

namespace tg = tapegrad;

namespace {

/// The largest element, without its sign.
double size(const tg::Tensor& x) { return tg::amax(tg::abs(x)).item(); }

/// The order of convergence that the last three errors tell: 2 where each is about the square of the
/// one before.
double order(const std::vector<double>& errors) {
  const std::size_t n = errors.size();
  return std::log(errors[n - 1] / errors[n - 2]) / std::log(errors[n - 2] / errors[n - 3]);
}

/// What three nodes and their weights miss of the integrals of 1, x, ... x^5 from -1 to 1. With no
/// misses the rule is Gauss's, which is exact for all polynomials up to that degree.
tg::Tensor misses(const tg::Tensor& nodes_and_weights) {
  const tg::Tensor x = nodes_and_weights.narrow(0, 0, 3), w = nodes_and_weights.narrow(0, 3, 3);
  std::vector<tg::Tensor> miss;
  for (int k = 0; k < 6; ++k)
    miss.push_back(tg::sum(w * tg::pow(x, k)) - (k % 2 == 0 ? 2.0 / (k + 1) : 0));
  return tg::stack(miss);
}

bool solve_system() {
  fmt::print("Gauss's rule of three nodes: six equations, F(x) = 0\n");
  const tg::Tensor exact =
      tg::tensor({-std::sqrt(0.6), 0.0, std::sqrt(0.6), 5 / 9., 8 / 9., 5 / 9.});
  tg::Tensor x = tg::tensor({-0.7, 0.1, 0.9, 0.6, 0.8, 0.6});
  std::vector<double> errors{size(x - exact)};
  fmt::print("{:>6} {:>10} {:>10} {:>10}\n{:6} {:10.1e} {:10.1e}\n", "step", "|F|", "error",
             "order", 0, size(misses(x)), errors.back());
  double last_order = 0;
  while (errors.back() > 1e-12 && errors.size() < 20) {
    x = x - tg::solve(tg::jacobian(misses, x), misses(x));
    errors.push_back(size(x - exact));
    fmt::print("{:6} {:10.1e} {:10.1e}", errors.size() - 1, size(misses(x)), errors.back());
    // Below that only roundings are left.
    if (errors.size() > 2 && errors.back() > 1e-14)
      fmt::print(" {:10.2f}", last_order = order(errors));
    fmt::print("\n");
  }
  return errors.back() < 1e-12 && last_order > 1.8;
}

constexpr std::int64_t kPieces = 200;

/// The area, by 2 pi, of a soap film between two rings at x = -0.5 and 0.5, whose radii between them
/// are `radii`: a chain of truncated cones.
tg::Tensor area(const tg::Tensor& radii) {
  const tg::Tensor ring = tg::full({1}, std::cosh(0.5));
  const tg::Tensor r = tg::cat({ring, radii, ring});
  const tg::Tensor a = r.narrow(0, 0, kPieces), b = r.narrow(0, 1, kPieces);
  return tg::sum((a + b) / 2 * tg::sqrt(tg::square(b - a) + 1.0 / (kPieces * kPieces)));
}

/// H p = g by conjugate gradients, which needs of H only its products.
tg::Tensor conjugate_gradients(const tg::Tensor& x, const tg::Tensor& g, int& products) {
  tg::Tensor p = tg::zeros_like(g), r = g, direction = g;
  double rr = tg::dot(r, r).item();
  const double enough = 1e-24 * rr;
  for (int k = 0; rr > enough && k < 2 * kPieces; ++k) {
    const tg::Tensor along = tg::hvp(area, x, direction).second;
    const double length = rr / tg::dot(direction, along).item();
    p = p + length * direction;
    r = r - length * along;
    const double next = tg::dot(r, r).item();
    direction = r + next / rr * direction;
    rr = next;
    ++products;
  }
  return p;
}

bool minimise() {
  fmt::print("\nA soap film between two rings: the least area, {} unknown radii\n", kPieces - 1);
  fmt::print("{:>6} {:>14} {:>10} {:>10}\n", "step", "area", "|gradient|", "products");
  const auto gradient_and_area = tg::grad_and_value(area);
  const tg::Tensor x = tg::linspace(-0.5, 0.5, kPieces + 1);
  tg::Tensor radii = tg::full({kPieces - 1}, std::cosh(0.5));  // a cylinder
  std::vector<double> gradients;
  int products = 0;
  for (;;) {
    const auto [g, value] = gradient_and_area(radii);
    gradients.push_back(size(g));
    fmt::print("{:6} {:14.10f} {:10.1e} {:10}\n", gradients.size() - 1,
               2 * std::numbers::pi * value.item(), gradients.back(), products);
    if (gradients.back() < 1e-12 || gradients.size() == 15) break;
    radii = radii - conjugate_gradients(radii, g, products);
  }
  // Euler found in 1744 that it is a catenoid.
  const double error = size(radii - tg::cosh(x.narrow(0, 1, kPieces - 1)));
  fmt::print("largest distance from the catenoid cosh(x): {:.1e}\n", error);
  return gradients.back() < 1e-12 && error < 1e-5;
}

}  // namespace

int main() {
  const tg::DefaultDType doubles(tg::float64);
  const bool solved = solve_system(), minimised = minimise();
  if (!solved || !minimised) fmt::print("WRONG: Newton's method did not converge as it must.\n");
  return solved && minimised ? 0 : 1;
}
