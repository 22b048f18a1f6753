#pragma once

#include <string>
#include <utility>
#include <vector>

#include "nn/module/module.h"

// Internal: a model while it is evaluated.

namespace tapegrad::nn::detail {

/// While it lives, all layers of a model are in evaluation mode and know their paths, and the names
/// of its tensors are at hand. Then each layer is as it was. The model must outlive it.
class Evaluation : private Visitor {
 public:
  explicit Evaluation(ModuleRef model) : Evaluation() {
    walk(model);  // where memory ends on the way, the destructor puts back what was changed
  }
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;
  ~Evaluation() override {
    // From the last on: a layer that stands in two places comes twice.
    for (auto mode = modes_.rbegin(); mode != modes_.rend(); ++mode) *mode->first = mode->second;
    for (auto path = paths_.rbegin(); path != paths_.rend(); ++path)
      *path->first = std::move(path->second);
  }

  /// Parameters and buffers under all of their names.
  const std::vector<Parameter>& tensors() const { return tensors_; }

 private:
  Evaluation() = default;

  void on_parameter(const std::string& name, Tensor& value) override {
    tensors_.push_back({name, value});
  }
  void on_buffer(const std::string& name, Tensor& value) override {
    tensors_.push_back({name, value});
  }
  void on_training(bool& flag) override {
    modes_.emplace_back(&flag, flag);
    flag = false;
  }
  void on_scope(std::string& own) override {
    paths_.emplace_back(&own, own);
    if (own.empty()) own = path();
  }

  std::vector<Parameter> tensors_;
  std::vector<std::pair<bool*, bool>> modes_;
  std::vector<std::pair<std::string*, std::string>> paths_;
};

}  // namespace tapegrad::nn::detail
