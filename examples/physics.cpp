#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

#include <numbers>

// A physics-informed network: no data, only the heat equation u_t = a u_xx of a rod whose ends are
// kept cold. A small network is trained until its derivatives by place and time, forward modes nested
// in each other, satisfy the equation at some hundred points, and training goes back through all of
// them to the weights. The result is compared with the solution, which is known here.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

constexpr double kPi = std::numbers::pi, kDiffusivity = 0.1;
constexpr int kSteps = 2000;

tg::Tensor start(const tg::Tensor& x) { return tg::sin(kPi * x); }

tg::Tensor solution(const tg::Tensor& x, const tg::Tensor& t) {
  return tg::exp(-kDiffusivity * kPi * kPi * t) * start(x);
}

/// The derivative of `f`, a function of points (x, t), by one coordinate, as a function of points.
/// Each value depends on its own point alone, so that one direction serves all.
template <class F>
auto derivative(F f, int coordinate) {
  return [f, coordinate](const tg::Tensor& points) {
    return tg::jvp(f, points, tg::eye(2)[coordinate].expand(points.shape())).second;
  };
}

}  // namespace

int main() {
  const tg::DefaultDType doubles(tg::float64);
  tg::manual_seed(1);
  nn::Sequential net{nn::Linear{2, 16}, tg::tanh, nn::Linear{16, 16}, tg::tanh, nn::Linear{16, 1}};

  // Right in the beginning, and 0 at both ends, whatever the network says.
  const auto u = [&](const tg::Tensor& points) {
    const tg::Tensor x = points.select(-1, 0), t = points.select(-1, 1);
    return start(x) + t * x * (1 - x) * net(points).squeeze(-1);
  };
  const auto u_t = derivative(u, 1);
  const auto u_xx = derivative(derivative(u, 0), 0);

  const tg::Tensor points = tg::rand({256, 2});  // x and t between 0 and 1
  nn::Adam optimizer(nn::parameters(net), {.lr = 0.02});
  nn::CosineAnnealingLR schedule(optimizer, {.T_max = kSteps});
  fmt::print("  step   mean square of u_t - {} u_xx\n", kDiffusivity);
  for (int step = 0; step < kSteps; ++step) {
    optimizer.zero_grad();
    const tg::Tensor loss = tg::mean(tg::square(u_t(points) - kDiffusivity * u_xx(points)));
    loss.backward();
    optimizer.step();
    schedule.step();
    if (step % 400 == 0 || step == kSteps - 1) fmt::print("{:6}   {:.1e}\n", step, loss.item());
  }

  const tg::NoGrad no_grad;
  const tg::Tensor axis = tg::linspace(0, 1, 51), grid = tg::cartesian_prod({axis, axis});
  const tg::Tensor exact = solution(grid.select(1, 0), grid.select(1, 1));
  const double error = tg::amax(tg::abs(u(grid) - exact)).item();
  fmt::print("\nlargest error on a grid of {} points: {:.1e}\n", grid.size(0), error);

  // The second derivatives once more, by reverse mode at each point: forward over reverse, batched.
  const tg::Tensor H =
      tg::vmap([&](const tg::Tensor& point) { return tg::hessian(u, point); })(points);
  const double apart = tg::amax(tg::abs(H.select(1, 0).select(1, 0) - u_xx(points))).item();
  fmt::print("u_xx by nested jvp and by vmap of hessian differ by {:.1e}\n", apart);

  const bool right = error < 2e-3 && apart < 1e-10;
  if (!right) fmt::print("WRONG: that should be less than 2e-3, and 1e-10.\n");
  return right ? 0 : 1;
}
