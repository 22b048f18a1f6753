#include "nn/visitor.h"

#include <cxxabi.h>

#include <cstdlib>

#include "autograd/ops/ops.h"
#include "autograd/tensor/fail.h"

namespace tapegrad::nn {

Visitor::Step::Step(std::string& path, std::string_view name) : path_(path), length_(path.size()) {
  if (!path_.empty()) path_ += '.';
  path_ += name;
}

void Visitor::walk(ModuleRef module) {
  on_enter(module);
  module.visit(*this);
  on_leave();
}

void Visitor::parameter(std::string_view name, Tensor& value) {
  if (!value.defined()) return;
  const Step step(path_, name);
  if (!is_floating_point(value.dtype())) {
    fail<DTypeError>(
        "parameter {} is {}, but only float32 and float64 can be trained; visit it with "
        "f.buffer(\"{}\", ...)",
        path_, value.dtype(), name);
  }
  on_parameter(path_, value);
}

void Visitor::buffer(std::string_view name, Tensor& value) {
  if (!value.defined()) return;
  const Step step(path_, name);
  on_buffer(path_, value);
}

std::string detail::type_name(const std::type_info& type) {
  int status = 0;
  char* text = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? text : type.name();
  std::free(text);
  if (name.find("{lambda") != std::string::npos || name.find("$_") != std::string::npos) {
    return "lambda";
  }
  name.erase(std::min(name.find('<'), name.size()));
  if (const auto colon = name.rfind("::"); colon != std::string::npos) name.erase(0, colon + 2);
  return name;
}

std::string detail::function_name(Tensor (*function)(Tensor)) {
  struct Entry {
    Tensor (*function)(Tensor);
    const char* name;
  };
  static constexpr Entry known[] = {
      {relu, "relu"},
      {tanh, "tanh"},
      {sigmoid, "sigmoid"},
      {gelu, "gelu"},
      {silu, "silu"},
      {erf, "erf"},
      {logsigmoid, "logsigmoid"},
      {exp, "exp"},
      {log, "log"},
      {abs, "abs"},
      {square, "square"},
      {sqrt, "sqrt"},
      {sin, "sin"},
      {cos, "cos"},
      {neg, "neg"},
  };
  for (const Entry& entry : known) {
    if (entry.function == function) return entry.name;
  }
  return "function";
}

}  // namespace tapegrad::nn
