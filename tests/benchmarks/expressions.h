#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/benchmarks/recurrent.h"
#include "tests/benchmarks/work.h"

// The expressions, written once: `L` is a library (ours.h, torch.cpp), and the functions of its
// tensors are found by their arguments or as methods.

namespace bench {

inline constexpr int kChain = 1000;

template <class L>
struct Expression {
  using Tensor = typename L::Tensor;
  const char* name;
  Tensor (*evaluate)(const std::vector<Tensor>& in, const Tensor& classes);
};

template <class L>
const Expression<L>& find_expression(const std::string& name) {
  using Tensor = typename L::Tensor;
  using In = const std::vector<Tensor>&;
  using Classes = const Tensor&;
  static const Expression<L> all[] = {
      {"chain",
       [](In in, Classes) {
         Tensor x = in[0] * in[1];
         for (int i = 1; i < kChain; ++i) x = x * in[1];
         return x;
       }},
      {"mm", [](In in, Classes) { return L::mm(in[0], in[1]).sum(); }},
      {"tanh(x*y+z)", [](In in, Classes) { return tanh(in[0] * in[1] + in[2]).sum(); }},
      {"add", [](In in, Classes) { return in[0] + in[1]; }},
      {"exp", [](In in, Classes) { return exp(in[0]); }},
      {"expm1", [](In in, Classes) { return expm1(in[0]); }},
      {"log", [](In in, Classes) { return log(in[0]); }},
      {"log1p", [](In in, Classes) { return log1p(in[0]); }},
      {"sqrt", [](In in, Classes) { return sqrt(in[0]); }},
      {"sin", [](In in, Classes) { return sin(in[0]); }},
      {"cos", [](In in, Classes) { return cos(in[0]); }},
      {"tanh", [](In in, Classes) { return tanh(in[0]); }},
      {"erf", [](In in, Classes) { return erf(in[0]); }},
      {"sigmoid", [](In in, Classes) { return sigmoid(in[0]); }},
      {"gelu", [](In in, Classes) { return gelu(in[0]); }},
      {"silu", [](In in, Classes) { return silu(in[0]); }},
      {"softplus", [](In in, Classes) { return softplus(in[0]); }},
      {"pow", [](In in, Classes) { return pow(in[0], in[1]); }},
      {"softmax", [](In in, Classes) { return in[0].softmax(1); }},
      {"cross_entropy", [](In in, Classes classes) { return L::cross_entropy(in[0], classes); }},
      {"layer_norm",
       [](In in, Classes) { return layer_norm(in[0], {in[0].size(1)}, in[1], in[2]); }},
      {"sum", [](In in, Classes) { return in[0].sum(); }},
      {"sum 0", [](In in, Classes) { return in[0].sum({0}); }},
      {"sum 1", [](In in, Classes) { return in[0].sum({1}); }},
      {"sum 2", [](In in, Classes) { return in[0].sum({2}); }},
      {"amax 0", [](In in, Classes) { return in[0].amax({0}); }},
      {"amax 1", [](In in, Classes) { return in[0].amax({1}); }},
      {"amax 2", [](In in, Classes) { return in[0].amax({2}); }},
      {"var 0", [](In in, Classes) { return L::var(in[0], 0); }},
      {"var 1", [](In in, Classes) { return L::var(in[0], 1); }},
      {"van der pol", [](In in, Classes) { return van_der_pol<7'111>(in); }},
      {"van der pol, brief", [](In in, Classes) { return van_der_pol<700>(in); }},
      {"lstm of elements", [](In in, Classes) { return lstm_of_elements(in); }},
      {"lstm of layers", [](In in, Classes) { return lstm_of_layers<L>(in); }},
      {"tanh cell", [](In in, Classes) { return tanh_cell<L>(in); }},
  };
  for (const Expression<L>& expression : all)
    if (name == expression.name) return expression;
  throw std::invalid_argument("no expression is called " + name);
}

template <class L>
class ExpressionWork final : public Work {
 public:
  explicit ExpressionWork(const ExpressionSpec& spec)
      : expression_(find_expression<L>(spec.name)), mode_(spec.mode) {
    for (const Array& input : spec.inputs) {
      inputs_.push_back(L::from(input, Type::float32));
      if (mode_ != Mode::no_grad) inputs_.back().requires_grad_(true);
    }
    if (!spec.classes.empty()) classes_ = L::from(spec.classes);
    if (!spec.upstream.values.empty()) upstream_ = L::from(spec.upstream, Type::float32);
  }

  void run() override {
    value_ = Tensor();  // as at the end of a loop's body: one graph at a time
    if (mode_ == Mode::no_grad) {
      typename L::NoGrad no_grad;
      value_ = expression_.evaluate(inputs_, classes_);
      return;
    }
    record();
    if (mode_ == Mode::backward) walk();
  }
  void record() override { value_ = expression_.evaluate(inputs_, classes_); }
  void walk() override {
    for (Tensor& input : inputs_) L::drop_grad(input);
    value_.backward(upstream_);
  }

  std::vector<Array> results() override {
    std::vector<Array> arrays{L::to_array(value_)};
    if (mode_ == Mode::backward)
      for (const Tensor& input : inputs_) arrays.push_back(L::to_array(input.grad()));
    return arrays;
  }

 private:
  using Tensor = typename L::Tensor;
  const Expression<L>& expression_;
  Mode mode_;
  std::vector<Tensor> inputs_;
  Tensor classes_, upstream_, value_;
};

}  // namespace bench
