#include <limits>
#include <numbers>

#include "tests/nn/optim/common.h"
#include "tests/warnings.h"

using namespace optim_test;

namespace {

constexpr int kEpochs = 100;
constexpr double kStart = 0.4;

struct Fixture {
  std::vector<Parameter> parameters = some_parameters();
  nn::SGD sgd{{parameters[0]}, {.lr = kStart, .momentum = 0.9}};
};

/// Steps `schedule` and compares the learning rate with `expected(epoch)` before each step.
template <class Schedule>
void check_rates(const nn::Optimizer& optimizer, Schedule& schedule,
                 const std::function<double(int)>& expected, int epochs = kEpochs) {
  for (int epoch = 0; epoch <= epochs; ++epoch) {
    INFO("epoch " << epoch);
    CHECK(schedule.last_epoch() == epoch);
    CHECK(optimizer.lr() == Approx(expected(epoch)).epsilon(1e-9).margin(1e-15));
    if (epoch < epochs) schedule.step();
  }
}

}  // namespace

// The rules are those of the documentation of PyTorch 1.13, in closed form.

TEST_CASE("StepLR multiplies every step_size epochs", "[schedule]") {
  Fixture f;
  nn::StepLR schedule(f.sgd, {.step_size = 30, .gamma = 0.5});
  check_rates(f.sgd, schedule, [](int t) { return kStart * std::pow(0.5, t / 30); });
}

TEST_CASE("MultiStepLR multiplies at each milestone", "[schedule]") {
  Fixture f;
  nn::MultiStepLR schedule(f.sgd, {.milestones = {80, 10, 25, 25}, .gamma = 0.5});
  check_rates(f.sgd, schedule,
              [](int t) { return kStart * std::pow(0.5, (t >= 10) + 2 * (t >= 25) + (t >= 80)); });
}

TEST_CASE("ExponentialLR multiplies each epoch", "[schedule]") {
  Fixture f;
  nn::ExponentialLR schedule(f.sgd, {.gamma = 0.97});
  check_rates(f.sgd, schedule, [](int t) { return kStart * std::pow(0.97, t); });
}

TEST_CASE("CosineAnnealingLR goes down half a cosine and up again", "[schedule]") {
  for (const int period : {1, 2, 7, 40, 100}) {
    Fixture f;
    nn::CosineAnnealingLR schedule(f.sgd, {.T_max = period, .eta_min = 0.01});
    check_rates(f.sgd, schedule, [&](int t) {
      return 0.01 + (kStart - 0.01) * (1 + std::cos(std::numbers::pi * t / period)) / 2;
    });
  }
}

TEST_CASE("LinearLR warms up in a straight line", "[schedule]") {
  Fixture f;
  nn::LinearLR schedule(f.sgd, {.start_factor = 0.1, .end_factor = 0.9, .total_iters = 60});
  check_rates(f.sgd, schedule, [](int t) { return kStart * (t >= 60 ? 0.9 : 0.1 + 0.8 * t / 60); });

  Fixture defaults;
  nn::LinearLR warm_up(defaults.sgd);
  CHECK(defaults.sgd.lr() == Approx(kStart / 3));
  for (int i = 0; i < 5; ++i) warm_up.step();
  CHECK(defaults.sgd.lr() == Approx(kStart));
}

TEST_CASE("schedules on one optimizer multiply", "[schedule]") {
  Fixture f;
  nn::LinearLR warm_up(f.sgd, {.start_factor = 0.25, .total_iters = 10});
  nn::StepLR steps(f.sgd, {.step_size = 20, .gamma = 0.5});
  for (int t = 1; t <= kEpochs; ++t) {
    warm_up.step();
    steps.step();
    const double warm = t >= 10 ? 1 : 0.25 + 0.75 * t / 10;
    CHECK(f.sgd.lr() == Approx(kStart * warm * std::pow(0.5, t / 20)).epsilon(1e-9));
  }
}

TEST_CASE("every group keeps its own rate", "[schedule]") {
  Fixture f;
  f.sgd.add_group({f.parameters[1]}, {.lr = 0.1});
  nn::CosineAnnealingLR schedule(f.sgd, {.T_max = 10});
  for (int t = 1; t <= 25; ++t) {
    schedule.step();
    const double share = (1 + std::cos(std::numbers::pi * t / 10)) / 2;
    CHECK(f.sgd.lr(0) == Approx(kStart * share).margin(1e-15));
    CHECK(f.sgd.lr(1) == Approx(0.1 * share).margin(1e-15));
  }
}

