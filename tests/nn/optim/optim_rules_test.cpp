#include "tests/nn/optim/common.h"

using namespace optim_test;

namespace {

constexpr int kSteps = 60;
constexpr int kElements = 37;  // a full SIMD vector or two, and a tail

/// The published rule for one element: takes its value and its gradient, returns the next value.
using Rule = std::function<double(double value, double gradient)>;
using MakeRule = std::function<Rule()>;

double start_at(int element) { return std::cos(1.3 * element); }

/// Runs optimizer and rule side by side. Each step of the rule starts from its own values.
void check_rule(const MakeOptimizer& make, const MakeRule& make_rule, tg::DType dtype,
                double tolerance) {
  std::vector<double> expected;
  std::vector<Rule> rules;
  for (int i = 0; i < kElements; ++i) {
    expected.push_back(start_at(i));
    rules.push_back(make_rule());
  }
  Tensor parameter = leaf(expected, dtype);
  const auto optimizer = make({{"w", parameter}});
  double worst = 0;
  for (int step = 0; step < kSteps; ++step) {
    set_gradient(parameter, step);
    optimizer->step();
    const auto found = values_of(parameter);
    for (int i = 0; i < kElements; ++i) {
      const auto at = static_cast<std::size_t>(i);
      expected[at] = rules[at](expected[at], gradient_at(step, i, expected[at]));
      worst = std::fmax(worst, std::abs(found[at] - expected[at]) / (1 + std::abs(expected[at])));
    }
  }
  CHECK(worst <= tolerance);
}

void check_rule(const MakeOptimizer& make, const MakeRule& rule) {
  check_rule(make, rule, tg::float64, 1e-12);
  check_rule(make, rule, tg::float32, 2e-5);
}

// ---- The rules, as in the documentation of PyTorch 1.13 and the papers that it names.

MakeRule sgd_rule(nn::SGDOptions o) {
  return [o] {
    return [o, buffer = 0.0, first = true](double p, double g) mutable {
      if (o.maximize) g = -g;
      g += o.weight_decay * p;
      if (o.momentum != 0) {
        buffer = first ? g : o.momentum * buffer + (1 - o.dampening) * g;
        first = false;
        g = o.nesterov ? g + o.momentum * buffer : buffer;
      }
      return p - o.lr * g;
    };
  };
}

template <class Options>
MakeRule adam_rule(Options o, bool decoupled) {
  return [o, decoupled] {
    return [o, decoupled, m = 0.0, v = 0.0, largest = 0.0, t = 0](double p, double g) mutable {
      ++t;
      if (o.maximize) g = -g;
      if (decoupled)
        p -= o.lr * o.weight_decay * p;
      else
        g += o.weight_decay * p;
      m = o.betas[0] * m + (1 - o.betas[0]) * g;
      v = o.betas[1] * v + (1 - o.betas[1]) * g * g;
      largest = std::fmax(largest, v);
      const double mean = m / (1 - std::pow(o.betas[0], t));
      const double square = (o.amsgrad ? largest : v) / (1 - std::pow(o.betas[1], t));
      return p - o.lr * mean / (std::sqrt(square) + o.eps);
    };
  };
}

MakeRule rmsprop_rule(nn::RMSpropOptions o) {
  return [o] {
    return [o, square = 0.0, mean = 0.0, buffer = 0.0](double p, double g) mutable {
      if (o.maximize) g = -g;
      g += o.weight_decay * p;
      square = o.alpha * square + (1 - o.alpha) * g * g;
      double variance = square;
      if (o.centered) {
        mean = o.alpha * mean + (1 - o.alpha) * g;
        variance = square - mean * mean;
      }
      const double change = g / (std::sqrt(variance) + o.eps);
      if (o.momentum == 0) return p - o.lr * change;
      buffer = o.momentum * buffer + change;
      return p - o.lr * buffer;
    };
  };
}

MakeRule adagrad_rule(nn::AdagradOptions o) {
  return [o] {
    return [o, sum = o.initial_accumulator_value, t = 0](double p, double g) mutable {
      ++t;
      if (o.maximize) g = -g;
      g += o.weight_decay * p;
      sum += g * g;
      return p - o.lr / (1 + (t - 1) * o.lr_decay) * g / (std::sqrt(sum) + o.eps);
    };
  };
}

}  // namespace

TEST_CASE("SGD follows its rule with every option", "[optim]") {
  const nn::SGDOptions options[] = {
      {.lr = 0.1},
      {.lr = 0.1, .weight_decay = 0.05},
      {.lr = 0.05, .momentum = 0.9},
      {.lr = 0.05, .momentum = 0.9, .dampening = 0.3, .weight_decay = 0.01},
      {.lr = 0.05, .momentum = 0.8, .weight_decay = 0.01, .nesterov = true},
      {.lr = 0.01, .momentum = 0.5, .maximize = true},
  };
  for (const auto& o : options) check_rule(make<nn::SGD>(o), sgd_rule(o));
}

