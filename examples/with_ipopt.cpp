#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <string>
#include <vector>

#include "with_ipopt/programme.h"

// The easiest way across a country whose hills a network has learned, around a lake: a nonlinear
// programme, solved by Ipopt. Values, gradients, the sparse Jacobian of the constraints and the
// sparse Hessian of the Lagrangian come from the library, and their patterns are found once.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

constexpr std::int64_t kSteps = 60;

/// Two hills.
tg::Tensor height(const tg::Tensor& points) {
  const auto hill = [&](double x, double y) {
    return tg::exp(-2 * tg::sum(tg::square(points - tg::tensor({x, y})), -1));
  };
  return 2 * hill(-0.8, 0.3) + 2 * hill(0.7, -0.5);
}

/// A network that has seen some hundred heights.
nn::Sequential learned_country() {
  nn::Sequential net{nn::Linear{2, 24}, tg::tanh, nn::Linear{24, 24}, tg::tanh, nn::Linear{24, 1}};
  const tg::Tensor points = 4 * tg::rand({400, 2}) - 2, heights = height(points).unsqueeze(1);
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.01});
  for (int step = 0; step < 1000; ++step) {
    optimizer.zero_grad();
    nn::mse_loss(net(points), heights).backward();
    optimizer.step();
  }
  return net;
}

/// All points of the way, from the unknown ones, which are a vector, and both ends.
tg::Tensor way(const tg::Tensor& x) {
  return tg::cat({tg::tensor({{-2.0, 0.0}}), x.reshape({-1, 2}), tg::tensor({{2.0, 0.0}})});
}
tg::Tensor squared_lengths(const tg::Tensor& points) {
  return tg::sum(tg::square(points.narrow(0, 1, kSteps) - points.narrow(0, 0, kSteps)), 1);
}

/// A map: the way, the lake, and the hills by their height.
void draw(const tg::Tensor& points) {
  constexpr int width = 73, lines = 19;
  std::vector<std::string> map;
  for (int line = 0; line < lines; ++line) {
    const double y = 1.5 - line / 6.;
    std::string row;
    for (int column = 0; column < width; ++column) {
      const double x = -2 + column / 18.;
      const int level = static_cast<int>(2.5 * height(tg::tensor({x, y})).item());
      row += (x - 0.4) * (x - 0.4) + (y - 0.7) * (y - 0.7) < 0.25
                 ? '~'
                 : " .:-=+*#%@"[std::clamp(level, 0, 9)];
    }
    map.push_back(row);
  }
  for (std::int64_t i = 0; i < points.size(0); ++i) {
    const auto column = std::lround((points[i][0].item() + 2) * 18);
    const auto line = std::lround((1.5 - points[i][1].item()) * 6);
    map.at(static_cast<std::size_t>(line)).at(static_cast<std::size_t>(column)) = 'o';
  }
  for (const std::string& row : map) fmt::print("{}\n", row);
}

int run() {
  const tg::DefaultDType doubles(tg::float64);
  tg::manual_seed(1);
  const nn::Sequential country = learned_country();

  // A step is as hard as it is long, and harder the higher it is.
  const auto effort = [&](const tg::Tensor& x) {
    const tg::Tensor points = way(x);
    const tg::Tensor middles = (points.narrow(0, 1, kSteps) + points.narrow(0, 0, kSteps)) / 2;
    return tg::sum(tg::sqrt(squared_lengths(points)) * (1 + country(middles).squeeze(1)));
  };
  // All steps are of one length, and none ends in the lake, a disc around (0.4, 0.7) of radius 0.5.
  const auto constraints = [](const tg::Tensor& x) {
    const tg::Tensor points = way(x), squares = squared_lengths(points);
    const tg::Tensor from_lake =
        tg::sum(tg::square(points.narrow(0, 1, kSteps - 1) - tg::tensor({0.4, 0.7})), 1);
    return tg::cat(
        {squares.narrow(0, 1, kSteps - 1) - squares.narrow(0, 0, kSteps - 1), from_lake - 0.25});
  };
  const tg::Tensor zeros = tg::zeros({kSteps - 1});
  const tg::Tensor across = tg::linspace(-2, 2, kSteps + 1).narrow(0, 1, kSteps - 1);
  const tg::Tensor start = tg::stack({across, 0.2 * tg::cos(across * 0.7854)}, 1).reshape({-1});

  const Ipopt::SmartPtr<programme::Programme> programme = new programme::Programme(
      effort, constraints, tg::cat({zeros, zeros}), tg::cat({zeros, zeros + 2e19}), start);
  const auto show = [](const char* name, const tg::SparsityPattern& pattern) {
    fmt::print("{:<26} {:>3} x {:<3} {:>5} elements, by {:>2} directions\n", name, pattern.rows,
               pattern.columns, pattern.row_indices.size(), pattern.directions);
  };
  show("Jacobian of constraints", *programme->jacobian_pattern());
  show("Hessian of the Lagrangian", *programme->hessian_pattern());

  const Ipopt::SmartPtr<Ipopt::IpoptApplication> solver = IpoptApplicationFactory();
  solver->Options()->SetIntegerValue("print_level", 0);
  solver->Options()->SetStringValue("sb", "yes");
  solver->Options()->SetNumericValue("tol", 1e-10);
  if (solver->Initialize() != Ipopt::Solve_Succeeded) return 1;
  const bool solved = solver->OptimizeTNLP(GetRawPtr(programme)) == Ipopt::Solve_Succeeded;

  // What holds at a minimum, by dense derivatives that Ipopt has not seen: the gradient of the effort
  // is a sum of those of the constraints.
  const tg::Tensor& x = programme->x();
  const auto [values, pullback] = tg::vjp(constraints, x);
  const tg::Tensor rest = tg::grad(effort)(x) + pullback(programme->multipliers());
  const double slope = tg::amax(tg::abs(rest)).item();
  const double unequal = tg::amax(tg::abs(values.narrow(0, 0, kSteps - 1))).item();
  const double dry = tg::amin(values.narrow(0, kSteps - 1, kSteps - 1)).item();
  const double before = effort(start).item(), after = effort(x).item();
  fmt::print("\n{} iterations: effort {:.4f}, at the start {:.4f}\n",
             solver->Statistics()->IterationCount(), after, before);
  fmt::print(
      "steps differ by {:.0e}, distance from the lake {:.0e}, gradient of the Lagrangian {:.0e}\n",
      unequal, dry, slope);
  draw(way(x));

  const bool right = solved && programme->hessian_pattern()->directions < 20 && after < before &&
                     unequal < 1e-8 && dry > -1e-6 && slope < 1e-6;
  if (!right) fmt::print("WRONG: this is no minimum, or its derivatives are not sparse.\n");
  return right ? 0 : 1;
}

}  // namespace

int main() try { return run(); } catch (const std::exception& error) {
  return fmt::print(stderr, "with_ipopt: {}\n", error.what()), 1;
}
