#include <optional>
#include <stdexcept>

#include "tests/nn/train/doctor_common.h"

// A doctor changes nothing, tells each finding once, and leaves nothing behind.

using namespace doctor_test;

namespace {

nn::Sequential with_dropout() {
  tg::manual_seed(4);
  return nn::Sequential{nn::Linear{2, 32}, nn::BatchNorm1d{32}, tg::relu, nn::Dropout{0.3},
                        nn::Linear{32, 4}};
}

/// The state of a network after a training, and what was drawn last.
nn::StateDict trained(bool watched, const std::string& kind) {
  const Corners data(60);
  const nn::TensorDataset dataset(data.x, data.y);
  nn::Sequential net = with_dropout();
  std::unique_ptr<nn::Optimizer> optimizer;
  if (kind == "Adam")
    optimizer = std::make_unique<nn::Adam>(nn::parameters(net), nn::AdamOptions{.lr = 0.01});
  else
    optimizer =
        std::make_unique<nn::SGD>(nn::parameters(net), nn::SGDOptions{.lr = 0.1, .momentum = 0.9});
  nn::DataLoader loader(dataset, {.batch_size = 16, .shuffle = true, .seed = 2});
  nn::Doctor doctor(net, *optimizer);
  if (watched) {
    doctor.data(dataset);
    doctor.set_loss(net, [](const auto& model, const Tensor& x, const Tensor& y) {
      return nn::cross_entropy(model(x), y);
    });
  }
  for (int epoch = 0; epoch < 20; ++epoch) {
    double last = 0;
    const auto step = [&](const Tensor& x, const Tensor& y) {
      optimizer->zero_grad();
      const Tensor loss = nn::cross_entropy(net(x), y);
      loss.backward();
      nn::clip_grad_norm_(nn::parameters(net), 1);
      optimizer->step();
      last = loss.item();
    };
    for (const auto& [x, y] : loader) {
      if (!watched) {
        step(x, y);
        continue;
      }
      const auto look = doctor.step(x, y);
      step(x, y);
    }
    nn::eval(net);
    if (watched) {
      const auto look = doctor.validation();
      net(data.x);
    } else {
      net(data.x);
    }
    nn::train(net);
    if (watched) doctor.epoch(2);  // so that the trial is made
  }
  CHECK(kinds(doctor.findings()) == Names{});
  nn::StateDict state = nn::state_dict(net);
  for (const auto& [name, value] : nn::parameters(net))
    state.push_back({name, value.grad().clone()});
  for (nn::Parameter& each : optimizer->state()) state.push_back(std::move(each));
  state.push_back({"drawn", tg::rand({4})});
  return state;
}

/// Two findings at once, in the second step.
void train_badly(nn::Doctor& doctor, nn::Sequential& net, nn::Optimizer& optimizer) {
  const Corners data;
  train(doctor, net, optimizer, 1000 * data.x, data.y, 2, [](const auto& model, auto& x, auto& y) {
    return nn::cross_entropy(tg::softmax(model(x), 1), y);
  });
}

}  // namespace

TEST_CASE("a training has the same bits with a doctor and without", "[doctor]") {
  for (const std::string kind : {"Adam", "SGD"}) {
    const nn::StateDict with = trained(true, kind), without = trained(false, kind);
    REQUIRE(with.size() == without.size());
    for (std::size_t i = 0; i < with.size(); ++i) {
      INFO(kind << " " << with[i].name);
      CHECK(tg::equal(with[i].value, without[i].value));
    }
  }
}

TEST_CASE("a doctor warns of each finding once, where it may", "[doctor]") {
  const Warnings warnings;
  nn::Sequential net{nn::Linear{2, 4}};
  nn::SGD optimizer(nn::parameters(net), {.lr = 1e-4});
  {
    nn::Doctor doctor(net, optimizer);
    train_badly(doctor, net, optimizer);
    train_badly(doctor, net, optimizer);
    CHECK(kinds(doctor.findings()) == Names{"activation_before_loss", "unscaled_inputs"});
    CHECK(doctor.report().find("unscaled_inputs (0): The inputs of 0 go from") !=
          std::string::npos);
  }
  REQUIRE(warnings.texts.size() == 2);
  CHECK(warnings.texts[0].starts_with(
      "Doctor: cross_entropy gets the result of softmax after 0 for logits"));
  CHECK(warnings.texts[0].ends_with(
      "(a Doctor's option warn = false silences this, and tg::set_warning_handler takes all "
      "warnings)"));
  nn::Doctor quiet(net, optimizer, {.warn = false});
  CHECK(quiet.report() == "Nothing was found in 0 steps, of which 0 were looked at.\n");
  train_badly(quiet, net, optimizer);
  CHECK(quiet.findings().size() == 2);
  CHECK(warnings.texts.size() == 2);
}

