#include "choices.h"

#include <algorithm>
#include <utility>

namespace digits {

namespace {

struct Activation {
  const char* name;
  tg::Tensor (*function)(tg::Tensor);
};

constexpr Activation kActivations[] = {
    {"relu", tg::relu},
    {"tanh", tg::tanh},
    {"sigmoid", tg::sigmoid},
    {"gelu", tg::gelu},
    {"silu", tg::silu},
    {"leaky_relu", [](tg::Tensor x) { return tg::leaky_relu(std::move(x)); }},
    {"elu", [](tg::Tensor x) { return tg::elu(std::move(x)); }},
    {"softplus", [](tg::Tensor x) { return tg::softplus(std::move(x)); }},
};

using Parameters = std::vector<nn::Parameter>;

struct OptimizerChoice {
  const char* name;
  double lr;
  std::unique_ptr<nn::Optimizer> (*make)(const Parameters& parameters, double lr);
};

const OptimizerChoice kOptimizers[] = {
    {"sgd", 0.05,
     [](const Parameters& p, double lr) -> std::unique_ptr<nn::Optimizer> {
       return std::make_unique<nn::SGD>(p, nn::SGDOptions{.lr = lr, .momentum = 0.9});
     }},
    {"adam", 1e-3,
     [](const Parameters& p, double lr) -> std::unique_ptr<nn::Optimizer> {
       return std::make_unique<nn::Adam>(p, nn::AdamOptions{.lr = lr});
     }},
    {"adamw", 1e-3,
     [](const Parameters& p, double lr) -> std::unique_ptr<nn::Optimizer> {
       return std::make_unique<nn::AdamW>(p, nn::AdamWOptions{.lr = lr});
     }},
    {"rmsprop", 1e-3,
     [](const Parameters& p, double lr) -> std::unique_ptr<nn::Optimizer> {
       return std::make_unique<nn::RMSprop>(p, nn::RMSpropOptions{.lr = lr});
     }},
    {"adagrad", 1e-2,
     [](const Parameters& p, double lr) -> std::unique_ptr<nn::Optimizer> {
       return std::make_unique<nn::Adagrad>(p, nn::AdagradOptions{.lr = lr});
     }},
};

struct ScheduleChoice {
  const char* name;
  std::unique_ptr<nn::Schedule> (*make)(nn::Optimizer& optimizer, std::int64_t steps, double lr);
};

const ScheduleChoice kSchedules[] = {
    {"constant",
     [](nn::Optimizer&, std::int64_t, double) { return std::unique_ptr<nn::Schedule>(); }},
    {"cosine",
     [](nn::Optimizer& o, std::int64_t steps, double) -> std::unique_ptr<nn::Schedule> {
       return std::make_unique<nn::CosineAnnealingLR>(o,
                                                      nn::CosineAnnealingLROptions{.T_max = steps});
     }},
    {"one-cycle",
     [](nn::Optimizer& o, std::int64_t steps, double lr) -> std::unique_ptr<nn::Schedule> {
       return std::make_unique<nn::OneCycleLR>(
           o, nn::OneCycleLROptions{.max_lr = lr, .total_steps = steps, .cycle_momentum = false});
     }},
};

template <class Choices>
std::vector<std::string> names(const Choices& choices) {
  std::vector<std::string> list;
  for (const auto& choice : choices) list.emplace_back(choice.name);
  return list;
}

template <class Choices>
const auto& pick(const Choices& choices, const std::string& name) {
  const auto found = std::ranges::find_if(choices, [&](const auto& c) { return c.name == name; });
  if (found == std::end(choices)) throw tg::ValueError("there is no choice named '" + name + "'");
  return *found;
}

}  // namespace

std::vector<std::string> activation_names() { return names(kActivations); }
std::vector<std::string> optimizer_names() { return names(kOptimizers); }
std::vector<std::string> schedule_names() { return names(kSchedules); }

nn::Layer make_activation(const std::string& name) { return pick(kActivations, name).function; }

std::unique_ptr<nn::Optimizer> make_optimizer(const std::string& name, const Parameters& parameters,
                                              double lr) {
  return pick(kOptimizers, name).make(parameters, lr);
}

double default_lr(const std::string& optimizer) { return pick(kOptimizers, optimizer).lr; }

std::unique_ptr<nn::Schedule> make_schedule(const std::string& name, nn::Optimizer& optimizer,
                                            std::int64_t steps, double lr) {
  return pick(kSchedules, name).make(optimizer, steps, lr);
}

}  // namespace digits
