// What optimizers, clipping and schedules give, step by step, against PyTorch's.

#include <array>
#include <memory>

#include "nn/optim.h"
#include "tests/values/declared.h"
#include "tests/values/values.h"

using namespace values;
namespace nn = tapegrad::nn;

namespace {

std::vector<nn::Parameter> parameters_of(const json& tensors, tg::DType dtype) {
  std::vector<nn::Parameter> parameters;
  for (const json& tensor : tensors)
    parameters.push_back({"p" + std::to_string(parameters.size()),
                          tensor_of(tensor, dtype).clone().requires_grad_()});
  return parameters;
}
void set_gradients(std::vector<nn::Parameter>& parameters, const json& gradients, tg::DType dtype) {
  for (std::size_t i = 0; i < parameters.size(); ++i)
    parameters[i].value.set_grad(tensor_of(gradients.at(i), dtype));
}

using MakeOptimizer =
    std::function<std::unique_ptr<nn::Optimizer>(const Case&, std::vector<nn::Parameter>)>;

template <class OptimizerType, class Options>
MakeOptimizer optimizer() {
  return [](const Case& c, std::vector<nn::Parameter> parameters) {
    Options options;
    Options::visit(options, [&c](const std::string& name, auto& value) {
      if (!name.starts_with("beta")) return c.set(name, value);
      if constexpr (std::is_same_v<decltype(value), double&>)
        if (c.has("betas")) value = c.get<std::array<double, 2>>("betas")[name == "beta2"];
    });
    return std::make_unique<OptimizerType>(std::move(parameters), options);
  };
}

const std::map<std::string, MakeOptimizer> kOptimizers{
    {"SGD", optimizer<nn::SGD, nn::SGDOptions>()},
    {"Adam", optimizer<nn::Adam, nn::AdamOptions>()},
    {"AdamW", optimizer<nn::AdamW, nn::AdamWOptions>()},
    {"RMSprop", optimizer<nn::RMSprop, nn::RMSpropOptions>()},
    {"Adagrad", optimizer<nn::Adagrad, nn::AdagradOptions>()},
};

void check_steps(const Case& c) {
  std::vector<nn::Parameter> parameters = parameters_of(c["start"], c.floating);
  const auto optimizer = kOptimizers.at(c.op())(c, parameters);
  CHECK(c.unread() == std::set<std::string>{});
  for (std::size_t step = 0; step < c["gradients"].size(); ++step) {
    set_gradients(parameters, c["gradients"].at(step), c.floating);
    optimizer->step();
    for (std::size_t i = 0; i < parameters.size(); ++i)
      check_tensor(c, "parameter " + std::to_string(i) + " after step " + std::to_string(step + 1),
                   parameters[i].value, c["outputs"].at(step).at(i));
  }
}

void check_clipping(const Case& c) {
  std::vector<nn::Parameter> parameters = parameters_of(c["gradients"], c.floating);
  set_gradients(parameters, c["gradients"], c.floating);
  if (c.op() == "clip_grad_value_") {
    nn::clip_grad_value_(parameters, c.get<double>("clip_value"));
  } else {
    const double most = c.get<double>("max_norm");
    const double type = c.has("norm_type") ? c.get<double>("norm_type") : 2;
    const double norm =
        c.has("error_if_nonfinite")
            ? nn::clip_grad_norm_(parameters, most, type, c.get<bool>("error_if_nonfinite"))
        : c.has("norm_type") ? nn::clip_grad_norm_(parameters, most, type)
                             : nn::clip_grad_norm_(parameters, most);
    check_tensor(c, "the norm", tg::tensor(norm, tg::float64), c["norm"]);
  }
  CHECK(c.unread() == std::set<std::string>{});
  for (std::size_t i = 0; i < parameters.size(); ++i)
    check_tensor(c, "gradient " + std::to_string(i), parameters[i].value.grad(),
                 c["outputs"].at(i));
}

/// Calls `step(metric)` between looks at the optimizer.
using Step = std::function<void(double)>;
using MakeSchedule = std::function<Step(const Case&, nn::Optimizer&)>;

template <class ScheduleType, class Options, class Set>
MakeSchedule schedule(Set set) {
  return [set](const Case& c, nn::Optimizer& optimizer) -> Step {
    Options options;
    set(c, options);
    const auto made = std::make_shared<ScheduleType>(optimizer, options);
    return [made](double) { made->step(); };
  };
}

Step plateau(const Case& c, nn::Optimizer& optimizer) {
  nn::ReduceLROnPlateauOptions options;
  c.set("factor", options.factor);
  c.set("patience", options.patience);
  c.set("threshold", options.threshold);
  c.set("cooldown", options.cooldown);
  c.set("min_lr", options.min_lr);
  c.set("eps", options.eps);
  if (c.has("mode") && c.get<std::string>("mode") == "max")
    options.mode = nn::ReduceLROnPlateauOptions::Mode::max;
  if (c.has("threshold_mode") && c.get<std::string>("threshold_mode") == "abs")
    options.threshold_mode = nn::ReduceLROnPlateauOptions::Threshold::abs;
  const auto made = std::make_shared<nn::ReduceLROnPlateau>(optimizer, options);
  return [made](double metric) { made->step(metric); };
}

void set_one_cycle(const Case& c, nn::OneCycleLROptions& options) {
  c.set("max_lr", options.max_lr);
  c.set("total_steps", options.total_steps);
  c.set("pct_start", options.pct_start);
  c.set("cycle_momentum", options.cycle_momentum);
  c.set("base_momentum", options.base_momentum);
  c.set("max_momentum", options.max_momentum);
  c.set("div_factor", options.div_factor);
  c.set("final_div_factor", options.final_div_factor);
  c.set("three_phase", options.three_phase);
  if (c.has("anneal_strategy") && c.get<std::string>("anneal_strategy") == "linear")
    options.anneal_strategy = nn::OneCycleLROptions::Anneal::linear;
}

const std::map<std::string, MakeSchedule> kSchedules{
    {"StepLR", schedule<nn::StepLR, nn::StepLROptions>([](const Case& c, auto& options) {
       c.set("step_size", options.step_size);
       c.set("gamma", options.gamma);
     })},
    {"MultiStepLR",
     schedule<nn::MultiStepLR, nn::MultiStepLROptions>([](const Case& c, auto& options) {
       c.set("milestones", options.milestones);
       c.set("gamma", options.gamma);
     })},
    {"ExponentialLR", schedule<nn::ExponentialLR, nn::ExponentialLROptions>(
                          [](const Case& c, auto& options) { c.set("gamma", options.gamma); })},
    {"CosineAnnealingLR", schedule<nn::CosineAnnealingLR, nn::CosineAnnealingLROptions>(
                              [](const Case& c, auto& options) {
                                c.set("T_max", options.T_max);
                                c.set("eta_min", options.eta_min);
                              })},
    {"LinearLR", schedule<nn::LinearLR, nn::LinearLROptions>([](const Case& c, auto& options) {
       c.set("start_factor", options.start_factor);
       c.set("end_factor", options.end_factor);
       c.set("total_iters", options.total_iters);
     })},
    {"OneCycleLR", schedule<nn::OneCycleLR, nn::OneCycleLROptions>(set_one_cycle)},
    {"ReduceLROnPlateau", plateau},
};

/// An optimizer of two groups, whose learning rates differ.
template <class OptimizerType, class Options>
std::unique_ptr<nn::Optimizer> two_groups(Options first, Options second) {
  const auto parameter = [](const char* name) {
    return std::vector<nn::Parameter>{{name, tg::zeros({1}).requires_grad_()}};
  };
  auto made = std::make_unique<OptimizerType>(parameter("a"), first);
  made->add_group(parameter("b"), second);
  return made;
}

void check_schedule(const Case& c) {
  const bool sgd = c["base"] == "SGD";
  const auto optimizer =
      sgd ? two_groups<nn::SGD>(nn::SGDOptions{.lr = 0.5, .momentum = 0.9},
                                nn::SGDOptions{.lr = 0.03, .momentum = 0.9})
          : two_groups<nn::Adam>(nn::AdamOptions{.lr = 0.5}, nn::AdamOptions{.lr = 0.03});
  const Step step = kSchedules.at(c.op())(c, *optimizer);
  CHECK(c.unread() == std::set<std::string>{});
  std::vector<double> rates, momenta;
  const auto count = static_cast<std::int64_t>(c["outputs"].at(0).size());
  for (std::int64_t epoch = 0; epoch < count; ++epoch) {
    if (epoch > 0)
      step(c.contains("metrics") ? c["metrics"].at(std::size_t(epoch - 1)).get<double>() : 0);
    for (const std::size_t group : {0, 1}) {
      rates.push_back(optimizer->lr(group));
      momenta.push_back(optimizer->setting(sgd ? "momentum" : "beta1", group));
    }
  }
  check_tensor(c, "learning rates", tg::tensor(rates, {count, 2}), c["outputs"].at(0));
  check_tensor(c, "momenta", tg::tensor(momenta, {count, 2}), c["outputs"].at(1));
}

void check_all(const std::string& name, const std::set<std::string>& known,
               void (*check)(const Case&), std::vector<tg::DType> types) {
  std::set<std::string> called;
  for (const json& line : section(name)) {
    const std::string op = line.at("op");
    called.insert(op);
    INFO(op << " is in the table of this test");
    REQUIRE(known.contains(op));
    for (const tg::DType floating : types) check(Case(line, floating));
  }
  CHECK(called == known);
}

template <class Table>
std::set<std::string> names_of(const Table& table) {
  std::set<std::string> names;
  for (const auto& [name, value] : table) names.insert(name);
  return names;
}

}  // namespace

