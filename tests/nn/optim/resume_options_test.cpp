#include "tests/nn/optim/resume_common.h"

// What a state says of options, settings and groups, and what is made of it on loading.

using namespace resume_test;

namespace {

/// Every option of every schedule, each with a value that the one before it does not have: options
/// as they are and changed, and what loading the one into the other says.
struct Changed {
  MakeSchedule saved, loaded;
  std::string text;
};

template <class Kind, class Options>
Changed changed(Options options, const std::function<void(Options&)>& change, std::string text) {
  const MakeSchedule saved = schedule<Kind>(options);
  change(options);
  return {saved, schedule<Kind>(options), std::move(text)};
}

std::vector<Changed> changed_schedules() {
  using Step = nn::StepLROptions;
  using Multi = nn::MultiStepLROptions;
  using Exponential = nn::ExponentialLROptions;
  using Cosine = nn::CosineAnnealingLROptions;
  using Linear = nn::LinearLROptions;
  using Cycle = nn::OneCycleLROptions;
  const Step step{.step_size = 4, .gamma = 0.1};
  const Multi multi{.milestones = {3, 9}};
  const Cosine cosine{.T_max = 5};
  const Cycle cycle{.max_lr = 0.1, .total_steps = 20};
  const auto one_cycle = [&](const std::function<void(Cycle&)>& change, std::string text) {
    return changed<nn::OneCycleLR, Cycle>(cycle, change, "the state is of " + text);
  };
  return {
      changed<nn::StepLR, Step>(
          step, [](Step& o) { o.step_size = 2; },
          "StepLR: the state is of step_size 4, this schedule of step_size 2; make it with the "
          "same"),
      changed<nn::StepLR, Step>(
          step, [](Step& o) { o.gamma = 0.5; },
          "StepLR: the state is of gamma 0.1, this schedule of gamma 0.5; make it with the same"),
      changed<nn::MultiStepLR, Multi>(
          multi, [](Multi& o) { o.milestones = {3}; },
          "MultiStepLR: the state is of milestones [3, 9], this schedule of milestones [3]; make "
          "it with the same"),
      changed<nn::MultiStepLR, Multi>(
          multi, [](Multi& o) { o.gamma = 1; }, "MultiStepLR: the state is of gamma 0.1, this"),
      changed<nn::ExponentialLR, Exponential>(
          {}, [](Exponential& o) { o.gamma = 1; },
          "ExponentialLR: the state is of gamma 0.9, this"),
      changed<nn::CosineAnnealingLR, Cosine>(
          cosine, [](Cosine& o) { o.T_max = 6; },
          "CosineAnnealingLR: the state is of T_max 5, this"),
      changed<nn::CosineAnnealingLR, Cosine>(
          cosine, [](Cosine& o) { o.eta_min = 0.25; },
          "CosineAnnealingLR: the state is of eta_min 0, this"),
      changed<nn::LinearLR, Linear>(
          {}, [](Linear& o) { o.start_factor = 0.5; }, "this schedule of start_factor 0.5;"),
      changed<nn::LinearLR, Linear>(
          {}, [](Linear& o) { o.end_factor = 0.5; },
          "LinearLR: the state is of end_factor 1, this"),
      changed<nn::LinearLR, Linear>(
          {}, [](Linear& o) { o.total_iters = 6; },
          "LinearLR: the state is of total_iters 5, this"),
      one_cycle([](Cycle& o) { o.max_lr = 1; }, "max_lr 0.1, this"),
      one_cycle([](Cycle& o) { o.total_steps = 30; }, "total_steps 20, this"),
      one_cycle([](Cycle& o) { o.pct_start = 0.5; }, "pct_start 0.3, this"),
      one_cycle([](Cycle& o) { o.anneal_strategy = Cycle::Anneal::linear; },
                "anneal_strategy cos, this schedule of anneal_strategy linear;"),
      one_cycle([](Cycle& o) { o.cycle_momentum = false; },
                "cycle_momentum true, this schedule of cycle_momentum false;"),
      one_cycle([](Cycle& o) { o.base_momentum = 0.5; }, "base_momentum 0.85, this"),
      one_cycle([](Cycle& o) { o.max_momentum = 0.9; }, "max_momentum 0.95, this"),
      one_cycle([](Cycle& o) { o.div_factor = 10; }, "div_factor 25, this"),
      one_cycle([](Cycle& o) { o.final_div_factor = 10; }, "final_div_factor 10000, this"),
      one_cycle([](Cycle& o) { o.three_phase = true; }, "three_phase false, this"),
  };
}

}  // namespace

