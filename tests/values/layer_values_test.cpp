// What layers give, with given weights and in either mode, against PyTorch's.

#include "nn/nn.h"
#include "tests/values/declared.h"
#include "tests/values/values.h"

using namespace values;
namespace nn = tapegrad::nn;

namespace {

/// Gives `layer` the weights of the case, and calls it on each input, one after the other. Only the
/// last output has gradients.
template <class LayerType>
Tensors outputs_of(const Case& c, LayerType layer) {
  nn::train(layer, c["mode"] == "train");
  const json state = c.contains("state") ? c["state"] : json::object();
  const std::vector<nn::Parameter> parameters = nn::parameters(layer);
  CHECK(parameters.size() == state.size());
  for (nn::Parameter parameter : parameters) {
    INFO(c.text() << ": " << parameter.name);
    REQUIRE(state.contains(parameter.name));
    const Tensor value = tensor_of(state[parameter.name], c.floating);
    REQUIRE(value.shape() == parameter.value.shape());
    const tg::NoGrad no_grad;
    parameter.value.copy_(value);
    c.leaves[parameter.name] = parameter.value;
  }
  Tensors outputs;
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    if (i + 1 < c.inputs.size()) {
      const tg::NoGrad no_grad;
      outputs.push_back(layer(c.inputs[i]));
    } else {
      outputs.push_back(layer(c.inputs[i]));
    }
  }
  const json after = c.contains("after") ? c["after"] : json::object();
  const std::vector<nn::Parameter> buffers = nn::buffers(layer);
  CHECK(buffers.size() == after.size());
  for (const nn::Parameter& buffer : buffers) {
    INFO(c.text() << ": " << buffer.name);
    REQUIRE(after.contains(buffer.name));
    check_tensor(c, buffer.name, buffer.value, after[buffer.name]);
  }
  if (c.contains("shown")) return {tg::stack({tg::max(outputs.back()), tg::min(outputs.back())})};
  return outputs;
}

template <class LayerType>
Function plain() {
  return [](const Case& c) { return outputs_of(c, LayerType()); };
}
/// A layer with one argument, which may be left out.
template <class LayerType, class T>
Function with(const char* name) {
  return [name](const Case& c) {
    return outputs_of(c, c.has(name) ? LayerType(c.get<T>(name)) : LayerType());
  };
}
/// A layer with two numbers, which may both be left out where they have defaults.
template <class LayerType>
Function with_two(const char* first, const char* second) {
  return [=](const Case& c) {
    if constexpr (std::is_default_constructible_v<LayerType>)
      if (!c.has(first)) return outputs_of(c, LayerType());
    return outputs_of(c, LayerType(c.get<double>(first), c.get<double>(second)));
  };
}
template <class LayerType>
Function along() {
  return [](const Case& c) { return outputs_of(c, LayerType(c.get<int>("dim"))); };
}