TEST_CASE("what a handler of warnings throws comes out of the step, which is done", "[doctor]") {
  struct Stop {};
  const Warnings before;
  tg::set_warning_handler([](const std::string&) { throw Stop(); });
  nn::Sequential net{nn::Linear{2, 4}};
  nn::SGD optimizer(nn::parameters(net), {.lr = 1e-4});
  nn::Doctor doctor(net, optimizer);
  CHECK_THROWS_AS(train_badly(doctor, net, optimizer), Stop);
  CHECK(kinds(doctor.findings()) == Names{"activation_before_loss"});
}

TEST_CASE("an error in a step passes through, and the training can go on", "[doctor]") {
  const Warnings warnings;
  const Corners data;
  nn::Sequential net{nn::Linear{2, 4}};
  nn::SGD optimizer(nn::parameters(net), {.lr = 0.1});
  nn::Doctor doctor(net, optimizer);
  const auto fails = [](const auto& model, const Tensor& x, const Tensor&) -> Tensor {
    model(x);
    throw std::runtime_error("mine");
  };
  CHECK_THROWS_AS(train(doctor, net, optimizer, data.x, data.y, 1, fails), std::runtime_error);
  CHECK_THROWS_AS(train(doctor, net, optimizer, data.x.t(), data.y, 1, cross_entropy_of),
                  tg::ShapeError);
  train(doctor, net, optimizer, data.x, data.y, 40, cross_entropy_of);
  CHECK(kinds(doctor.findings()) == Names{});
  CHECK(warnings.texts.empty());
}

TEST_CASE("a look that is left open ends with the next one, and no longer ends anything",
          "[doctor]") {
  const Corners data;
  nn::Sequential net{nn::Linear{2, 4}, nn::Softmax{1}};
  nn::SGD optimizer(nn::parameters(net), {.lr = 0.1});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  std::optional<nn::Doctor::Look> first(doctor.step(data.x, data.y));
  {
    auto second = doctor.step(data.x, data.y);
    const auto moved = std::move(second);
    first.reset();
    cross_entropy_of(net, data.x, data.y).backward();
    optimizer.step();
  }
  CHECK(kinds(doctor.findings()) == Names{"activation_before_loss"});
  CHECK(doctor.findings()[0].step == 2);
}

TEST_CASE("what a doctor computes is seen by nobody, and nothing of it stays", "[doctor]") {
  const Corners data;
  const auto names_of = [&](bool watched) {
    nn::Sequential net = with_dropout();
    nn::Adam optimizer(nn::parameters(net));
    nn::Doctor doctor(net, optimizer);
    Names names;
    const std::int64_t live = tg::live_tensors();
    for (int step = 0; step < 20; ++step) {
      tg::ProfileScope profile;
      optimizer.zero_grad();
      if (watched) {
        const auto look = doctor.step(data.x, data.y);
        cross_entropy_of(net, data.x, data.y).backward();
        optimizer.step();
      } else {
        cross_entropy_of(net, data.x, data.y).backward();
        optimizer.step();
      }
      for (const tg::ProfileRow& row : profile.rows())
        names.push_back(row.name + " " + row.module + " " + std::to_string(row.calls));
    }
    std::ranges::sort(names);
    optimizer.zero_grad();
    // The two slots of Adam for each parameter, and what a window keeps of the one relu.
    CHECK(tg::live_tensors() - live <= 2 * std::ssize(nn::parameters(net)) + 1);
    return names;
  };
  CHECK(names_of(true) == names_of(false));
}