namespace {

double cosine(double from, double to, double share) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * share)) / 2;
}

double straight(double from, double to, double share) { return from + (to - from) * share; }

}  // namespace

TEST_CASE("OneCycleLR rises and falls in two phases, momentum against it", "[schedule]") {
  using Anneal = nn::OneCycleLROptions::Anneal;
  for (const auto kind : {Anneal::cos, Anneal::linear}) {
    const auto anneal = kind == Anneal::cos ? cosine : straight;
    Fixture f;
    nn::OneCycleLR schedule(
        f.sgd, {.max_lr = 1, .total_steps = 100, .pct_start = 0.25, .anneal_strategy = kind});
    const auto phase = [&](int t, double first, double top, double last) {
      return t <= 24 ? anneal(first, top, t / 24.0) : anneal(top, last, (t - 24) / 75.0);
    };
    for (int t = 0; t < 100; ++t) {
      INFO("step " << t);
      CHECK(f.sgd.lr() == Approx(phase(t, 1 / 25.0, 1, 1 / 25e4)).epsilon(1e-9));
      CHECK(f.sgd.setting("momentum") == Approx(phase(t, 0.95, 0.85, 0.95)).epsilon(1e-9));
      schedule.step();
    }
    CHECK_THAT(message_of<tg::ValueError>([&] { schedule.step(); }),
               ContainsSubstring("step 101 is past the total_steps of 100"));
  }
}

TEST_CASE("OneCycleLR in three phases is symmetric before the end", "[schedule]") {
  Fixture f;
  nn::OneCycleLR schedule(f.sgd, {.max_lr = 2,
                                  .total_steps = 80,
                                  .pct_start = 0.25,
                                  .div_factor = 10,
                                  .final_div_factor = 100,
                                  .three_phase = true});
  const auto phase = [](int t, double first, double top, double last) {
    if (t <= 19) return cosine(first, top, t / 19.0);
    if (t <= 38) return cosine(top, first, (t - 19) / 19.0);
    return cosine(first, last, (t - 38) / 41.0);
  };
  for (int t = 0; t < 80; ++t) {
    INFO("step " << t);
    CHECK(f.sgd.lr() == Approx(phase(t, 0.2, 2, 0.002)).epsilon(1e-9));
    CHECK(f.sgd.setting("momentum") == Approx(phase(t, 0.95, 0.85, 0.95)).epsilon(1e-9));
    schedule.step();
  }
}

TEST_CASE("OneCycleLR cycles Adam's beta1, and needs a momentum to cycle", "[schedule]") {
  auto parameters = some_parameters();
  nn::Adam adam(parameters);
  nn::OneCycleLR schedule(adam, {.max_lr = 0.1, .total_steps = 10});
  CHECK(adam.setting("beta1") == 0.95);
  schedule.step();
  schedule.step();
  CHECK(adam.setting("beta1") == Approx(0.85));
  CHECK(adam.lr() == Approx(0.1));

  nn::Adagrad adagrad(parameters, {.lr = 0.5});
  CHECK_THAT(message_of<tg::ValueError>(
                 [&] { nn::OneCycleLR cycle(adagrad, {.max_lr = 0.1, .total_steps = 10}); }),
             ContainsSubstring("no momentum to cycle; set cycle_momentum to false"));
  CHECK(adagrad.lr() == 0.5);
  nn::OneCycleLR cycle(adagrad, {.max_lr = 0.1, .total_steps = 10, .cycle_momentum = false});
  CHECK(adagrad.lr() == Approx(0.004));
}

TEST_CASE("OneCycleLR takes any number of steps", "[schedule]") {
  for (const bool three : {false, true}) {
    for (const double start : {0.0, 0.3, 0.5, 1.0}) {
      for (const int steps : {1, 2, 3, 5}) {
        Fixture f;
        nn::OneCycleLR schedule(
            f.sgd, {.max_lr = 1, .total_steps = steps, .pct_start = start, .three_phase = three});
        for (int t = 0; t < steps; ++t) {
          CHECK(std::isfinite(f.sgd.lr()));
          schedule.step();
        }
      }
    }
  }
}

