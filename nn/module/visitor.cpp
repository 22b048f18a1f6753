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

std::vector<detail::Description> detail::named_functions() {
  std::vector<Description> named = {
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
      {"relu6", nullptr, relu6},
      {"tanhshrink", nullptr, tanhshrink},
  };
  const auto add = [&]<class Op>(Op) {
    if constexpr (requires { Description{Op::name, Op::function}; })
      named.push_back({Op::name, Op::function});
    else if constexpr (requires { Description{Op::name, nullptr, Op::function}; })
      named.push_back({Op::name, nullptr, Op::function});
  };
  [&]<class... Op>(formula::List<Op...>) { (add(Op()), ...); }(formula::Vectorised());
  return named;
}

std::string detail::Description::str() const {
  if (!by_value && !by_reference) return text;
  for (const Description& named : named_functions())
    if (named.by_value == by_value && named.by_reference == by_reference) return named.text;
  return text;
}

}  // namespace tapegrad::nn
