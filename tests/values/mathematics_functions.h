#pragma once

#include "tests/values/values.h"

// Seldom used functions of each element in the table of functions of operator_values_test.

namespace values {

inline Functions mathematics_of_one() {
  Functions table;
  const auto by_value = [&](const char* name, Tensor (*f)(Tensor)) {
    table[name] = [f](const Case& c) { return Tensors{f(c.inputs[0])}; };
  };
  by_value("floor", tg::floor);
  by_value("ceil", tg::ceil);
  by_value("trunc", tg::trunc);
  by_value("tan", tg::tan);
  by_value("asin", tg::asin);
  by_value("acos", tg::acos);
  by_value("atan", tg::atan);
  by_value("sinh", tg::sinh);
  by_value("cosh", tg::cosh);
  by_value("asinh", tg::asinh);
  by_value("acosh", tg::acosh);
  by_value("atanh", tg::atanh);
  by_value("exp2", tg::exp2);
  by_value("log2", tg::log2);
  by_value("log10", tg::log10);
  by_value("lgamma", tg::lgamma);
  by_value("digamma", tg::digamma);
  by_value("erfinv", tg::erfinv);
  by_value("sinc", tg::sinc);
  const auto of_one = [&](const char* name, Tensor (*f)(const Tensor&)) {
    table[name] = [f](const Case& c) { return Tensors{f(c.inputs[0])}; };
  };
  of_one("frac", tg::frac);
  of_one("deg2rad", tg::deg2rad);
  of_one("rad2deg", tg::rad2deg);
  of_one("positive", tg::positive);
  of_one("bitwise_not", tg::bitwise_not);
  return table;
}

inline Functions mathematics_of_two() {
  Functions table;
  const auto binary = [&](const char* name, Tensor (*f)(const Tensor&, const Tensor&)) {
    table[name] = [f](const Case& c) { return Tensors{f(c.inputs[0], c.inputs[1])}; };
  };
  binary("fmod", tg::fmod);
  binary("remainder", tg::remainder);
  binary("floor_divide", tg::floor_divide);
  binary("atan2", tg::atan2);
  binary("hypot", tg::hypot);
  binary("logaddexp", tg::logaddexp);
  binary("logaddexp2", tg::logaddexp2);
  binary("xlogy", tg::xlogy);
  binary("copysign", tg::copysign);
  binary("heaviside", tg::heaviside);
  binary("fmax", tg::fmax);
  binary("fmin", tg::fmin);
  binary("float_power", tg::float_power);
  binary("bitwise_and", tg::bitwise_and);
  binary("bitwise_or", tg::bitwise_or);
  binary("bitwise_xor", tg::bitwise_xor);
  binary("bitwise_left_shift", tg::bitwise_left_shift);
  binary("bitwise_right_shift", tg::bitwise_right_shift);
  return table;
}

inline Functions mathematics() {
  Functions table = mathematics_of_one();
  table.merge(mathematics_of_two());
  table["round"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    return Tensors{c.has("decimals") ? tg::round(x, c.get<int>("decimals")) : tg::round(x)};
  };
  table["logit"] = [](const Case& c) {
    const Tensor& x = c.inputs[0];
    return Tensors{c.has("eps") ? tg::logit(x, c.get<double>("eps")) : tg::logit(x)};
  };
  table["polygamma"] = [](const Case& c) {
    return Tensors{tg::polygamma(c.get<int>("n"), c.inputs[0])};
  };
  table["div"] = [](const Case& c) {
    if (!c.has("rounding_mode")) return Tensors{tg::div(c.inputs[0], c.inputs[1])};
    const auto mode = c.get<std::string>("rounding_mode");
    return Tensors{tg::div(c.inputs[0], c.inputs[1],
                           mode == "trunc"   ? tg::Rounding::trunc
                           : mode == "floor" ? tg::Rounding::floor
                                             : tg::Rounding::none)};
  };
  table["nan_to_num"] = [](const Case& c) {
    tg::NanToNumOptions options;
    c.set("nan", options.nan);
    if (c.has("posinf")) options.posinf = c.get<double>("posinf");
    if (c.has("neginf")) options.neginf = c.get<double>("neginf");
    return Tensors{tg::nan_to_num(c.inputs[0], options)};
  };
  table["isclose"] = [](const Case& c) {
    const Tensor &a = c.inputs[0], &b = c.inputs[1];
    const double rtol = c.has("rtol") ? c.get<double>("rtol") : 1e-5;
    const double atol = c.has("atol") ? c.get<double>("atol") : 1e-8;
    return Tensors{c.has("equal_nan") ? tg::isclose(a, b, rtol, atol, c.get<bool>("equal_nan"))
                   : c.has("rtol")    ? tg::isclose(a, b, rtol, atol)
                                      : tg::isclose(a, b)};
  };
  return table;
}

}  // namespace values