// The algorithm of PyTorch's documentation, written down once more.
TEST_CASE("ReduceLROnPlateau waits, reduces and cools down", "[schedule]") {
  using Options = nn::ReduceLROnPlateauOptions;
  const Options cases[] = {
      {.factor = 0.5, .patience = 3},
      {.mode = Options::Mode::max, .factor = 0.5, .patience = 2, .cooldown = 4},
      {.factor = 0.3, .patience = 1, .threshold = 0.05, .min_lr = 0.01},
      {.factor = 0.5, .patience = 0, .threshold = 0.02, .threshold_mode = Options::Threshold::abs},
      {.mode = Options::Mode::max,
       .factor = 0.9,
       .patience = 1,
       .threshold = 0.01,
       .threshold_mode = Options::Threshold::abs,
       .cooldown = 1,
       .eps = 0.02},
  };
  for (const Options& o : cases) {
    Fixture f;
    nn::ReduceLROnPlateau schedule(f.sgd, o);
    const bool less = o.mode == Options::Mode::min;
    double lr = kStart;
    double best = less ? HUGE_VAL : -HUGE_VAL;
    int bad = 0;
    int cooling = 0;
    for (int t = 0; t < kEpochs; ++t) {
      const double metric = 1 + 1.0 / (1 + t / 9) + 0.01 * std::sin(5.0 * t);
      bool better = false;
      if (o.threshold_mode == Options::Threshold::rel)
        better = less ? metric < best * (1 - o.threshold) : metric > best * (1 + o.threshold);
      else
        better = less ? metric < best - o.threshold : metric > best + o.threshold;
      if (better) best = metric;
      bad = better ? 0 : bad + 1;
      if (cooling > 0) {
        --cooling;
        bad = 0;
      }
      if (bad > o.patience) {
        const double reduced = std::fmax(lr * o.factor, o.min_lr);
        if (lr - reduced > o.eps) lr = reduced;
        cooling = static_cast<int>(o.cooldown);
        bad = 0;
      }
      schedule.step(metric);
      CHECK(f.sgd.lr() == Approx(lr).epsilon(1e-12));
      CHECK(schedule.best() == best);
    }
    CHECK(lr < kStart);
  }
  Fixture f;
  nn::ReduceLROnPlateau schedule(f.sgd, {.patience = 1});
  for (int i = 0; i < 2; ++i) schedule.step(std::numeric_limits<double>::quiet_NaN());
  CHECK(f.sgd.lr() == Approx(kStart / 10));
}

TEST_CASE("a schedule resumed from its state goes on exactly", "[schedule]") {
  Fixture f;
  Fixture g;
  nn::LinearLR warm_up(f.sgd, {.total_iters = 8});
  nn::CosineAnnealingLR cosine_one(f.sgd, {.T_max = 20});
  nn::ReduceLROnPlateau plateau_one(f.sgd, {.patience = 2});
  const auto step = [](int t, auto& a, auto& b, auto& c) {
    a.step();
    b.step();
    c.step(t % 5 == 0 ? 1.0 / (1 + t) : 1.0);
  };
  for (int t = 0; t < 11; ++t) step(t, warm_up, cosine_one, plateau_one);

  nn::LinearLR warm_up_two(g.sgd, {.total_iters = 8});
  nn::CosineAnnealingLR cosine_two(g.sgd, {.T_max = 20});
  nn::ReduceLROnPlateau plateau_two(g.sgd, {.patience = 2});
  g.sgd.load_state(f.sgd.state());
  warm_up_two.load_state(warm_up.state());
  cosine_two.load_state(cosine_one.state());
  plateau_two.load_state(plateau_one.state());
  for (int t = 11; t < 60; ++t) {
    step(t, warm_up, cosine_one, plateau_one);
    step(t, warm_up_two, cosine_two, plateau_two);
    CHECK(f.sgd.lr() == g.sgd.lr());
  }
  CHECK_THROWS_AS(warm_up.load_state({}), tg::ValueError);
  CHECK_THROWS_AS(plateau_one.load_state(warm_up.state()), tg::ValueError);
}

