#include "nn/check/graph_check.h"

#include <algorithm>

#include "nn/module/visitor.h"

namespace tapegrad::nn::detail {

ParameterPlaces parameter_places(ModuleRef model) {
  ParameterPlaces places;
  for (const Parameter& each : parameters(model)) {
    if (!each.value.requires_grad()) continue;
    places.ids.push_back(each.value.id());
    places.names.push_back(each.name);
    places.values.push_back(each.value);
  }
  return places;
}

void put_parameters(ModuleRef copy, const ParameterPlaces& places,
                    const std::vector<Tensor>& values) {
  struct Place : Visitor {
    const ParameterPlaces& places;
    const std::vector<Tensor>& values;
    Place(const ParameterPlaces& to, const std::vector<Tensor>& from) : places(to), values(from) {}
    void on_parameter(const std::string&, Tensor& value) override {
      const auto at = std::find(places.ids.begin(), places.ids.end(), value.id());
      if (at != places.ids.end())
        value = values[static_cast<std::size_t>(at - places.ids.begin()) + 1];
    }
  };
  Place(places, values).walk(copy);
}

Tensor checked_input(const Tensor& input) {
  if (!input.defined() || !is_floating_point(input.dtype())) return input;
  return input.detach().to(float64).clone().requires_grad_();
}

VerifyResult check_model(const std::string& name, OperatorCase example,
                         std::vector<std::string> names, GradcheckOptions options) {
  options.names = std::move(names);
  OperatorInfo info{name, {}};
  info.cases.push_back(std::move(example));
  // Of a model the other parts say no more than of its operators.
  return verify(info, {.gradcheck = std::move(options),
                       .arguments = false,
                       .float32 = false,
                       .large = false,
                       .memory = false});
}

}  // namespace tapegrad::nn::detail
