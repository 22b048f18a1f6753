// Random graphs, in which operands are shared, broadcast, kept and left out. The fused rules, which
// add to gradients and write over them, must agree with the recorded ones, which do neither, and
// those with differences.

#include <cmath>
#include <random>

#include "autograd/autograd.h"
#include "tests/catch.h"

namespace tg = tapegrad;
using tg::Shape;
using tg::Tensor;

namespace {

using Draw = std::mt19937;
using Function = Tensor (*)(const Tensor& a, const Tensor& b);

bool broadcasts(const Tensor& a, const Tensor& b) {
  for (int i = 1; i <= std::min(a.dim(), b.dim()); ++i)
    if (a.size(-i) != b.size(-i) && a.size(-i) != 1 && b.size(-i) != 1) return false;
  return true;
}

/// Operators that are smooth, so that differences apply. Undefined where the operands do not fit.
const Function kOperators[] = {
    [](const Tensor& a, const Tensor& b) { return broadcasts(a, b) ? a * b : Tensor(); },
    [](const Tensor& a, const Tensor& b) { return broadcasts(a, b) ? a + b : Tensor(); },
    [](const Tensor& a, const Tensor& b) { return broadcasts(a, b) ? a - b : Tensor(); },
    [](const Tensor& a, const Tensor& b) {
      return broadcasts(a, b) ? a / (tg::square(b) + 1) : Tensor();
    },
    [](const Tensor& a, const Tensor&) { return a * a; },
    [](const Tensor& a, const Tensor&) { return a + a; },
    [](const Tensor& a, const Tensor&) { return -a; },
    [](const Tensor& a, const Tensor&) { return a * 1.5 + 0.1; },
    [](const Tensor& a, const Tensor&) { return tg::tanh(a); },
    [](const Tensor& a, const Tensor&) { return tg::sigmoid(a); },
    [](const Tensor& a, const Tensor&) { return tg::exp(-tg::square(a)); },
    [](const Tensor& a, const Tensor&) { return tg::reshape(a, {-1}); },
    [](const Tensor& a, const Tensor&) { return tg::var(a, {}, 0); },
    [](const Tensor& a, const Tensor&) { return a.dim() > 0 ? tg::sum(a, 0) : Tensor(); },
    [](const Tensor& a, const Tensor&) { return a.dim() > 0 ? tg::mean(a, -1, true) : Tensor(); },
    [](const Tensor& a, const Tensor&) { return a.dim() > 0 ? tg::softmax(a, -1) : Tensor(); },
    [](const Tensor& a, const Tensor&) {
      return a.dim() > 0 ? tg::cat({a, a}, 0) : Tensor();
    },
    [](const Tensor& a, const Tensor&) {
      return a.dim() > 0 && a.size(0) > 1 ? tg::narrow(a, 0, 1, 1) : Tensor();
    },
    [](const Tensor& a, const Tensor&) { return a.dim() > 1 ? tg::transpose(a, 0, 1) : Tensor(); },
    [](const Tensor& a, const Tensor&) {
      return a.dim() == 2 ? tg::matmul(a, tg::transpose(a, 0, 1)) : Tensor();
    },
};

/// A graph over `leaves`, the same for the same seed. `made` receives what lies between.
Tensor build(const std::vector<Tensor>& leaves, unsigned seed,
             std::vector<Tensor>* made = nullptr) {
  Draw draw(seed);
  std::vector<Tensor> values = leaves;
  const auto any = [&] { return values[draw() % values.size()]; };
  for (unsigned i = draw() % 12 + 3; i > 0; --i) {
    const Tensor a = any(), b = any();
    const Tensor y = kOperators[draw() % std::size(kOperators)](a, b);
    if (!y.defined() || y.numel() > 100 || y.dim() > 4) continue;
    values.push_back(y * 0.5);
    if (made) made->push_back(values.back());
  }
  Tensor loss = tg::sum(values.back());
  for (const Tensor& value : values)
    if (draw() % 3 == 0) loss = loss + tg::sum(value) * 0.3;
  return loss;
}

std::vector<Tensor> random_leaves(unsigned seed) {
  const Shape shapes[] = {{2, 3}, {3}, {1, 3}, {2, 1}, {}, {2, 2, 3}, {1}};
  Draw draw(seed);
  std::vector<Tensor> leaves;
  for (unsigned i = draw() % 3 + 2; i > 0; --i)
    leaves.push_back(tg::rand(shapes[draw() % std::size(shapes)], tg::float64).requires_grad_());
  return leaves;
}

/// Equal up to rounding. `backward` leaves no gradient where `grad` gives zeros.
bool agree(const Tensor& a, const Tensor& b) {
  if (!a.defined()) return !tg::any(b).item<bool>();
  if (a.shape() != b.shape()) return false;
  return tg::all(tg::abs(a - b) <= 1e-10 * (1 + tg::abs(b))).item<bool>();
}

bool agree(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Tensor& x, const Tensor& y) { return agree(x, y); });
}

}  // namespace

TEST_CASE("in random graphs the fused rules agree with the recorded ones") {
  for (unsigned seed = 0; seed < 1000; ++seed) {
    CAPTURE(seed);
    tg::manual_seed(seed);
    std::vector<Tensor> leaves = random_leaves(seed);
    std::vector<Tensor> kept, twins;
    const Tensor loss = build(leaves, seed, &kept), twin = build(leaves, seed, &twins);
    std::vector<Tensor> asked = leaves;
    asked.insert(asked.end(), twins.begin(), twins.end());
    std::vector<Tensor> recorded =
        tg::grad({twin}, asked, {.create_graph = true, .allow_unused = true});
    for (Tensor& gradient : recorded) gradient = gradient.detach();

    CHECK(agree(tg::grad({loss}, leaves, {.retain_graph = true, .allow_unused = true}),
                {recorded.begin(), recorded.begin() + static_cast<int>(leaves.size())}));
    for (Tensor& value : kept) value.retain_grad();
    loss.backward();
    std::vector<Tensor> collected;
    for (const Tensor& value : leaves) collected.push_back(value.grad());
    for (const Tensor& value : kept) collected.push_back(value.grad());
    CHECK(agree(collected, recorded));
  }
}

TEST_CASE("the gradients of random graphs are those of differences") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    tg::manual_seed(seed);
    const tg::GradcheckResult result = tg::gradcheck(
        [&](const std::vector<Tensor>& in) { return build(in, seed); }, random_leaves(seed));
    INFO(result.message());
    CHECK(result.ok);
  }
}