TEST_CASE("Adam follows its rule with every option", "[optim]") {
  const nn::AdamOptions options[] = {
      {.lr = 0.02},
      {.lr = 0.02, .betas = {0.8, 0.95}, .eps = 1e-4, .weight_decay = 0.1},
      {.lr = 0.02, .betas = {0.5, 0.6}, .amsgrad = true},
      {.lr = 0.01, .weight_decay = 0.02, .amsgrad = true, .maximize = true},
      {.lr = 0.02, .betas = {0, 0.9}},
  };
  for (const auto& o : options) check_rule(make<nn::Adam>(o), adam_rule(o, false));
}

TEST_CASE("AdamW shrinks the parameters apart from the gradient", "[optim]") {
  const nn::AdamWOptions options[] = {
      {.lr = 0.02},
      {.lr = 0.02, .betas = {0.8, 0.95}, .weight_decay = 0.3},
      {.lr = 0.02, .weight_decay = 0.1, .amsgrad = true},
      {.lr = 0.01, .maximize = true},
  };
  for (const auto& o : options) check_rule(make<nn::AdamW>(o), adam_rule(o, true));
}

TEST_CASE("RMSprop follows its rule with every option", "[optim]") {
  const nn::RMSpropOptions options[] = {
      {.lr = 0.01},
      {.lr = 0.01, .alpha = 0.9, .eps = 1e-3, .weight_decay = 0.05},
      {.lr = 0.005, .momentum = 0.9},
      {.lr = 0.005, .alpha = 0.9, .eps = 1e-2, .centered = true},
      {.lr = 0.002, .eps = 1e-2, .momentum = 0.7, .centered = true, .maximize = true},
  };
  for (const auto& o : options) check_rule(make<nn::RMSprop>(o), rmsprop_rule(o));
}

TEST_CASE("Adagrad follows its rule with every option", "[optim]") {
  const nn::AdagradOptions options[] = {
      {.lr = 0.1},
      {.lr = 0.1, .lr_decay = 0.05, .weight_decay = 0.02},
      {.lr = 0.1, .initial_accumulator_value = 0.5, .eps = 1e-3},
      {.lr = 0.02, .maximize = true},
  };
  for (const auto& o : options) check_rule(make<nn::Adagrad>(o), adagrad_rule(o));
}

TEST_CASE("the defaults are PyTorch's", "[optim]") {
  CHECK(nn::AdamOptions{}.lr == 1e-3);
  CHECK(nn::AdamOptions{}.betas[1] == 0.999);
  CHECK(nn::AdamOptions{}.eps == 1e-8);
  CHECK(nn::AdamWOptions{}.weight_decay == 1e-2);
  CHECK(nn::RMSpropOptions{}.lr == 1e-2);
  CHECK(nn::RMSpropOptions{}.alpha == 0.99);
  CHECK(nn::AdagradOptions{}.lr == 1e-2);
  CHECK(nn::AdagradOptions{}.eps == 1e-10);
}

namespace {

/// Two groups of one optimizer, with these options, change their parameters as two optimizers do.
template <class Optimizer, class Options>
void check_groups_apart(const Options& one, const Options& other) {
  const auto start = [](double shift) { return leaf({1 + shift, -2, 0.5 + shift}, tg::float64); };
  Tensor a = start(0), b = start(1), alone_a = start(0), alone_b = start(1);
  Optimizer groups({{"a", a}}, one);
  groups.add_group({{"b", b}}, other);
  Optimizer first({{"a", alone_a}}, one), second({{"b", alone_b}}, other);
  for (int step = 0; step < 5; ++step) {
    for (Tensor* each : {&a, &b, &alone_a, &alone_b}) set_gradient(*each, step);
    groups.step();
    first.step();
    second.step();
    CHECK(values_of(a) == values_of(alone_a));
    CHECK(values_of(b) == values_of(alone_b));
  }
}

}  // namespace

TEST_CASE("groups with other options are as optimizers of their own", "[optim]") {
  check_groups_apart<nn::SGD>(nn::SGDOptions{.lr = 0.1, .momentum = 0.9},
                              nn::SGDOptions{.lr = 0.05, .momentum = 0.5, .nesterov = true});
  check_groups_apart<nn::Adam>(nn::AdamOptions{.betas = {0.9, 0.99}},
                               nn::AdamOptions{.betas = {0.5, 0.6}, .amsgrad = true});
  check_groups_apart<nn::AdamW>(nn::AdamWOptions{.betas = {0.9, 0.99}},
                                nn::AdamWOptions{.betas = {0.9, 0.6}, .weight_decay = 0.3});
  check_groups_apart<nn::RMSprop>(nn::RMSpropOptions{.alpha = 0.9},
                                  nn::RMSpropOptions{.alpha = 0.5, .centered = true});
  check_groups_apart<nn::Adagrad>(nn::AdagradOptions{.lr = 0.1, .lr_decay = 0.05},
                                  nn::AdagradOptions{.lr = 0.2, .lr_decay = 0.5});
}
