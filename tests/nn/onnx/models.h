#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/tensor/door/watcher.h"
#include "nn/nn.h"
#include "nn/onnx/onnx.h"

/// What is exported, for the tests of the files and for those with ONNX Runtime.
namespace onnx_models {

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;
using Tensors = std::vector<Tensor>;

/// A function, and what it is called with: the first call is the example.
struct Model {
  std::string name;
  std::function<void(const std::string& path)> save;
  std::function<Tensors(const Tensors&)> run;
  std::vector<Tensors> calls;
};

template <class F>
Model model(std::string name, F f, std::vector<Tensors> calls, tg::onnx::SaveOptions options = {}) {
  if constexpr (nn::Module<F>) nn::eval(f);
  const Tensors example = calls.at(0);
  return {.name = std::move(name),
          .save = [=](const std::string& path) { tg::onnx::save(path, f, example, options); },
          .run =
              [=](const Tensors& inputs) {
                const tg::NoGrad no_grad;
                return tg::onnx::detail::function(f)(inputs);
              },
          .calls = std::move(calls)};
}

/// A function of a batch of rows `[n, columns]`, in batches of 3 (the example), 1, 7 and 64.
template <class F>
Model of_batches(std::string name, F f, std::int64_t columns, tg::onnx::SaveOptions options = {}) {
  std::vector<Tensors> calls;
  for (const std::int64_t rows : {3, 1, 7, 64}) calls.push_back({tg::randn({rows, columns}) * 2});
  return model(std::move(name), std::move(f), std::move(calls), std::move(options));
}

template <class... Layers>
Model perceptron(std::string name, Layers... layers) {
  return of_batches("perceptron, " + name,
                    nn::Sequential{nn::Linear{6, 8}, std::move(layers)..., nn::Linear{8, 3}}, 6);
}

/// Batch normalisation with statistics that it has seen.
inline nn::BatchNorm1d used_batch_norm(std::int64_t channels) {
  nn::BatchNorm1d norm{channels};
  for (int i = 0; i < 3; ++i) (void)norm(tg::randn({16, channels}) * 2 + 1);
  return norm;
}

/// Networks with every layer of nn.
inline std::vector<Model> networks() {
  tg::manual_seed(7);
  std::vector<Model> all;
  all.push_back(perceptron("ReLU", nn::ReLU{}));
  all.push_back(perceptron("GELU", nn::GELU{}));
  all.push_back(perceptron("SiLU", nn::SiLU{}));
  all.push_back(perceptron("Tanh", nn::Tanh{}));
  all.push_back(perceptron("Sigmoid", nn::Sigmoid{}));
  all.push_back(perceptron("LogSigmoid", nn::LogSigmoid{}));
  all.push_back(perceptron("Identity", nn::Identity{}));
  all.push_back(perceptron("LeakyReLU", nn::LeakyReLU{0.2}));
  all.push_back(perceptron("ELU", nn::ELU{0.7}));
  all.push_back(perceptron("Softplus", nn::Softplus{{.beta = 2, .threshold = 3}}));
  all.push_back(perceptron("GELU by tanh", nn::GELU{nn::Approximate::tanh}));
  all.push_back(perceptron("Hardtanh", nn::Hardtanh{-0.5, 1}, nn::ReLU6{}));
  all.push_back(perceptron("Hardswish", nn::Hardswish{}, nn::Hardsigmoid{}));
  all.push_back(perceptron("SELU", nn::SELU{}, nn::CELU{0.7}));
  all.push_back(perceptron("Mish", nn::Mish{}, nn::Softsign{}, nn::Tanhshrink{}));
  all.push_back(perceptron("Softshrink", nn::Softshrink{0.2}, nn::Hardshrink{0.1}));
  all.push_back(perceptron("PReLU", nn::PReLU{8}, nn::RReLU{}, nn::PReLU{}));
  all.push_back(perceptron("GLU", nn::Linear{8, 16}, nn::GLU{}, nn::Threshold{0.1, -1}));
  all.push_back(perceptron("Softmin", nn::Softmin{1}));
  all.push_back(perceptron("Softmax", nn::Softmax{1}));
  all.push_back(perceptron("LogSoftmax", nn::LogSoftmax{1}));
  all.push_back(perceptron("LayerNorm", nn::LayerNorm{8}));
  all.push_back(perceptron("BatchNorm1d", used_batch_norm(8), tg::relu));
  all.push_back(perceptron("Dropout", nn::Dropout{0.5}, tg::tanh));
  for (const int layers : {1, 2, 3}) {
    nn::Sequential digits{nn::Flatten{}};
    std::int64_t width = 28 * 28;
    for (int i = 1; i < layers; ++i, width = 32) {
      digits.push_back(nn::Linear{width, 32});
      digits.push_back(tg::relu);
    }
    digits.push_back(nn::Linear{width, 10});
    std::vector<Tensors> calls;
    for (const std::int64_t rows : {2, 1, 7, 64}) calls.push_back({tg::rand({rows, 28, 28})});
    all.push_back(model("digits, layers " + std::to_string(layers), digits, std::move(calls)));
  }
  return all;
}

/// Functions whose sizes follow the batch, and other things that no network above has.
inline std::vector<Model> functions() {
  tg::manual_seed(8);
  std::vector<Model> all;
  const auto add = [&](const char* name, auto f) { all.push_back(of_batches(name, f, 6)); };
  add("sizes that follow the batch", [](const Tensor& x) {
    const std::int64_t rows = x.size(0);
    const Tensor pairs = tg::reshape(x, {rows * 2, 3});
    return tg::reshape(tg::tanh(pairs), {rows, 3, 2}) + tg::zeros({rows, 1, 2});
  });
  add("rows of rows, without a bias", [weight = tg::randn({5, 3})](const Tensor& x) {
    return tg::linear(tg::reshape(x, {x.size(0), 2, 3}), weight);
  });
  add("a sum that is permuted", [](const Tensor& x) { return tg::permute(tg::sum(x), {}) + x; });
  add("a choice between truth values",
      [](const Tensor& x) { return tg::where(x > 0, x > 1, x < -1); });
  add("rows in columns", [](const Tensor& x) { return tg::matmul(x, x.t()); });
  add("a mean over the batch", [](const Tensor& x) { return x - tg::mean(x, 0, true); });
  add("expand", [](const Tensor& x) {
    return tg::expand(x[0].narrow(0, 3, 3), {x.size(0), 3}) * x.narrow(1, 0, 3);
  });
  add("in place", [](const Tensor& x) {
    Tensor y = x * 2;
    y += 1;
    y.mul_(x).sub_(x, 0.5);
    Tensor total = 0.0;
    total += y.sum();
    Tensor filled = tg::zeros({6});
    filled.copy_(x[0]);
    y.clamp_(-3, 3);
    y += x.to(tg::float64);
    return y + total + filled;
  });
  add("integers and truth values", [](const Tensor& x) {
    const Tensor classes = tg::argmax(x, 1);
    const Tensor hot = tg::one_hot(classes, 6);
    const Tensor best = tg::max(x, 1).values;
    return hot * x + tg::unsqueeze(best + classes * 0.5, 1) + (x > 0) + ((x < 1) & (x > -1));
  });
  all.push_back(
      model("two inputs, two outputs",
            [](const Tensor& a, const Tensor& b) {
              return std::pair(a * b, tg::cat({a, b}, 1));
            },
            {{tg::randn({2, 3}), tg::randn({2, 3})}, {tg::randn({7, 3}), tg::randn({7, 3})}},
            {.input_names = {"left", "right"}, .output_names = {"product", "both"}}));
  all.push_back(model("the input itself", [](const Tensor& x) { return x; },
                      {{tg::randn({2, 3})}, {tg::randn({5, 3})}}));
  return all;
}

/// Operators without a gradient, and other ways of calling some that have one.
inline std::vector<tg::OperatorInfo> further_operators() {
  using Inputs = const Tensors&;
  const Tensor x = tg::tensor({{1.5, -3.0, 2.0}, {2.0, 0.0, 2.0}});
  const Tensor y = tg::tensor({{1.5, 1.0, -2.0}, {0.5, 0.0, 3.0}});
  const auto truth = [](const Tensor& t) { return t > 1; };
  return {
      {"argmax",
       {{"rows", {x}, [](Inputs in) { return tg::argmax(in[0], 1); }},
        {"columns, kept", {x}, [](Inputs in) { return tg::argmax(in[0], 0, true); }},
        {"truth values", {x}, [](Inputs in) { return tg::argmax(in[0] > 0, 1); }},
        {"all", {x}, [](Inputs in) { return tg::argmax(in[0]); }}}},
      {"argmin", {{"rows", {x}, [](Inputs in) { return tg::argmin(in[0], 1); }}}},
      {"eq", {{"tensors", {x, y}, [](Inputs in) { return in[0] == in[1]; }}}},
      {"lt", {{"a number", {x}, [](Inputs in) { return in[0] < 2; }}}},
      {"le",
       {{"tensors", {x, y}, [](Inputs in) { return in[0] <= in[1]; }},
        {"truth values", {x, y}, [=](Inputs in) { return truth(in[0]) <= truth(in[1]); }}}},
      {"logical_and", {{"", {x, y}, [=](Inputs in) { return truth(in[0]) & truth(in[1]); }}}},
      {"logical_or", {{"", {x, y}, [=](Inputs in) { return truth(in[0]) | truth(in[1]); }}}},
      {"logical_xor", {{"", {x, y}, [=](Inputs in) { return tg::logical_xor(in[0], in[1]); }}}},
      {"add",
       {{"truth values", {x, y}, [=](Inputs in) { return truth(in[0]) + truth(in[1]); }},
        {"an integer", {x}, [](Inputs in) { return in[0] + in[0].to(tg::int64); }}}},
      {"mul", {{"truth values", {x, y}, [=](Inputs in) { return truth(in[0]) * truth(in[1]); }}}},
      {"any", {{"", {x}, [](Inputs in) { return tg::any(in[0] > 1); }}}},
      {"amax", {{"truth values", {x}, [=](Inputs in) { return tg::amax(truth(in[0]), 1); }}}},
      {"one_hot",
       {{"a list", {tg::tensor({2, 0, 1})}, [](Inputs in) { return tg::one_hot(in[0], 4); }},
        {"one", {tg::tensor(2)}, [](Inputs in) { return tg::one_hot(in[0], 4); }}}},
      {"to",
       {{"bool", {x}, [](Inputs in) { return in[0].to(tg::boolean); }},
        {"int64", {x}, [](Inputs in) { return in[0].to(tg::int64); }}}},
      {"detach", {{"", {x}, [](Inputs in) { return in[0].detach(); }}}},
      {"layer_norm",
       {{"weight alone",
         {x, tg::tensor({1.0, 2.0, 0.5})},
         [](Inputs in) { return tg::layer_norm(in[0], 3, in[1]); }},
        {"float64",
         {x},
         [](Inputs in) {
           return tg::layer_norm(in[0].to(tg::float64), 3, tg::ones(3, tg::float64));
         }}}},
      {"binary_cross_entropy",
       {{"a constant input",
         {tg::tensor({0.2, 0.7})},
         [](Inputs in) {
           return nn::binary_cross_entropy(tg::tensor({0.5, 0.9}), in[0]);
         }}}},
      {"cross_entropy",
       {{"constant classes",
         {x},
         [](Inputs in) {
           return tg::cross_entropy(in[0], tg::tensor({2, 0}));
         }},
        {"a sum of those not ignored",
         {x},
         [](Inputs in) {
           return tg::cross_entropy(in[0], tg::tensor({2, -100}),
                                    {.reduction = tg::Reduction::sum});
         }},
        {"each",
         {x},
         [](Inputs in) {
           return tg::cross_entropy(in[0], tg::tensor({2, 0}), {.reduction = tg::Reduction::none});
         }}}},
      {"index_select",
       {{"a number", {x}, [](Inputs in) { return in[0].index_select(1, tg::tensor(2)); }}}},
      {"log1p",
       {{"small and large",
         {tg::tensor({1e-8, -1e-6, 3e-4, 0.0, 0.7, 5.0, 1e30})},
         [](Inputs in) {
           return tg::log1p(in[0]) * tg::tensor({1e8, 1e6, 1e4, 1.0, 1.0, 1.0, 1.0});
         }}}},
      {"expm1",
       {{"small and large",
         {tg::tensor({1e-8, -1e-6, 3e-4, 0.0, 0.7, 80.0, -50.0})},
         [](Inputs in) {
           return tg::expm1(in[0]) * tg::tensor({1e8, 1e6, 1e4, 1.0, 1.0, 1.0, 1.0});
         }}}},
      {"softplus",
       {{"far from 0",
         {tg::tensor({-50.0, -15.0, 15.0, 25.0, 1e4})},
         [](Inputs in) {
           return tg::softplus(in[0]) * tg::tensor({1e20, 1e6, 1.0, 1.0, 1.0});
         }}}},
      {"gelu",
       {{"far from 0",
         {tg::tensor({-1e30, -45.0, 45.0, 1e30})},
         [](Inputs in) { return tg::gelu(in[0]); }}}},
  };
}

/// Functions of each element where they end: NaN, infinities, the largest and smallest numbers.
inline std::vector<tg::OperatorInfo> operators_at_their_ends() {
  using Inputs = const Tensors&;
  constexpr float inf = std::numeric_limits<float>::infinity();
  const Tensor x =
      tg::tensor({std::nanf(""), inf, -inf, 0.f, -0.f, 1.f, 100.f, -100.f, 3e38f, -3e38f, 1e-40f});
  std::vector<tg::OperatorInfo> all;
  const auto add = [&](const std::string& name, std::function<Tensor(Inputs)> f) {
    all.push_back({name, {{"at its ends", {x}, std::move(f)}}});
  };
  for (const nn::detail::Description& each : nn::detail::named_functions())
    if (each.by_value) add(each.text, [f = each.by_value](Inputs in) { return f(in[0]); });
  add("leaky_relu", [](Inputs in) { return tg::leaky_relu(in[0], 0.1); });
  add("elu", [](Inputs in) { return tg::elu(in[0], 0.5); });
  add("softplus", [](Inputs in) { return tg::softplus(in[0]); });
  add("celu", [](Inputs in) { return tg::celu(in[0], 0.5); });
  add("hardtanh", [](Inputs in) { return tg::hardtanh(in[0], -2, 1); });
  add("softshrink", [](Inputs in) { return tg::softshrink(in[0]); });
  add("hardshrink", [](Inputs in) { return tg::hardshrink(in[0]); });
  add("maximum", [](Inputs in) { return tg::maximum(in[0], 1); });
  add("minimum", [](Inputs in) { return tg::minimum(tg::ones({11}), in[0]); });
  add("clamp", [](Inputs in) { return tg::clamp(in[0], -1, 1); });
  add("pow", [](Inputs in) { return tg::pow(in[0], 3); });
  add("amax", [](Inputs in) { return tg::amax(in[0]); });
  add("argmax", [](Inputs in) { return tg::argmax(in[0]); });
  add("isfinite", [](Inputs in) { return tg::isfinite(in[0]); });
  add("to", [](Inputs in) { return in[0].to(tg::boolean); });
  add("logsumexp", [](Inputs in) { return tg::logsumexp(in[0].narrow(0, 2, 4), 0); });
  return all;
}

/// Why the model of a case is not written; `kNothing` if it is.
inline constexpr const char* kNothing = "(nothing was thrown)";
inline const char* refusal_of(std::string_view name) {
  constexpr std::pair<std::string_view, const char*> refused[] = {
      // The losses look whether their targets, or probabilities, are some.
      {"cross_entropy, classes", "looks at the input"},
      {"cross_entropy, an ignored class", "looks at the input"},
      {"cross_entropy, weights and smoothing", "looks at the input"},
      {"binary_cross_entropy, a matrix", "looks at the result of 'logical_xor'"},
      {"binary_cross_entropy, a weighted mean", "looks at the result of 'any'"},
      {"binary_cross_entropy_with_logits, weights", "looks at the result of 'any'"},
      {"dropout, a fixed draw", "random numbers are drawn"},
      // All cases of these.
      {"cumprod", "but no running products"},
      {"linear_scan", "would be a loop"},
      {"lgamma", "no gamma function"},
      {"digamma", "no gamma function"},
      {"polygamma", "no gamma function"},
      {"erfinv", "no inverse of the error function"},
      {"logcumsumexp", "but no running maxima"}};
  for (const auto& [each, reason] : refused)
    if (each == name || each == name.substr(0, name.find(','))) return reason;
  return kNothing;
}

/// The inputs of a case, in float32.
inline Tensors single_precision(const Tensors& inputs) {
  Tensors converted;
  for (const Tensor& input : inputs)
    converted.push_back(tg::is_floating_point(input.dtype()) ? input.detach().to(tg::float32)
                                                             : input);
  return converted;
}

/// One model for each case of each operator of the engine and of nn.
inline std::vector<Model> operators() {
  std::vector<tg::OperatorInfo> infos = tg::operators();
  for (const auto& more : {nn::operators(), further_operators(), operators_at_their_ends()})
    infos.insert(infos.end(), more.begin(), more.end());
  std::vector<Model> all;
  for (const tg::OperatorInfo& info : infos)
    for (const tg::OperatorCase& example : info.cases)
      all.push_back(model(info.name + ", " + example.label,
                          [call = example.call](const Tensors& inputs) { return call(inputs); },
                          {single_precision(example.inputs)}, {.dynamic_batch = false}));
  return all;
}

/// The types of operators that a thread calls, those within others left out.
class OuterTypes : tg::detail::Watcher {
 public:
  OuterTypes() { start(); }
  ~OuterTypes() { stop(); }
  std::set<const tg::detail::OperatorType*> types;

 private:
  void call(const tg::detail::OperatorCall& call) override {
    if (depth_++ == 0 && call.type) types.insert(call.type);
  }
  void called(const tg::detail::OperatorCall&, std::span<const Tensor>) override { --depth_; }
  void failed(const tg::detail::OperatorCall&) noexcept override { --depth_; }
  int depth_ = 0;
};

}  // namespace onnx_models