Functions layers() {
  Functions table{
      {"ReLU", plain<nn::ReLU>()},
      {"SiLU", plain<nn::SiLU>()},
      {"Tanh", plain<nn::Tanh>()},
      {"Sigmoid", plain<nn::Sigmoid>()},
      {"LogSigmoid", plain<nn::LogSigmoid>()},
      {"Identity", plain<nn::Identity>()},
      {"LeakyReLU", with<nn::LeakyReLU, double>("negative_slope")},
      {"ELU", with<nn::ELU, double>("alpha")},
      {"Dropout", with<nn::Dropout, double>("p")},
      {"Softmax", along<nn::Softmax>()},
      {"LogSoftmax", along<nn::LogSoftmax>()},
      {"ReLU6", plain<nn::ReLU6>()},
      {"Hardswish", plain<nn::Hardswish>()},
      {"Hardsigmoid", plain<nn::Hardsigmoid>()},
      {"SELU", plain<nn::SELU>()},
      {"Mish", plain<nn::Mish>()},
      {"Softsign", plain<nn::Softsign>()},
      {"Tanhshrink", plain<nn::Tanhshrink>()},
      {"CELU", with<nn::CELU, double>("alpha")},
      {"Softshrink", with<nn::Softshrink, double>("lambd")},
      {"Hardshrink", with<nn::Hardshrink, double>("lambd")},
      {"GLU", with<nn::GLU, int>("dim")},
      {"Softmin", along<nn::Softmin>()},
      {"Hardtanh", with_two<nn::Hardtanh>("min_val", "max_val")},
      {"Threshold", with_two<nn::Threshold>("threshold", "value")},
      {"RReLU", with_two<nn::RReLU>("lower", "upper")},
  };
  table["GELU"] = [](const Case& c) {
    if (!c.has("approximate")) return outputs_of(c, nn::GELU());
    return outputs_of(
        c, nn::GELU(c.get<std::string>("approximate") == "tanh" ? nn::Approximate::tanh
                                                                : nn::Approximate::none));
  };
  table["PReLU"] = [](const Case& c) {
    const nn::PReLUOptions options{.dtype = c.floating};
    return outputs_of(
        c, nn::PReLU(c.has("num_parameters") ? c.get<int>("num_parameters") : 1, options));
  };
  table["Softplus"] = [](const Case& c) {
    nn::SoftplusOptions options;
    c.set("beta", options.beta);
    c.set("threshold", options.threshold);
    return outputs_of(c, nn::Softplus(options));
  };
  table["Flatten"] = [](const Case& c) {
    if (!c.has("start_dim")) return outputs_of(c, nn::Flatten());
    return outputs_of(c, nn::Flatten(c.get<int>("start_dim"), c.get<int>("end_dim")));
  };
  table["Linear"] = [](const Case& c) {
    nn::LinearOptions options{.dtype = c.floating};
    c.set("bias", options.bias);
    return outputs_of(c, nn::Linear(c.get<std::int64_t>("in_features"),
                                    c.get<std::int64_t>("out_features"), options));
  };
  table["LayerNorm"] = [](const Case& c) {
    nn::LayerNormOptions options{.dtype = c.floating};
    c.set("eps", options.eps);
    c.set("elementwise_affine", options.elementwise_affine);
    c.set("bias", options.bias);
    return outputs_of(c, nn::LayerNorm(c.list("normalized_shape"), options));
  };
  table["BatchNorm1d"] = [](const Case& c) {
    nn::BatchNormOptions options{.dtype = c.floating};
    c.set("eps", options.eps);
    c.set("affine", options.affine);
    c.set("track_running_stats", options.track_running_stats);
    if (c.has("momentum")) {
      const json momentum = c.get<json>("momentum");
      options.momentum = momentum.is_null() ? std::nullopt : std::optional<double>(momentum);
    }
    return outputs_of(c, nn::BatchNorm1d(c.get<std::int64_t>("num_features"), options));
  };
  table["Sequential"] = [](const Case& c) {
    return outputs_of(c, nn::Sequential{nn::Linear(4, 5, {.dtype = c.floating}), nn::Tanh(),
                                        nn::BatchNorm1d(5, {.dtype = c.floating}),
                                        nn::Linear(5, 2, {.dtype = c.floating})});
  };
  return table;
}

}  // namespace

TEST_CASE("layers give the values and gradients that PyTorch's have, in either mode") {
  check_section("layers", layers());
}

TEST_CASE("every layer and every option of one has a case with values") {
  Declarations declared;
  for (const char* header :
       {"activation/activations", "activation/further_activations", "dropout", "flatten",
        "linear/linear", "norm/batch_norm", "norm/layer_norm", "sequential"})
    declared.read("nn/layers/" + std::string(header) + ".h");
  CHECK(declared.functions.size() >= 17);
  check_complete("layers", declared, {.not_of_values = {"Activation", ".dtype", "PReLU.init"}});
}