TEST_CASE("a schedule takes a state of its own options only, and names option and values",
          "[schedule]") {
  for (const auto& [saved, loaded, text] : changed_schedules()) {
    INFO(text);
    Run from(kOptimizers[0], {1, 2}), to(kOptimizers[0], {1, 2});
    const auto one = saved(*from.optimizer), other = loaded(*to.optimizer);
    one->step();
    const double lr = to.optimizer->lr();
    CHECK_THAT(message_of<tg::ValueError>([&] { other->load_state(one->state()); }),
               ContainsSubstring(text));
    CHECK(to.optimizer->lr() == lr);
    CHECK(other->last_epoch() == 0);
  }
  // The order of milestones means nothing.
  Run from(kOptimizers[0], {1}), to(kOptimizers[0], {1});
  nn::MultiStepLR one(*from.optimizer, {.milestones = {9, 3}});
  nn::MultiStepLR other(*to.optimizer, {.milestones = {3, 9}});
  CHECK_NOTHROW(other.load_state(one.state()));
}

TEST_CASE("a plateau schedule takes a state of its own options only", "[schedule]") {
  using Options = nn::ReduceLROnPlateauOptions;
  const std::pair<std::function<void(Options&)>, const char*> changes[] = {
      {[](Options& o) { o.mode = Options::Mode::max; }, "mode min, this schedule of mode max;"},
      {[](Options& o) { o.factor = 0.5; }, "factor 0.1, this schedule of factor 0.5;"},
      {[](Options& o) { o.patience = 3; }, "patience 10, this schedule of patience 3;"},
      {[](Options& o) { o.threshold = 1; }, "threshold 0.0001, this schedule of threshold 1;"},
      {[](Options& o) { o.threshold_mode = Options::Threshold::abs; },
       "threshold_mode rel, this schedule of threshold_mode abs;"},
      {[](Options& o) { o.cooldown = 1; }, "cooldown 0, this schedule of cooldown 1;"},
      {[](Options& o) { o.min_lr = 1; }, "min_lr 0, this schedule of min_lr 1;"},
      {[](Options& o) { o.eps = 0; }, "eps 1e-08, this schedule of eps 0;"},
  };
  for (const auto& [change, text] : changes) {
    Run from(kOptimizers[0], {1}), to(kOptimizers[0], {1});
    nn::ReduceLROnPlateau saved(*from.optimizer);
    saved.step(3);
    Options options;
    change(options);
    nn::ReduceLROnPlateau loaded(*to.optimizer, options);
    const double best = loaded.best();
    CHECK_THAT(message_of<tg::ValueError>([&] { loaded.load_state(saved.state()); }),
               ContainsSubstring(text));
    CHECK(loaded.best() == best);
  }
}

TEST_CASE("an optimizer goes on with the settings of the state, whatever it was made with",
          "[optim]") {
  const MakeOptimizer others[] = {
      make<nn::SGD>(nn::SGDOptions{.lr = 1, .momentum = 0.1, .weight_decay = 1}),
      make<nn::Adam>(nn::AdamOptions{.lr = 1, .betas = {0.5, 0.5}, .maximize = true}),
      make<nn::AdamW>(nn::AdamWOptions{.lr = 1, .eps = 1, .weight_decay = 1, .amsgrad = true}),
      make<nn::RMSprop>(nn::RMSpropOptions{.lr = 1, .alpha = 0.5, .centered = true}),
      make<nn::Adagrad>(nn::AdagradOptions{.lr = 1, .lr_decay = 1}),
  };
  for (std::size_t i = 0; i < std::size(others); ++i) {
    Run whole(kOptimizers[i], {1, 2, 3});
    whole.train(0, kStop);
    Run resumed(others[i], values_of(whole.w));
    resumed.optimizer->load_state(whole.optimizer->state());
    whole.train(kStop, kEnd);
    resumed.train(kStop, kEnd);
    INFO("optimizer " << i);
    CHECK(tg::equal(resumed.w.detach(), whole.w.detach()));
  }
}

TEST_CASE("an optimizer refuses a state of the same parameters in other groups, or of others",
          "[optim]") {
  auto p = some_parameters();
  nn::SGD saved({p[0]});
  saved.add_group({p[1]}, {.lr = 1});
  nn::SGD swapped({p[1]}, {.lr = 5});
  swapped.add_group({p[0]});
  CHECK(message_of<tg::ValueError>([&] { swapped.load_state(saved.state()); }) ==
        "SGD: the state does not fit, nothing was loaded\n"
        "  parameter 'b' is in group 1 of the state, but in group 0 here\n"
        "  parameter 'a' is in group 0 of the state, but in group 1 here");
  CHECK(swapped.lr() == 5);
  nn::SGD all(p);  // nothing has had a step, so only this says that there are others
  nn::SGD one({p[0]});
  CHECK(message_of<tg::ValueError>([&] { all.load_state(one.state()); }) ==
        "SGD: the state has no 'state.b.group'");
  CHECK(message_of<tg::ValueError>([&] { one.load_state(all.state()); }) ==
        "SGD: the state's 'state.b.group' belongs to no parameter, group or setting here");
}
