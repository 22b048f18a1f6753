#include <fmt/format.h>

#include "tests/benchmarks/agree.h"
#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/network_table.h"

namespace bench {

namespace {

double tolerance(Type type) { return type == Type::float32 ? 1e-4 : 1e-9; }

double state_tolerance(const NetworkSpec& spec) { return tolerance(spec.type); }
/// The bias of the keys has no gradient, since softmax takes away what all scores of a row share.
/// In float32 Adam makes steps of what rounding leaves there, other ones in each library.
double state_tolerance(const TransformerSpec& spec) {
  return spec.type == Type::float32 ? 1e-3 : tolerance(spec.type);
}

bool has_relu(const NetworkSpec& spec) { return spec.activation == Activation::relu; }
bool has_relu(const TransformerSpec&) { return true; }

/// One step gives the same loss and gradients, and three steps the same parameters.
template <class Spec>
void expect_same_training(const Setting& setting, const std::string& name, const Spec& spec,
                          const NetworkData& data) {
  constexpr double kRate = 1e-3;
  const auto mine = setting.ours.step(spec, data, kRate);
  const auto theirs = setting.torch->step(spec, data, kRate);
  mine->run();
  theirs->run();
  expect_close(name, mine->results(), theirs->results(), tolerance(spec.type));
  for (int i = 0; i < 2; ++i) {
    mine->run();
    theirs->run();
  }
  expect_near(name + ", parameters", mine->state(), theirs->state(), state_tolerance(spec));
}

/// Data on which both libraries agree. A unit of ReLU that is all but 0 may come out on either
/// side, and gradients then differ by rights: in that case, other data.
template <class Spec>
NetworkData agreed_network(const Setting& setting, const std::string& name, const Spec& spec) {
  constexpr int kAttempts = 3;
  for (int attempt = 1;; ++attempt) {
    NetworkData data = random_network(spec);
    try {
      if (setting.torch) expect_same_training(setting, name, spec, data);
      return data;
    } catch (const Disagreement&) {
      if (!has_relu(spec) || attempt == kAttempts) throw;
    }
  }
}

template <class Spec>
Row measure_step(const Setting& setting, const std::string& name, const Spec& spec) {
  const NetworkData data = agreed_network(setting, name, spec);
  const auto mine = setting.ours.step(spec, data, kStandStill);
  const auto theirs = setting.torch ? setting.torch->step(spec, data, kStandStill) : nullptr;
  Subjects subjects{[&] { mine->run(); }, {}, step_products(spec)};
  if (theirs) subjects.torch = [&] { theirs->run(); };
  return {name, time_subjects(subjects, setting.effort)};
}

/// A pair of works on the same network, whose results are compared.
Row measure_pair(const Setting& setting, const std::string& name,
                 const std::function<std::unique_ptr<Work>(Side&)>& make, const Call& bound) {
  const auto mine = make(setting.ours);
  const auto theirs = setting.torch ? make(*setting.torch) : nullptr;
  Subjects subjects{[&] { mine->run(); }, {}, bound};
  if (theirs) {
    mine->run();
    theirs->run();
    expect_close(name, mine->results(), theirs->results(), 1e-4);
    subjects.torch = [&] { theirs->run(); };
  }
  return {name, time_subjects(subjects, setting.effort)};
}

/// Compared in float64, too, where Adam makes nothing of what rounding leaves.
Row measure_transformer(const Setting& setting, const std::string& name,
                        const TransformerSpec& spec) {
  TransformerSpec exact = spec;
  exact.type = Type::float64;
  agreed_network(setting, name + ", float64", exact);
  return measure_step(setting, name, spec);
}

std::string describe(const NetworkSpec& spec) {
  return fmt::format("{}: {}, batch {}", spec.name, fmt::join(spec.widths, "-"), spec.batch);
}

}  // namespace

void add_network_cases(Cases& cases) {
  const auto add_step = [&](const NetworkSpec& spec, bool large) {
    const std::string name = fmt::format("{}, {}{}", describe(spec), name_of(spec.optimizer),
                                         spec.type == Type::float64 ? ", float64" : "");
    cases.push_back(
        {name, large, [=](const Setting& setting) { return measure_step(setting, name, spec); }});
  };

  for (NetworkSpec spec : networks()) {
    const bool large = spec.name == "D256" || spec.name == "G500" || spec.name == "C128";
    const std::string name = describe(spec) + ", forward";
    cases.push_back({name, large, [=](const Setting& setting) {
                       const NetworkData data = random_network(spec);
                       return measure_pair(
                           setting, name, [&](Side& side) { return side.forward(spec, data); },
                           forward_products(spec));
                     }});
    for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::momentum, Optimizer::adam}) {
      spec.optimizer = optimizer;
      add_step(spec, large);
    }
  }
  for (const char* name : {"A1", "B64", "C128"}) {
    for (const Optimizer optimizer : {Optimizer::sgd, Optimizer::adam}) {
      NetworkSpec spec = network(name);
      spec.type = Type::float64;
      spec.optimizer = optimizer;
      add_step(spec, spec.name == "C128");
    }
  }

  for (const std::int64_t width : {16, 64, 128}) {
    for (const std::int64_t batch : {1, 16}) {
      const TransformerSpec spec{width, batch};
      const std::string name = fmt::format("characters, width {}, batch {}", width, batch);
      cases.push_back({name, false, [=](const Setting& setting) {
                         return measure_transformer(setting, name, spec);
                       }});
    }
  }

  const NetworkSpec spec = network("B64");
  const std::string name = describe(spec) + ", Hessian times vector";
  cases.push_back({name, false, [=](const Setting& setting) {
                     const NetworkData data = random_network(spec);
                     const std::vector<Array> direction = random_direction(spec);
                     return measure_pair(
                         setting, name,
                         [&](Side& side) { return side.hessian_vector(spec, data, direction); },
                         hessian_vector_products(spec));
                   }});
}

}  // namespace bench
