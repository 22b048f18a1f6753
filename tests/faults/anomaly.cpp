// DetectAnomaly where memory is refused: to what it watches, to what it remembers, to its texts.

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "nn/nn.h"
#include "tests/faults/faults.h"

namespace tg = tapegrad;
namespace nn = tg::nn;
using faults::Numbers, faults::refuse_each;
using tg::Tensor;

namespace {

/// A network with a scope that is open all the time.
struct Watched {
  Watched() {
    x = tg::randn({4, 3});
    mask = tg::full({4, 2}, -std::numeric_limits<double>::infinity());
    for (nn::Parameter& parameter : nn::parameters(net))
      parameter.value.set_grad(tg::ones(parameter.value.shape()));
    anomaly.emplace();
  }

  nn::Sequential net{(tg::manual_seed(4), nn::Linear{3, 5}), tg::tanh, nn::Linear{5, 2}};
  nn::Adam optimizer{nn::parameters(net), {.lr = 0.1}};
  Tensor x, mask, y;
  std::optional<tg::DetectAnomaly> anomaly;

  Numbers numbers() const {
    const faults::Spared spared;
    Numbers numbers;
    for (const nn::Parameter& parameter : nn::parameters(net)) {
      faults::add(numbers, parameter.value);
      faults::add(numbers, parameter.value.grad());
    }
    faults::add(numbers, y.defined() ? y.detach() : y);
    return numbers;
  }
};

/// The scope still finds what it is for.
void check_open() {
  const faults::Spared spared;
  CHECK_THROWS_AS(tg::log(tg::full(2, -1.0)), tg::AnomalyError);
  CHECK_NOTHROW(tg::log(tg::full(2, 1.0)));
}

}  // namespace

TEST_CASE("what a scope watches throws as without it, and the scope goes on") {
  const auto checked = [](auto call) {
    return [call](Watched& world) {
      try {
        call(world);
      } catch (...) {
        check_open();
        throw;
      }
      check_open();
    };
  };
  CHECK(refuse_each<Watched>(checked([](Watched& world) { world.y = world.net(world.x); })) > 5);
  // With an infinity that was given, so that inputs are kept.
  refuse_each<Watched>(checked([](Watched& world) {
    Tensor scores = world.net(world.x).detach() + world.mask;
    scores.mul_(2.0);
    world.y = tg::exp(scores);
  }));
  refuse_each<Watched>(checked([](Watched& world) {
    const tg::DetectAnomaly inner;
    const Tensor loss = tg::mean(tg::square(world.net(world.x)));
    loss.backward({.retain_graph = true});
  }));
}

TEST_CASE("a watched step that finds no memory has made some parameters whole, and can go on") {
  std::vector<Tensor> before, after;
  {
    Watched world;
    for (const nn::Parameter& each : nn::parameters(world.net))
      before.push_back(each.value.clone());
    world.optimizer.step();
    for (const nn::Parameter& each : nn::parameters(world.net)) after.push_back(each.value.clone());
  }
  for (int n = 0;; ++n) {
    CAPTURE(n);
    Watched world;
    const faults::Outcome outcome =
        faults::outcome_of(n, faults::Refused::one, [&] { world.optimizer.step(); });
    CHECK(outcome.other == "");
    check_open();
    const std::vector<nn::Parameter> parameters = nn::parameters(world.net);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Tensor now = parameters[i].value.detach();
      CHECK((tg::equal(now, after[i]) || (outcome.out_of_memory && tg::equal(now, before[i]))));
    }
    if (!outcome.refused) break;
  }
}

TEST_CASE("an anomaly for whose text there is no memory is an OutOfMemoryError") {
  for (const faults::Refused refused : {faults::Refused::one, faults::Refused::rest}) {
    const std::int64_t records = tg::live_records(), tensors = tg::live_tensors();
    int told = 0;
    for (int n = 0;; ++n) {
      CAPTURE(n, refused == faults::Refused::rest);
      const tg::DetectAnomaly anomaly;
      const Tensor x = tg::zeros(3).requires_grad_();
      const Tensor loss = tg::sum(tg::sqrt(x));
      const faults::Outcome outcome = faults::outcome_of(n, refused, [&] { loss.backward(); });
      CHECK(!x.grad().defined());
      CHECK(
          (outcome.out_of_memory || outcome.other.starts_with("sqrt: in backward, the gradient")));
      told += outcome.out_of_memory;
      check_open();
      if (!outcome.refused) break;
    }
    CHECK(told > 3);
    CHECK(tg::live_records() == records);
    CHECK(tg::live_tensors() == tensors);
  }
}
