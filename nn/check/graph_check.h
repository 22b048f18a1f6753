#pragma once

/// @file
/// Proves the gradients of a model: for its input and every parameter, at both orders, forwards and
/// backwards.
///
///     nn::Sequential net{nn::Linear{3, 4}, tg::tanh, nn::Linear{4, 2}};
///     fmt::print("{}\n", tg::graph_check(net, tg::randn({2, 3})).message());

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "autograd/check/verify.h"
#include "nn/module/module.h"

namespace tapegrad {

/// @cond
namespace nn::detail {

/// The places of a model's trainable parameters, to be taken by other tensors.
struct ParameterPlaces {
  std::vector<const void*> ids;
  std::vector<std::string> names;
  std::vector<Tensor> values;
};
ParameterPlaces parameter_places(ModuleRef model);
/// Puts `values[1]` and on in the places of the parameters of a copy of the model.
void put_parameters(ModuleRef copy, const ParameterPlaces& places,
                    const std::vector<Tensor>& values);

/// The input as a variable, or as a constant if it is no floating-point tensor.
Tensor checked_input(const Tensor& input);

/// A call of a model with its input and its parameters, in float64.
template <nn::Module Model>
OperatorCase model_case(const Model& model, const Tensor& input, const std::string& root,
                        std::function<Tensor(const Tensor&)> loss,
                        std::vector<std::string>& names) {
  auto held = std::make_shared<Model>(clone(model));
  to(*held, float64);
  name_modules(*held, root);
  ParameterPlaces places = parameter_places(*held);
  std::vector<Tensor> inputs{checked_input(input)};
  inputs.insert(inputs.end(), places.values.begin(), places.values.end());
  names = {"the input"};
  names.insert(names.end(), places.names.begin(), places.names.end());
  const auto call = [held, places, loss = std::move(loss)](const std::vector<Tensor>& in) {
    Model with = *held;
    put_parameters(with, places, in);
    const Model& fixed = with;
    Tensor y = [&]() -> Tensor {
      if constexpr (requires { fixed(in[0]); })
        return fixed(in[0]);
      else
        return with(in[0]);
    }();
    return loss ? loss(y) : y;
  };
  return {"input and parameters", std::move(inputs), call};
}

VerifyResult check_model(const std::string& name, OperatorCase example,
                         std::vector<std::string> names, GradcheckOptions options);

}  // namespace nn::detail
/// @endcond

/// @addtogroup check
/// @{

/// Proves the gradients of a model, in one line of your own tests:
///
///     CHECK(tg::graph_check(net, x));
///
/// A copy of `model`, converted to float64, is checked as an operator of its input and of every
/// parameter that requires a gradient, at first and second order and in forward mode: the first two
/// parts of `verify`, with its "leftovers". The result names the parameter, and the operator and
/// the layer (such as "net.fc2") whose rule is wrong. `loss`, if given, is applied to what the model
/// returns, and then checked with it. Of `options` the names are replaced by those of parameters.
///
/// `model` is a module of whatever size: large parameters are checked along random directions.
/// `input`, floating-point of any type or integer, is of a shape that it takes; a few rows are
/// enough. Neither is changed. A model that draws random numbers is in evaluation (`nn::eval`), or
/// the result says that it differs from call to call.
///
/// Errors: none but `OutOfMemoryError`; what the model throws is a finding, and so is that it has
/// neither trainable parameters nor a floating-point input.
template <nn::Module Model>
VerifyResult graph_check(const Model& model, const Tensor& input,
                         std::function<Tensor(const Tensor&)> loss = {},
                         const GradcheckOptions& options = {}) {
  std::vector<std::string> names;
  OperatorCase example = nn::detail::model_case(model, input, "net", std::move(loss), names);
  return nn::detail::check_model("net", std::move(example), std::move(names), options);
}

/// @}

}  // namespace tapegrad
