#include "nn/module/visitor.h"

#include <cxxabi.h>

#include <cstdlib>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"

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

std::span<const detail::NamedFunction> detail::named_functions() {
  static constexpr NamedFunction named[] = {
      {"neg", neg, nullptr},
      {"abs", abs, nullptr},
      {"sign", sign, nullptr},
      {"exp", exp, nullptr},
      {"expm1", expm1, nullptr},
      {"log", log, nullptr},
      {"log1p", log1p, nullptr},
      {"sqrt", sqrt, nullptr},
      {"rsqrt", rsqrt, nullptr},
      {"reciprocal", reciprocal, nullptr},
      {"square", square, nullptr},
      {"sin", sin, nullptr},
      {"cos", cos, nullptr},
      {"tanh", tanh, nullptr},
      {"erf", erf, nullptr},
      {"sigmoid", sigmoid, nullptr},
      {"relu", relu, nullptr},
      {"gelu", gelu, nullptr},
      {"silu", silu, nullptr},
      {"logsigmoid", logsigmoid, nullptr},
      {"logical_not", nullptr, logical_not},
      {"isnan", nullptr, isnan},
      {"isinf", nullptr, isinf},
      {"isfinite", nullptr, isfinite},
      {"any", nullptr, any},
      {"all", nullptr, all},
      {"max", nullptr, max},
      {"min", nullptr, min},
      {"argmax", nullptr, argmax},
      {"argmin", nullptr, argmin},
      {"squeeze", nullptr, squeeze},
      {"t", nullptr, t},
  };
  return named;
}

std::string detail::function_name(Tensor (*function)(Tensor)) {
  for (const NamedFunction& named : named_functions()) {
    if (named.by_value == function) return named.name;
  }
  return "function";
}

std::string detail::function_name(Tensor (*function)(const Tensor&)) {
  for (const NamedFunction& named : named_functions()) {
    if (named.by_reference == function) return named.name;
  }
  return "function";
}

}  // namespace tapegrad::nn
