#include <algorithm>
#include <array>

#include "tests/nn/optim/resume_common.h"

// A run that is resumed goes on with the same bits, in whatever order optimizer and schedules are
// made and loaded; and a state is taken by its own kind only.

using namespace resume_test;

namespace {

/// Resumes `made` in every order of making each schedule, loading it, and loading the optimizer.
void check_every_order(const MakeOptimizer& kind, const std::vector<MakeSchedule>& made) {
  Run whole(kind, {1, 2, 3});
  for (const auto& one : made) whole.schedules.push_back(one(*whole.optimizer));
  whole.train(0, kStop);
  const std::vector<double> values = values_of(whole.w);
  const nn::StateDict optimizer_state = whole.optimizer->state();
  std::vector<nn::StateDict> states;
  for (const auto& one : whole.schedules) states.push_back(one->state());
  whole.train(kStop, kEnd);

  // Action 0 loads the optimizer, 1 + 2 i makes schedule i, 2 + 2 i loads it.
  std::vector<std::size_t> order(1 + 2 * made.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  do {
    const auto place = [&](std::size_t action) {
      return std::find(order.begin(), order.end(), action);
    };
    bool possible = true;
    for (std::size_t i = 0; i < made.size(); ++i)
      possible = possible && place(1 + 2 * i) < place(2 + 2 * i) &&
                 (i == 0 || place(2 * i - 1) < place(1 + 2 * i));
    if (!possible) continue;
    Run resumed(kind, values);
    for (const std::size_t action : order) {
      if (action == 0)
        resumed.optimizer->load_state(optimizer_state);
      else if (action % 2 == 1)
        resumed.schedules.push_back(made[action / 2](*resumed.optimizer));
      else
        resumed.schedules[action / 2 - 1]->load_state(states[action / 2 - 1]);
    }
    resumed.train(kStop, kEnd);
    CHECK(resumed.optimizer->lr() == whole.optimizer->lr());
    CHECK(tg::equal(resumed.w.detach(), whole.w.detach()));
  } while (std::next_permutation(order.begin(), order.end()));
}

bool cycles_momentum(const MakeSchedule& one) { return &one == &kSchedules[5]; }
bool has_momentum(const MakeOptimizer& kind) { return &kind != &kOptimizers[4]; }

}  // namespace

TEST_CASE("a run resumed in any order of loading has the bits of one that never stopped",
          "[optim][schedule]") {
  for (const MakeOptimizer& kind : kOptimizers) {
    for (const MakeSchedule& one : kSchedules) {
      if (cycles_momentum(one) && !has_momentum(kind)) continue;
      INFO("optimizer " << &kind - kOptimizers << ", schedule " << &one - kSchedules);
      check_every_order(kind, {one});
    }
  }
}

TEST_CASE("so has a run with two schedules on one optimizer", "[optim][schedule]") {
  for (const MakeSchedule& first : kSchedules) {
    for (const MakeSchedule& second : kSchedules) {
      INFO("schedules " << &first - kSchedules << " and " << &second - kSchedules);
      check_every_order(kOptimizers[1], {first, second});
    }
  }
}

TEST_CASE("a state saved before there was a schedule is refused after one was made",
          "[optim][schedule]") {
  Run before(kOptimizers[0], {1, 2, 3});
  Run after(kOptimizers[0], {1, 2, 3});
  nn::LinearLR warm_up(*after.optimizer, {.start_factor = 0.5});
  CHECK_THAT(
      message_of<tg::ValueError>([&] { after.optimizer->load_state(before.optimizer->state()); }),
      ContainsSubstring("saved before a schedule was made; load it before you make yours"));
  CHECK(after.optimizer->lr() == 0.025);
}

TEST_CASE("an optimizer takes the state of its own kind only, and names both", "[optim]") {
  const char* names[] = {"SGD", "Adam", "AdamW", "RMSprop", "Adagrad"};
  for (const MakeOptimizer& from : kOptimizers) {
    for (const MakeOptimizer& to : kOptimizers) {
      Run saved(from, {1, 2}), loaded(to, {1, 2});
      saved.train(0, 2);
      const std::string a = names[&from - kOptimizers], b = names[&to - kOptimizers];
      const auto load = [&] { loaded.optimizer->load_state(saved.optimizer->state()); };
      if (a == b)
        CHECK_NOTHROW(load());
      else
        CHECK(message_of<tg::ValueError>(load) == b + ": the state is of " + a + ", not of " + b);
    }
  }
  Run run(kOptimizers[1], {1});
  nn::StateDict state = run.optimizer->state();
  state.erase(state.begin());
  CHECK_THAT(message_of<tg::ValueError>([&] { run.optimizer->load_state(state); }),
             ContainsSubstring("does not say what it is of; it has no 'optimizer.Adam'"));
}

TEST_CASE("a schedule takes the state of its own kind only, and names both", "[schedule]") {
  const char* names[] = {"StepLR",   "MultiStepLR", "ExponentialLR", "CosineAnnealingLR",
                         "LinearLR", "OneCycleLR"};
  for (const MakeSchedule& from : kSchedules) {
    for (const MakeSchedule& to : kSchedules) {
      Run saved(kOptimizers[0], {1, 2}), loaded(kOptimizers[0], {1, 2});
      const auto one = from(*saved.optimizer), other = to(*loaded.optimizer);
      const std::string a = names[&from - kSchedules], b = names[&to - kSchedules];
      const double lr = loaded.optimizer->lr();
      if (a == b) {
        CHECK_NOTHROW(other->load_state(one->state()));
        continue;
      }
      CHECK(message_of<tg::ValueError>([&] { other->load_state(one->state()); }) ==
            b + ": the state is of " + a + ", not of " + b);
      CHECK(loaded.optimizer->lr() == lr);
    }
    Run run(kOptimizers[0], {1, 2});
    nn::ReduceLROnPlateau plateau(*run.optimizer);
    const auto one = from(*run.optimizer);
    CHECK_THROWS_WITH(one->load_state(plateau.state()),
                      ContainsSubstring("is of ReduceLROnPlateau"));
    CHECK_THROWS_WITH(plateau.load_state(one->state()),
                      ContainsSubstring("not of ReduceLROnPlateau"));
    CHECK_THROWS_AS(one->load_state(run.optimizer->state()), tg::ValueError);
  }
}

TEST_CASE("a schedule's state that does not fit is refused and changes nothing", "[schedule]") {
  Run run(kOptimizers[0], {1, 2});
  nn::OneCycleLR cycle(*run.optimizer, {.max_lr = 1, .total_steps = 10});
  const double lr = run.optimizer->lr(), momentum = run.optimizer->setting("momentum");
  const auto refused = [&](const std::string& name, double value) {
    nn::StateDict state = cycle.state();
    std::find_if(state.begin(), state.end(), [](auto& e) { return e.name == "lr.0"; })->value =
        tg::tensor(0.5, tg::float64);
    for (auto& entry : state)
      if (entry.name == name) entry.value = tg::tensor(value, tg::float64);
    const std::string text = message_of<tg::ValueError>([&] { cycle.load_state(state); });
    CHECK(run.optimizer->lr() == lr);
    CHECK(run.optimizer->setting("momentum") == momentum);
    CHECK(cycle.last_epoch() == 0);
    return text;
  };
  CHECK_THAT(refused("last_epoch", -1), ContainsSubstring("last_epoch is -1"));
  CHECK_THAT(refused("last_epoch", 11), ContainsSubstring("past the total_steps of 10"));
  CHECK_THAT(refused("momentum.0", -1), ContainsSubstring("momentum must be"));

  nn::SGD groups({{"a", leaf({1}, tg::float32)}});
  groups.add_group({{"b", leaf({1}, tg::float32)}});
  nn::StepLR two(groups, {.step_size = 1});
  nn::StepLR one(*run.optimizer, {.step_size = 1});
  CHECK_THROWS_WITH(one.load_state(two.state()), ContainsSubstring("'lr.1' belongs to no"));
  CHECK_THROWS_WITH(two.load_state(one.state()), ContainsSubstring("has no 'lr.1'"));
}

TEST_CASE("ReduceLROnPlateau treats negative figures as positive ones, in every mode",
          "[schedule]") {
  using Options = nn::ReduceLROnPlateauOptions;
  const auto reductions = [](Options options, const std::vector<double>& metrics) {
    Run run(kOptimizers[0], {1});
    options.patience = 2;
    nn::ReduceLROnPlateau plateau(*run.optimizer, options);
    int count = 0;
    for (const double metric : metrics) {
      const double before = run.optimizer->lr();
      plateau.step(metric);
      count += run.optimizer->lr() < before;
    }
    return count;
  };
  for (const auto mode : {Options::Mode::min, Options::Mode::max}) {
    for (const auto threshold : {Options::Threshold::rel, Options::Threshold::abs}) {
      const Options options{.mode = mode, .threshold = 0.01, .threshold_mode = threshold};
      const double better = mode == Options::Mode::min ? -1 : 1;
      for (const double level : {-1.0, 1.0, -100.0, 100.0}) {
        INFO("level " << level << ", better " << better);
        const double size = threshold == Options::Threshold::rel ? std::abs(level) : 1;
        // The same figure again and again is no improvement, whatever its sign.
        CHECK(reductions(options, std::vector<double>(8, level)) == 2);
        // Nor are steps smaller than the threshold; larger ones are.
        std::vector<double> slow, fast;
        for (int i = 0; i < 8; ++i) {
          slow.push_back(level + better * size * 0.001 * i);
          fast.push_back(level + better * size * 0.02 * i);
        }
        CHECK(reductions(options, slow) == 2);
        CHECK(reductions(options, fast) == 0);
      }
      // A figure of 0 is where the relative threshold is nothing.
      CHECK(reductions(options, std::vector<double>(8, 0.0)) == 2);
    }
  }
}

TEST_CASE("a plateau schedule refuses the state of the other mode") {
  Run lower(kOptimizers[0], {1}), higher(kOptimizers[0], {1});
  nn::ReduceLROnPlateau minimum(*lower.optimizer,
                                {.mode = nn::ReduceLROnPlateauOptions::Mode::min});
  nn::ReduceLROnPlateau maximum(*higher.optimizer,
                                {.mode = nn::ReduceLROnPlateauOptions::Mode::max});
  const auto message = message_of<tg::ValueError>([&] { minimum.load_state(maximum.state()); });
  CHECK(message.find("of mode max, this schedule of mode min") != std::string::npos);
}

TEST_CASE("a group that joins a schedule on the way starts from its own rate") {
  nn::SGD optimizer({{"a", leaf({1}, tg::float32)}}, {.lr = 1});
  nn::CosineAnnealingLR schedule(optimizer, {.T_max = 4});
  optimizer.add_group({{"b", leaf({1}, tg::float32)}}, {.lr = 1});
  for (int i = 0; i < 8; ++i) {
    schedule.step();
    CHECK(optimizer.lr(1) == optimizer.lr(0));
  }
}
