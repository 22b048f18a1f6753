#include <autograd/autograd.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

// An equation that spreads and grows, u_t = d u_xx + r u (1 - u) (Fisher, Kolmogorov, Petrovsky and
// Piskunov, 1937): a gene in a population, a flame. Runge and Kutta integrate it in many steps, and
// backward() goes through all of them: how does where the wave is at the end depend on d and r?
//
// The tape of all steps is long. With checkpoints only the state before each 32 steps is kept, and
// these are computed once more on the way back. The gradients are the same to the last bit, which
// the program checks.

namespace tg = tapegrad;

namespace {

constexpr std::int64_t kPoints = 256;
constexpr int kSteps = 1024, kSegment = 32;
constexpr double kTime = 10, kLength = 50;

/// The state moves by one step of the classical method of fourth order.
tg::Tensor runge_kutta(const auto& f, const tg::Tensor& u, double h) {
  const tg::Tensor a = f(u);
  const tg::Tensor b = f(u + h / 2 * a);
  const tg::Tensor c = f(u + h / 2 * b);
  const tg::Tensor d = f(u + h * c);
  return u + h / 6 * (a + 2 * b + 2 * c + d);
}

struct Wave {
  tg::Tensor d = tg::tensor(1.0, tg::float64).requires_grad_();
  tg::Tensor r = tg::tensor(0.8, tg::float64).requires_grad_();

  tg::Tensor velocity(const tg::Tensor& u) const {
    // Nothing flows through the ends.
    const tg::Tensor padded = tg::cat({u[0].reshape({1}), u, u[-1].reshape({1})});
    const double dx = kLength / kPoints;
    const tg::Tensor bend =
        (padded.narrow(0, 0, kPoints) - 2 * u + padded.narrow(0, 2, kPoints)) / (dx * dx);
    return d * bend + r * u * (1 - u);
  }
  tg::Tensor steps(tg::Tensor u, int count) const {
    const auto f = [this](const tg::Tensor& state) { return velocity(state); };
    for (int i = 0; i < count; ++i) u = runge_kutta(f, u, kTime / kSteps);
    return u;
  }
};

struct Run {
  tg::Tensor front;                   ///< how far the wave has come
  std::vector<tg::Tensor> gradients;  ///< of that, for d and r
  std::int64_t kept;                  ///< bytes that the tape holds before the walk
};

Run run(const Wave& wave, bool checkpointed) {
  const std::int64_t before = tg::memory_stats().live_bytes;
  const tg::Tensor x = tg::linspace(0, kLength, kPoints, tg::float64);
  tg::Tensor u = tg::exp(-x * x);
  for (int i = 0; i < kSteps; i += kSegment) {
    const auto segment = [&wave](const tg::Tensor& state) { return wave.steps(state, kSegment); };
    u = checkpointed ? tg::checkpoint(segment, u) : segment(u);
  }
  const tg::Tensor front = tg::sum(u) * (kLength / kPoints);
  const std::int64_t kept = tg::memory_stats().live_bytes - before;
  return {front.detach(), tg::grad({front}, {wave.d, wave.r}), kept};
}

bool same_bits(const tg::Tensor& a, const tg::Tensor& b) { return a.item() == b.item(); }

}  // namespace

int main() {
  const Wave wave;
  const Run plain = run(wave, false), again = run(wave, true);
  fmt::print("{} steps on {} points: the wave is at {:.4f}\n", kSteps, kPoints, plain.front.item());
  fmt::print("                  tape    d front / d d    d front / d r\n");
  for (const auto& [name, each] : {std::pair("whole", plain), std::pair("checkpoints", again)})
    fmt::print("{:<12} {:6.2f} MB   {:.11f}    {:.11f}\n", name,
               1e-6 * static_cast<double>(each.kept), each.gradients[0].item(),
               each.gradients[1].item());

  const bool same = same_bits(plain.front, again.front) &&
                    same_bits(plain.gradients[0], again.gradients[0]) &&
                    same_bits(plain.gradients[1], again.gradients[1]);
  fmt::print("the same bits: {}\n", same ? "yes" : "no");

  // Is that the slope? Ask two waves beside it.
  Wave faster, slower;
  const double step = 1e-4;
  faster.r = tg::tensor(0.8 + step, tg::float64);
  slower.r = tg::tensor(0.8 - step, tg::float64);
  const tg::NoGrad no_grad;
  const tg::Tensor x = tg::linspace(0, kLength, kPoints, tg::float64), start = tg::exp(-x * x);
  const double difference =
      tg::sum(faster.steps(start, kSteps) - slower.steps(start, kSteps)).item() *
      (kLength / kPoints) / (2 * step);
  fmt::print("by differences for r: {:.6f}\n", difference);
  const bool right = std::abs(difference - again.gradients[1].item()) < 1e-5 * std::abs(difference);
  return same && right && 10 * again.kept < plain.kept ? 0 : 1;
}
