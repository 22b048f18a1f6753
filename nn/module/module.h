#pragma once

/// @file
/// What can be done with any model: list and count its parameters, switch modes, freeze, convert,
/// name, copy.
///
///     nn::Sequential net{nn::Linear{4, 8}, tg::relu, nn::Linear{8, 2}};
///     for (const auto& [name, value] : nn::parameters(net)) fmt::print("{} {}\n", name, value);
///     nn::Sequential copy = nn::clone(net);
///     nn::freeze(copy);

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"
#include "nn/module/visitor.h"

namespace tapegrad::nn {

/// @addtogroup modules
/// What can be done with any model. A model is a type with `visit`; nothing is inherited:
///
///     struct Net {
///       nn::Linear fc1{784, 128}, fc2{128, 10};
///       Tensor operator()(const Tensor& x) const { return fc2(relu(fc1(x))); }
///       void visit(nn::Visitor& f) { f("fc1", fc1); f("fc2", fc2); }
///     };
///
/// Copying a model copies its structure and shares its tensors, as copying a `Tensor` does; `clone`
/// gives tensors of its own.
/// @{

/// A tensor of a model under its dotted name, such as "fc1.weight" or "0.bias".
struct Parameter {
  std::string name;  ///< dotted, from the names that `visit` gives
  Tensor value;      ///< a handle of the model's own tensor

  /// Without a name and a value.
  Parameter() = default;
  /// Of that name.
  Parameter(std::string called, Tensor handle)
      : name(std::move(called)), value(std::move(handle)) {}
  /// Refused with a sentence: in PyTorch a parameter is a member of this type, here a `Tensor`.
  template <std::same_as<Tensor> T>
  Parameter(const T&) {
    detail::refuse_parameter<T>();
  }
};

/// The parameters in the order of `visit`, frozen ones too. A tensor used in two places is listed
/// once, under its first name. With a prefix "gen" the names begin with "gen.", so that the
/// parameters of several models can go into one list or one optimizer.
std::vector<Parameter> parameters(ModuleRef model, std::string_view prefix = "");

/// The buffers (such as running means) in the order of `visit`; one used in two places is listed
/// once. For the prefix see `parameters`.
std::vector<Parameter> buffers(ModuleRef model, std::string_view prefix = "");

/// Number of elements of all parameters, or of those that require a gradient.
std::int64_t parameter_count(ModuleRef model, Flag trainable_only = false);

/// Switches layers that behave differently in training (dropout, batch normalisation) to that mode.
/// The mode is the layer's own: a copy of the model, or of a layer, shares the tensors, running
/// statistics among them, but keeps its mode. So a copy that is still in training goes on to move
/// the statistics of a model in evaluation: switch both, or take a `clone`.
void train(ModuleRef model, Flag training = true);
/// Switches them to evaluation; for copies see `train`.
inline void eval(ModuleRef model) { train(model, false); }

/// Stops, or starts again, the collection of gradients by all parameters. Running statistics are
/// not parameters: they go on until `eval`. Errors: `GradError` when a parameter is not a leaf;
/// then nothing has changed.
/// @{
void freeze(ModuleRef model);
void unfreeze(ModuleRef model);
/// @}

/// Drops the gradients of all parameters.
void zero_grad(ModuleRef model);

/// Converts floating-point parameters and buffers to `dtype`. They stay the tensors that they are,
/// with their gradients, so that optimizers and copies of the model follow; see `Tensor::to_`.
/// Errors: `DTypeError` unless `dtype` is floating-point; `GradError` when a parameter is not a
/// leaf; then nothing has changed.
void to(ModuleRef model, DType dtype);

/// Tells each layer its path below `root`, so that errors and records say "net.2.fc1". Do it once,
/// when the model is complete; a layer without a path costs nothing.
void name_modules(ModuleRef model, std::string_view root = "");

namespace detail {
/// Gives a copied model its own tensors; tensors that were one stay one.
void own_tensors(ModuleRef model);
}  // namespace detail

/// A copy with tensors of its own: same values, same `requires_grad`, no gradients.
template <Module Model>
Model clone(const Model& model) {
  Model copy(model);
  detail::own_tensors(copy);
  return copy;
}

/// @}

}  // namespace tapegrad::nn
