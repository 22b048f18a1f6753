#pragma once

/// @file
/// A model as a function of its parameters too: for gradients of each sample, for Hessians of a
/// loss, for parameters that are computed.
///
///     nn::Sequential net{nn::Linear{4, 8}, tg::tanh, nn::Linear{8, 2}};
///     const tg::Tensor x = tg::randn({3, 4}), t = tg::tensor({0, 1, 1});
///     std::vector<tg::Tensor> values;
///     for (const nn::Parameter& each : nn::parameters(net)) values.push_back(0.9 * each.value);
///     const tg::Tensor y = nn::functional_call(net, values, x);
///     const auto loss = [](const tg::Tensor& a, const tg::Tensor& b) {
///       return tg::cross_entropy(a, b);
///     };
///     const std::vector<tg::Tensor> G = nn::per_sample_grad(net, loss, x, t);  // G[0]: [3, 8, 4]

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/transforms/vmap.h"
#include "nn/module/module.h"

namespace tapegrad::nn {

/// @addtogroup modules
/// @{

/// @cond
namespace detail {
/// Puts `values` in the place of the parameters of a copy of a model.
void replace_tensors(ModuleRef model, const std::vector<Tensor>& values);
/// The same for parameters and buffers of these names.
void replace_tensors(ModuleRef model, const std::vector<Parameter>& values);
}  // namespace detail
/// @endcond

/// What `model` returns for `inputs` with other parameters: `values[i]` in place of
/// `parameters(model)[i].value`, of its shape. The model keeps its own. Gradients go to `values`,
/// which may be computed; a tensor used in two places is given once. Buffers are the model's, also
/// where a layer changes them.
///
///     const auto loss = [&](const std::vector<Tensor>& values) {
///       return mse_loss(functional_call(net, values, x), y);
///     };
///     const auto H = hessian(loss, values);
///
/// Errors: `ValueError` for another number of them, `ShapeError` and `DTypeError` for one that does
/// not fit; then nothing is called. Copies the structure of the model.
template <Module Model, class... Inputs>
auto functional_call(const Model& model, const std::vector<Tensor>& values,
                     const Inputs&... inputs) {
  Model copy(model);
  detail::replace_tensors(copy, values);
  return std::as_const(copy)(inputs...);
}
/// The same by name, for some of the parameters and buffers or all; the others stay. Errors: also
/// `ValueError` for a name that the model does not have.
template <Module Model, class... Inputs>
auto functional_call(const Model& model, const std::vector<Parameter>& values,
                     const Inputs&... inputs) {
  Model copy(model);
  detail::replace_tensors(copy, values);
  return std::as_const(copy)(inputs...);
}

/// How `per_sample_grad` computes.
struct PerSampleOptions {
  Randomness randomness = Randomness::error;  ///< of models that draw numbers, as by dropout
  std::int64_t chunk_size = 0;  ///< so many samples at a time, for less memory; 0 for all
};

/// @cond
namespace detail {
std::vector<Tensor> per_sample_gradients(
    ModuleRef model, const std::function<Tensor(const std::vector<Tensor>&)>& loss_of_sample,
    const Tensor& inputs, const Tensor& targets, const PerSampleOptions& options);
}
/// @endcond

/// The gradient of the loss of each sample: for parameter i, in the order of `parameters(net)`, a
/// tensor of shape `[N] + parameter.shape`, of which entry k is the gradient of
/// `loss(net(inputs[k]), targets[k])`, taken as a batch of one. The undefined tensor for frozen
/// parameters. `net` and its gradients stay as they are.
///
/// `inputs` are `[N, ...]` and `targets` `[N, ...]`; `loss(output, target)` returns one number for a
/// batch of one. All samples are computed at once by `vmap`, whose limits hold: batch normalisation
/// in training, which mixes samples, is an error. Results have no history by the parameters; for
/// that put `vmap`, `grad` and `functional_call` together yourself. Errors: `ShapeError` for
/// different numbers of samples; those of `vmap` and `grad(f)`.
template <Module Model, class Loss>
std::vector<Tensor> per_sample_grad(const Model& net, const Loss& loss, const Tensor& inputs,
                                    const Tensor& targets, const PerSampleOptions& options = {}) {
  // The last two are the sample.
  const auto of_sample = [&](const std::vector<Tensor>& all) {
    const std::vector<Tensor> values(all.begin(), all.end() - 2);
    using Returned = decltype(loss(functional_call(net, values, inputs), targets));
    static_assert(std::is_same_v<std::remove_cvref_t<Returned>, Tensor>,
                  "the loss returns a Tensor: a number of C++ (item) has no gradient");
    return loss(functional_call(net, values, all[all.size() - 2]), all.back());
  };
  return detail::per_sample_gradients(net, of_sample, inputs, targets, options);
}

/// @}

}  // namespace tapegrad::nn