TEST_CASE("optimizers step as PyTorch's do") {
  check_all("optimizers", names_of(kOptimizers), check_steps, {tg::float64, tg::float32});
}

TEST_CASE("gradients are clipped as PyTorch clips them") {
  check_all("clipping", {"clip_grad_norm_", "clip_grad_value_"}, check_clipping,
            {tg::float64, tg::float32});
}

TEST_CASE("schedules set the learning rates, and the momentum, that PyTorch's set") {
  check_all("schedules", names_of(kSchedules), check_schedule, {tg::float64});
}

TEST_CASE("every optimizer and schedule and every option of one has a case with values") {
  Declarations optimizers, clipping, schedules;
  for (const char* header : {"sgd", "adam", "rmsprop", "adagrad"})
    optimizers.read("nn/optim/" + std::string(header) + ".h");
  CHECK(names_of(optimizers.functions) == names_of(kOptimizers));
  check_complete("optimizers", optimizers, {.not_of_values = {".warn_unused", ".check_finite"}});
  clipping.read("nn/optim/clip.h");
  check_complete("clipping", clipping, {});
  for (const char* header : {"schedule", "one_cycle", "plateau"})
    schedules.read("nn/optim/schedules/" + std::string(header) + ".h");
  schedules.functions.erase("Schedule");
  CHECK(names_of(schedules.functions) == names_of(kSchedules));
  check_complete("schedules", schedules,
                 {.never_default = {".step_size", ".T_max", ".max_lr", ".total_steps"}});
}