TEST_CASE("a schedule that steps before its optimizer warns, once", "[schedule]") {
  const Warnings warnings;
  Fixture f;
  const auto collect = [&] { (f.parameters[0].value * 2).sum().backward(); };
  nn::StepLR without_gradients(f.sgd, {.step_size = 1, .gamma = 0.5});
  without_gradients.step();  // such as to look at the curve
  CHECK(warnings.texts.empty());

  collect();
  nn::StepLR early(f.sgd, {.step_size = 1, .gamma = 0.5});
  nn::ExponentialLR second(f.sgd, {.gamma = 0.5});
  early.step();
  REQUIRE(warnings.texts.size() == 1);
  CHECK(warnings.texts[0] ==
        "StepLR: step() before the first step of the optimizer, so that the first learning rate is "
        "never used: call schedule.step() after optimizer.step()");
  early.step();
  second.step();
  CHECK(warnings.texts.size() == 1);

  Fixture stepped;
  (stepped.parameters[0].value * 2).sum().backward();
  stepped.sgd.step();
  nn::StepLR behind(stepped.sgd, {.step_size = 1, .gamma = 0.5});
  behind.step();
  const nn::StateDict state = stepped.sgd.state();
  Fixture again;
  (again.parameters[0].value * 2).sum().backward();
  nn::StepLR later(again.sgd, {.step_size = 1, .gamma = 0.5});
  again.sgd.load_state(state);
  later.step();
  CHECK(warnings.texts.size() == 1);
}

TEST_CASE("schedules refuse options that make no sense", "[schedule]") {
  Fixture f;
  const auto text = [&](auto make_one) {
    const std::string message = message_of<tg::ValueError>([&] { make_one(f.sgd); });
    CHECK(f.sgd.lr() == kStart);
    return message;
  };
  CHECK_THAT(text([](auto& o) { nn::StepLR s(o, {}); }),
             ContainsSubstring("StepLR: step_size must be at least 1, but is 0"));
  CHECK_THAT(text([](auto& o) { nn::StepLR s(o, {.step_size = 1, .gamma = -1}); }),
             ContainsSubstring("StepLR: gamma"));
  CHECK_THAT(text([](auto& o) {
               nn::MultiStepLR s(o, {.milestones = {3, -1}});
             }),
             ContainsSubstring("MultiStepLR: a milestone must be at least 1, but is -1"));
  CHECK_THAT(text([](auto& o) { nn::ExponentialLR s(o, {.gamma = HUGE_VAL}); }),
             ContainsSubstring("ExponentialLR: gamma must be finite"));
  CHECK_THAT(text([](auto& o) { nn::CosineAnnealingLR s(o, {}); }),
             ContainsSubstring("CosineAnnealingLR: T_max must be at least 1"));
  CHECK_THAT(text([](auto& o) { nn::LinearLR s(o, {.start_factor = 0}); }),
             ContainsSubstring("LinearLR: start_factor must be in (0, 1], but is 0"));
  CHECK_THAT(text([](auto& o) { nn::LinearLR s(o, {.end_factor = 2}); }),
             ContainsSubstring("LinearLR: end_factor"));
  CHECK_THAT(text([](auto& o) { nn::OneCycleLR s(o, {.total_steps = 10}); }),
             ContainsSubstring("OneCycleLR: max_lr must be finite and above 0, but is 0"));
  CHECK_THAT(text([](auto& o) { nn::OneCycleLR s(o, {.max_lr = 1}); }),
             ContainsSubstring("OneCycleLR: total_steps must be at least 1"));
  CHECK_THAT(
      text([](auto& o) { nn::OneCycleLR s(o, {.max_lr = 1, .total_steps = 9, .pct_start = 2}); }),
      ContainsSubstring("OneCycleLR: pct_start must be in [0, 1], but is 2"));
  CHECK_THAT(text([](auto& o) { nn::ReduceLROnPlateau s(o, {.factor = 1}); }),
             ContainsSubstring("ReduceLROnPlateau: factor must be in [0, 1), but is 1"));
  CHECK_THAT(text([](auto& o) { nn::ReduceLROnPlateau s(o, {.patience = -1}); }),
             ContainsSubstring("ReduceLROnPlateau: patience must be at least 0, but is -1"));
}
