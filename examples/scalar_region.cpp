#include <autograd/autograd.h>
#include <autograd/scalar_op.h>
#include <fmt/format.h>

#include <cmath>
#include <vector>

// How steep should one throw, so that a ball flies as far as it can? The flight is a loop over some
// thousand small steps, until the ball is on the ground: plain C++ over a few numbers. As a scalar
// operator it is one record on the tape, for all balls at once, with its derivatives. Newton's method
// takes the first two by the angle to find the best one; that by the drag says what less drag is
// worth.

namespace tg = tapegrad;

namespace {

constexpr double kGravity = 9.81, kSpeed = 50, kStep = 0.002;

/// How far a ball flies that is thrown at `angle`, where the air slows it by `drag` times the square
/// of its speed.
const auto distance = tg::scalar_op(
    [](auto angle, auto drag) {
      using Number = decltype(angle);
      Number x = 0, height = 0, vx = kSpeed * cos(angle), vz = kSpeed * sin(angle);
      while (true) {
        const Number slowed = -drag * sqrt(vx * vx + vz * vz);
        const Number ax = slowed * vx, az = slowed * vz - kGravity;
        const Number next = height + kStep * (vz + kStep / 2 * az);
        if (next < 0) break;
        x += kStep * (vx + kStep / 2 * ax);
        height = next;
        vx += kStep * ax;
        vz += kStep * az;
      }
      // What is left of the flight is shorter than a step: a parabola.
      return x + vx * (2 * height / (sqrt(vz * vz + 2 * kGravity * height) - vz));
    },
    "distance");

}  // namespace

int main() {
  const tg::Tensor drag =
      tg::tensor({0.0, 0.001, 0.002, 0.005, 0.01, 0.02}, tg::float64).requires_grad_();
  tg::Tensor angle = tg::full({6}, 0.7, tg::float64).requires_grad_();
  fmt::print("{}\n", tg::format_records(tg::sum(distance(angle, drag))));

  for (int step = 0; step < 6; ++step) {
    const tg::Tensor far = tg::sum(distance(angle, drag));
    const tg::Tensor slope = tg::grad(far, angle, {.create_graph = true});
    const tg::Tensor bend = tg::grad(tg::sum(slope), angle);
    fmt::print("step {}  largest slope {:9.2e}\n", step, tg::max(tg::abs(slope)).item());
    angle = (angle - slope / bend).detach().requires_grad_();
  }

  const tg::Tensor far = distance(angle, drag);
  const tg::Tensor worth = tg::grad(tg::sum(far), drag);
  fmt::print("\n drag   best angle   distance   for a drag less by 0.0001\n");
  for (std::int64_t i = 0; i < drag.size(0); ++i)
    fmt::print("{:.3f} {:10.3f}   {:8.2f} m {:10.2f} m\n", drag[i].item(),
               angle[i].item() * 180 / M_PI, far[i].item(), -1e-4 * worth[i].item());

  // Without drag it is known: 45 degrees, and v^2 / g.
  const bool right = std::abs(angle[0].item() - M_PI / 4) < 1e-9 &&
                     std::abs(far[0].item() - kSpeed * kSpeed / kGravity) < 1e-6;
  fmt::print("\nwithout drag {}\n", right ? "as in the books" : "WRONG");
  return right ? 0 : 1;
}
