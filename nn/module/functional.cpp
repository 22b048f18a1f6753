#include "nn/module/functional.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/transforms/function_gradients.h"

namespace tapegrad::nn {

namespace {

/// Puts other tensors in the place of some.
class Replacer : public Visitor {
 public:
  /// Says what comes in the place of `before`. Errors: where it does not fit.
  void add(const std::string& name, const Tensor& before, const Tensor& after) {
    if (!after.defined())
      fail<ValueError>("functional_call: the value of parameter {} is undefined", name);
    if (after.shape() != before.shape())
      fail<ShapeError>("functional_call: parameter {} has shape {}, but its value has shape {}",
                       name, before.shape(), after.shape());
    if (after.dtype() != before.dtype())
      fail<DTypeError>(
          "functional_call: parameter {} is {}, but its value is {}; convert it with to()", name,
          before.dtype(), after.dtype());
    pairs_.emplace_back(before, after);
  }

 private:
  void on_parameter(const std::string&, Tensor& value) override { replace(value); }
  void on_buffer(const std::string&, Tensor& value) override { replace(value); }
  void replace(Tensor& value) {
    for (const auto& [before, after] : pairs_) {
      if (!before.is_same(value)) continue;
      value = after;
      return;
    }
  }

  std::vector<std::pair<Tensor, Tensor>> pairs_;
};

}  // namespace

void detail::replace_tensors(ModuleRef model, const std::vector<Tensor>& values) {
  const std::vector<Parameter> own = parameters(model);
  if (own.size() != values.size())
    fail<ValueError>("functional_call: the model has {} parameters, but {} values are given",
                     own.size(), values.size());
  Replacer replacer;
  for (std::size_t i = 0; i < own.size(); ++i) replacer.add(own[i].name, own[i].value, values[i]);
  replacer.walk(model);
}

void detail::replace_tensors(ModuleRef model, const std::vector<Parameter>& values) {
  std::vector<Parameter> own = parameters(model);
  for (Parameter& buffer : buffers(model)) own.push_back(std::move(buffer));
  Replacer replacer;
  for (const Parameter& given : values) {
    const auto found = std::find_if(own.begin(), own.end(),
                                    [&](const Parameter& each) { return each.name == given.name; });
    if (found == own.end())
      fail<ValueError>("functional_call: the model has no parameter or buffer \"{}\"", given.name);
    replacer.add(given.name, found->value, given.value);
  }
  replacer.walk(model);
}

std::vector<Tensor> detail::per_sample_gradients(
    ModuleRef model, const std::function<Tensor(const std::vector<Tensor>&)>& loss_of_sample,
    const Tensor& inputs, const Tensor& targets, const PerSampleOptions& options) {
  const std::vector<Parameter> own = parameters(model);
  for (const Tensor* each : {&inputs, &targets})
    if (!each->defined() || each->dim() == 0)
      fail<ShapeError>("per_sample_grad: inputs and targets have a first dimension, of samples");
  if (inputs.size(0) != targets.size(0))
    fail<ShapeError>("per_sample_grad: {} inputs, but {} targets", inputs.size(0), targets.size(0));
  // What is varied, and where its gradient belongs.
  std::vector<std::size_t> places;
  std::vector<Tensor> varied, fixed;
  VmapOptions how{
      .in_dims = {}, .randomness = options.randomness, .chunk_size = options.chunk_size};
  for (std::size_t i = 0; i < own.size(); ++i) {
    fixed.push_back(own[i].value.detach());
    if (!own[i].value.requires_grad()) continue;
    places.push_back(i);
    varied.push_back(fixed[i]);
    how.in_dims.emplace_back(std::nullopt);
  }
  std::vector<Tensor> gradients(own.size());
  if (varied.empty()) return gradients;
  const std::size_t count = varied.size();
  varied.push_back(unsqueeze(inputs, 1));
  varied.push_back(unsqueeze(targets, 1));
  how.in_dims.insert(how.in_dims.end(), 2, 0);
  const auto gradients_of_sample = [&](const std::vector<Tensor>& sample) {
    const auto loss = [&](const std::vector<Tensor>& values) {
      std::vector<Tensor> all = fixed;
      for (std::size_t k = 0; k < count; ++k) all[places[k]] = values[k];
      all.insert(all.end(), sample.end() - 2, sample.end());
      return loss_of_sample(all);
    };
    return grad(loss)(std::vector<Tensor>(sample.begin(), sample.end() - 2));
  };
  std::vector<Tensor> made = vmap(gradients_of_sample, how)(varied);
  for (std::size_t k = 0; k < count; ++k) gradients[places[k]] = std::move(made[k]);
  return gradients;
}

}  // namespace tapegrad::nn
