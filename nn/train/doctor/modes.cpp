#include "nn/train/doctor/modes.h"

#include <algorithm>
#include <new>

#include "autograd/base/fail.h"

namespace tapegrad::nn::detail {

namespace {

/// Layers with a mode.
class ModeReader final : public Visitor {
 public:
  int layers = 0, training = 0;
  std::string first;  ///< that is in training mode: "1, a Dropout(p=0.5)"

 private:
  void on_enter(const ModuleRef& module) override { open_.push_back(module); }
  void on_leave() override { open_.pop_back(); }
  void on_training(bool& flag) override {
    ++layers;
    if (!flag) return;
    if (training++ == 0) first = fmt::format("{} ({})", path(), open_.back().describe());
  }

  std::vector<ModuleRef> open_;
};

}  // namespace

void ModeCheck::step_ended(std::int64_t step) {
  ModeReader modes;
  modes.walk(model_);
  if (modes.training > 0) {
    trained_ = true;
    validated_ = false;
  } else if (modes.layers > 0 && trained_ && validated_) {
    findings_.add(
        Finding::Kind::evaluation_mode, "the model", step,
        fmt::format("Step {} trains in evaluation mode, as no step did before the last "
                    "validation.",
                    step),
        "Dropout drops nothing, and batch normalisation keeps the statistics that it has.",
        "Call nn::train(model) after the validation.");
  }
}

void ModeCheck::begin_validation(std::int64_t step) {
  step_ = step;
  training_.clear();
  dropped_.clear();
  parameters_.clear();
  ModeReader modes;
  modes.walk(model_);
  if (modes.layers > 0)
    for (const Parameter& each : parameters(model_)) parameters_.push_back(each.value.id());
  start();
}

void ModeCheck::call(const tapegrad::detail::OperatorCall& call) {
  if (dropped_.empty() && std::string_view(call.name) == "dropout") note_dropout(call);
  const auto of_model = [&](const Tensor* input) {
    return std::ranges::find(parameters_, input->id()) != parameters_.end();
  };
  if (parameters_.empty() || std::ranges::none_of(call.inputs, of_model)) return;
  parameters_.clear();
  try {
    ModeReader modes;
    modes.walk(model_);
    training_ = modes.first;
  } catch (const std::bad_alloc&) {
    training_.clear();  // the validation goes on, and nothing is said of it
  }
}

void ModeCheck::note_dropout(const tapegrad::detail::OperatorCall& call) noexcept {
  try {
    dropped_ = call.path ? fmt::format("dropout in {}", call.path) : "dropout";
  } catch (const std::bad_alloc&) {
    dropped_.clear();
  }
}

void ModeCheck::end_validation() {
  stop();
  validated_ = true;
  if (training_.empty()) return add_dropout();
  findings_.add(
      Finding::Kind::training_mode, training_, step_,
      fmt::format("The validation after step {} ran with {} in training mode.", step_, training_),
      "Dropout makes its results worse and random, and batch normalisation takes the statistics of "
      "the batch, which it also learns from what it should not see.",
      "Call nn::eval(model) before the validation, and nn::train(model) after it.");
}

void ModeCheck::add_dropout() {
  if (dropped_.empty()) return;
  findings_.add(
      Finding::Kind::training_mode, dropped_, step_,
      fmt::format("The validation after step {} called {}, which dropped values.", step_, dropped_),
      "That makes its results worse and random.",
      "Use the layer nn::Dropout, which nn::eval switches off, or give dropout(x, p, "
      "training) a flag that is false there.");
}

}  // namespace tapegrad::nn::detail
