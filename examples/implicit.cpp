#include <autograd/autograd.h>
#include <fmt/format.h>

#include <cmath>
#include <vector>

// How strongly should each weight of a model be held back? A model is trained to its minimum for
// given penalties, and judged on other data: the penalties are what is learned here, by the
// gradient of that verdict. It goes through the minimum, w* = argmin f(w, p), by the implicit
// function theorem: how the solver got there does not matter, and nothing of it is kept.
//
// Only three of the twelve inputs have to do with the outcome. The penalties find out which.

namespace tg = tapegrad;

namespace {

constexpr std::int64_t kInputs = 12, kUseful = 3, kSamples = 30;

struct Data {
  tg::Tensor x, y;
};

Data draw(const tg::Tensor& truth, std::int64_t count) {
  const tg::Tensor x = tg::randn({count, kInputs}, tg::float64);
  const tg::Tensor chance = tg::sigmoid(tg::matmul(x, truth));
  return {x, (tg::rand({count}, tg::float64) < chance).to(tg::float64)};
}

/// What logistic regression makes smaller: log(1 + exp(-z)) of the right answers.
tg::Tensor loss(const tg::Tensor& w, const Data& data) {
  const tg::Tensor z = tg::matmul(data.x, w);
  return tg::mean(tg::softplus(z) - z * data.y);
}

}  // namespace

int main() {
  tg::manual_seed(8);
  const tg::Tensor truth = tg::cat(
      {tg::tensor({2.0, -2.0, 1.5}, tg::float64), tg::zeros({kInputs - kUseful}, tg::float64)});
  const Data training = draw(truth, kSamples), judged = draw(truth, 500);

  const auto f = [&](const tg::Tensor& w, const tg::Tensor& p) {
    return loss(w, training) + tg::sum(tg::exp(p) * w * w);
  };
  // Nesterov's descent. It knows f alone, and opens EnableGrad, since solvers run without a tape.
  int steps = 0;
  const auto solver = [&](const tg::Tensor& p) {
    tg::Tensor w = tg::zeros({kInputs}, tg::float64), before = w;
    for (steps = 0; steps < 5000; ++steps) {
      const tg::EnableGrad enable;
      const tg::Tensor at = (w + 0.9 * (w - before)).detach().requires_grad_();
      const tg::Tensor slope = tg::grad(f(at, p), at);
      if (tg::amax(tg::abs(slope)).item() < 1e-10) break;
      before = w;
      w = at.detach() - 0.2 * slope;
    }
    return w;
  };
  const auto verdict = [&](const tg::Tensor& p) {
    return loss(tg::implicit_minimum(solver, f, p), judged);
  };

  tg::Tensor p = tg::full({kInputs}, -3.0, tg::float64).requires_grad_();
  const tg::Tensor first = verdict(p);
  const tg::Tensor gradient = tg::grad(first, p);
  fmt::print("a minimum after {} steps; verdict {:.4f}\n", steps, first.item());

  // Is that the gradient? Ask for two penalties beside it.
  const double h = 1e-4;
  tg::Tensor unit = tg::cat({tg::ones({1}, tg::float64), tg::zeros({kInputs - 1}, tg::float64)});
  const double difference =
      (verdict(p.detach() + h * unit).item() - verdict(p.detach() - h * unit).item()) / (2 * h);
  fmt::print("slope for the first penalty: {:.10f}, by differences {:.10f}\n", gradient[0].item(),
             difference);

  for (int i = 0; i < 60; ++i) {
    const tg::Tensor slope = tg::grad(verdict(p), p);
    const tg::NoGrad no_grad;
    p -= 20 * slope;
  }
  const double last = verdict(p.detach()).item();
  fmt::print("learned penalties: verdict {:.4f}\n", last);
  const tg::Tensor penalties = tg::exp(p.detach());
  const double useful = tg::amax(penalties.narrow(0, 0, kUseful)).item();
  const double others = tg::mean(penalties.narrow(0, kUseful, kInputs - kUseful)).item();
  fmt::print("of the three that matter at most {:.3f}, of the others {:.3f} on average\n", useful,
             others);
  const bool right = std::abs(difference - gradient[0].item()) < 1e-6;
  return right && last < first.item() && useful < others ? 0 : 1;
}
