#pragma once

#include "tests/values/values.h"

// Further activations, and sums with factors, for the values of operators.

namespace values {

inline Functions further_activations() {
  Functions table;
  const auto add = [&](const char* op, Tensor (*f)(Tensor)) {
    table[op] = [f](const Case& c) { return Tensors{f(c.inputs[0])}; };
  };
  add("hardswish", tg::hardswish);
  add("hardsigmoid", tg::hardsigmoid);
  add("selu", tg::selu);
  add("mish", tg::mish);
  add("softsign", tg::softsign);
  add("gelu_tanh", tg::gelu_tanh);
  table["relu6"] = [](const Case& c) { return Tensors{tg::relu6(c.inputs[0])}; };
  table["tanhshrink"] = [](const Case& c) { return Tensors{tg::tanhshrink(c.inputs[0])}; };
  // With a number, or without.
  const auto with = [&](const char* op, const char* option, auto f) {
    table[op] = [=](const Case& c) {
      const Tensor& x = c.inputs[0];
      return Tensors{c.has(option) ? f(x, c.get<double>(option)) : f(x)};
    };
  };
  with("celu", "alpha", [](const auto&... all) { return tg::celu(all...); });
  with("softshrink", "lambd", [](const auto&... all) { return tg::softshrink(all...); });
  with("hardshrink", "lambd", [](const auto&... all) { return tg::hardshrink(all...); });
  table["hardtanh"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    return Tensors{c.has("min_val")
                       ? tg::hardtanh(x, c.get<double>("min_val"), c.get<double>("max_val"))
                       : tg::hardtanh(x)};
  };
  table["threshold"] = [](const Case& c) {
    return Tensors{tg::threshold(c.inputs[0], c.get<double>("threshold"), c.get<double>("value"))};
  };
  table["rrelu"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    if (!c.has("lower")) return Tensors{tg::rrelu(x)};
    return Tensors{
        tg::rrelu(x, c.get<double>("lower"), c.get<double>("upper"), c.get<bool>("training"))};
  };
  table["glu"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    return Tensors{c.has("dim") ? tg::glu(x, c.get<int>("dim")) : tg::glu(x)};
  };
  table["prelu"] = [](const Case& c) { return Tensors{tg::prelu(c.inputs[0], c.inputs[1])}; };
  table["softmin"] = [](const Case& c) {
    return Tensors{tg::softmin(c.inputs[0], c.get<int>("dim"))};
  };
  return table;
}

inline Functions combined() {
  Functions table;
  table["add_alpha"] = [](const Case& c) {
    return Tensors{tg::add(c.inputs[0], c.inputs[1], c.tensor("alpha"))};
  };
  table["sub_alpha"] = [](const Case& c) {
    return Tensors{tg::sub(c.inputs[0], c.inputs[1], c.tensor("alpha"))};
  };
  table["addcmul"] = [](const Case& c) {
    const Tensors& in = c.inputs;
    return Tensors{c.has("value") ? tg::addcmul(in[0], in[1], in[2], c.tensor("value"))
                                  : tg::addcmul(in[0], in[1], in[2])};
  };
  table["addcdiv"] = [](const Case& c) {
    const Tensors& in = c.inputs;
    return Tensors{c.has("value") ? tg::addcdiv(in[0], in[1], in[2], c.tensor("value"))
                                  : tg::addcdiv(in[0], in[1], in[2])};
  };
  table["lerp"] = [](const Case& c) {
    const Tensors& in = c.inputs;
    return Tensors{tg::lerp(in[0], in[1], in.size() > 2 ? in[2] : c.tensor("weight"))};
  };
  return table;
}

}  // namespace values
