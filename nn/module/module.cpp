#include "nn/module/module.h"

#include <algorithm>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/tape/no_grad.h"

namespace tapegrad::nn {
namespace {

/// Lists parameters or buffers, each tensor once.
class Collector : public Visitor {
 public:
  enum class What { parameters, buffers };
  Collector(What what, std::string_view prefix) : Visitor(std::string(prefix)), what_(what) {}

  std::vector<Parameter> found;

 private:
  void on_parameter(const std::string& name, Tensor& value) override {
    if (what_ == What::parameters) add(name, value);
  }
  void on_buffer(const std::string& name, Tensor& value) override {
    if (what_ == What::buffers) add(name, value);
  }
  void add(const std::string& name, const Tensor& value) {
    const bool known = std::any_of(found.begin(), found.end(), [&](const Parameter& other) {
      return other.value.is_same(value);
    });
    if (!known) found.push_back({name, value});
  }

  What what_;
};

std::vector<Parameter> collect(ModuleRef model, Collector::What what, std::string_view prefix) {
  Collector collector(what, prefix);
  collector.walk(model);
  return std::move(collector.found);
}

class TrainingSetter : public Visitor {
 public:
  explicit TrainingSetter(Flag training) : training_(training) {}

 private:
  void on_training(bool& flag) override { flag = training_; }
  bool training_;
};

class Namer : public Visitor {
 public:
  explicit Namer(std::string root) : Visitor(std::move(root)) {}

 private:
  void on_scope(std::string& own) override { own = path(); }
};

/// Replaces every tensor by a copy. Tensors that were one before are one afterwards.
class Cloner : public Visitor {
 private:
  void on_parameter(const std::string&, Tensor& value) override { replace(value); }
  void on_buffer(const std::string&, Tensor& value) override { replace(value); }
  void replace(Tensor& value) {
    for (const auto& [before, after] : done_) {
      if (before.is_same(value)) {
        value = after;
        return;
      }
    }
    const NoGrad no_grad;
    Tensor after = value.clone();
    after.requires_grad_(value.requires_grad());
    done_.emplace_back(value, after);
    value = after;
  }

  std::vector<std::pair<Tensor, Tensor>> done_;
};

/// Errors: `GradError` unless all are leaves; `undone` says what cannot be done with another.
void require_leaves(const char* name, const std::vector<Parameter>& list, const char* undone) {
  for (const Parameter& parameter : list) {
    if (!parameter.value.is_leaf()) {
      fail<GradError>(
          "{}: parameter {} was computed by an operator, so it cannot be {}; use its detach() as "
          "the parameter",
          name, parameter.name, undone);
    }
  }
}

void set_requires_grad(ModuleRef model, bool requires_grad) {
  auto all = parameters(model);
  require_leaves(requires_grad ? "unfreeze" : "freeze", all, "frozen or unfrozen");
  for (auto& [name, value] : all) value.requires_grad_(requires_grad);
}

}  // namespace

std::vector<Parameter> parameters(ModuleRef model, std::string_view prefix) {
  return collect(model, Collector::What::parameters, prefix);
}

std::vector<Parameter> buffers(ModuleRef model, std::string_view prefix) {
  return collect(model, Collector::What::buffers, prefix);
}

std::int64_t parameter_count(ModuleRef model, Flag trainable_only) {
  std::int64_t count = 0;
  for (const auto& [name, value] : parameters(model)) {
    if (!trainable_only || value.requires_grad()) count += value.numel();
  }
  return count;
}

void train(ModuleRef model, Flag training) { TrainingSetter(training).walk(model); }

void freeze(ModuleRef model) { set_requires_grad(model, false); }
void unfreeze(ModuleRef model) { set_requires_grad(model, true); }

void zero_grad(ModuleRef model) {
  for (auto& [name, value] : parameters(model)) value.zero_grad();
}

void to(ModuleRef model, DType dtype) {
  if (!is_floating_point(dtype)) {
    fail<DTypeError>("to: a model cannot be converted to {}; use float32 or float64", dtype);
  }
  std::vector<Parameter> all = parameters(model);
  for (Parameter& buffer : buffers(model)) {
    if (is_floating_point(buffer.value.dtype())) all.push_back(std::move(buffer));
  }
  require_leaves("to", all, "converted");
  for (auto& [name, value] : all) value.to_(dtype);
}

void name_modules(ModuleRef model, std::string_view root) { Namer(std::string(root)).walk(model); }

void detail::own_tensors(ModuleRef model) { Cloner().walk(model); }

}  // namespace tapegrad::nn
