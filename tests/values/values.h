#pragma once

#include <cmath>
#include <cstdint>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "tests/catch.h"

// What the tests of values share. values.json holds, a line a case, what a function is given and
// what it gives, from a source that is not this library: see generate.py. Integers are `int64`,
// decimal numbers floating-point, each case once in either type.

namespace values {

namespace tg = tapegrad;
using nlohmann::json;
using tg::Tensor;
using Tensors = std::vector<Tensor>;

inline const json& section(const std::string& name) {
  static const json all =
      json::parse(std::ifstream(TAPEGRAD_SOURCE_DIR "/tests/values/values.json"));
  return all.at(name);
}

inline double number_of(const json& value) {
  if (!value.is_string()) return value.get<double>();
  return std::stod(value.get<std::string>());  // "inf", "-inf" or "nan"
}

/// A list of lists, or `{"shape": ..., "dtype": ..., "values": []}` where there are no elements.
inline Tensor tensor_of(const json& nested, tg::DType floating) {
  if (nested.is_object()) {
    const std::string dtype = nested.at("dtype");
    return tg::zeros(nested.at("shape").get<std::vector<std::int64_t>>(),
                     dtype == "int64"  ? tg::int64
                     : dtype == "bool" ? tg::boolean
                                       : floating);
  }
  std::vector<json> elements{nested};
  tg::Shape shape;
  while (elements.front().is_array()) {
    shape.push_back(static_cast<std::int64_t>(elements.front().size()));
    std::vector<json> inner;
    for (const json& list : elements) inner.insert(inner.end(), list.begin(), list.end());
    elements = std::move(inner);
  }
  std::vector<double> numbers;
  for (const json& element : elements)
    numbers.push_back(element.is_boolean() ? element.get<bool>() : number_of(element));
  const tg::DType dtype = elements.front().is_boolean()          ? tg::boolean
                          : elements.front().is_number_integer() ? tg::int64
                                                                 : floating;
  return tg::tensor(numbers, shape, tg::float64).to(dtype);
}

inline std::vector<double> doubles(const Tensor& tensor) {
  const Tensor wide = tensor.detach().to(tg::float64);
  const auto data = wide.data<double>();
  return {data.begin(), data.end()};
}

/// One line of the file, in one of the floating-point types.
class Case {
 public:
  Case(const json& line, tg::DType type) : floating(type), line_(line) {
    if (line.contains("inputs"))
      for (const json& input : line.at("inputs")) inputs.push_back(tensor_of(input, floating));
    if (!line.contains("grads")) return;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (!line.at("grads").at(i).is_null()) inputs[i].requires_grad_();
  }

  std::string op() const { return line_.at("op"); }
  std::string origin() const { return line_.at("origin"); }
  const json& operator[](const char* field) const { return line_.at(field); }
  bool contains(const char* field) const { return line_.contains(field); }

  /// Whether an option is given. Where it is not, the function is to be called without it.
  bool has(const std::string& name) const { return options().contains(name); }
  template <class T>
  T get(const std::string& name) const {
    read_.insert(name);
    if constexpr (std::is_same_v<T, double>)
      return number_of(options().at(name));
    else
      return options().at(name).get<T>();
  }
  /// A C++ number stays one.
  Tensor tensor(const std::string& name) const {
    const auto found = leaves.find(name);
    if (found != leaves.end()) return found->second;
    read_.insert(name);
    const json& value = options().at(name);
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (value.is_number()) return value.get<double>();
    Tensor made = tensor_of(value, floating);
    if (line_.contains("option_grads") && line_.at("option_grads").contains(name))
      made.requires_grad_();
    return leaves[name] = made;
  }
  /// The tensor, or the undefined one.
  Tensor optional_tensor(const std::string& name) const {
    return has(name) ? tensor(name) : Tensor();
  }
  tg::Dims list(const std::string& name) const { return get<std::vector<std::int64_t>>(name); }

  /// Sets a member of an options struct where the case gives it.
  template <class T>
  void set(const std::string& name, T& member) const {
    if (!has(name)) return;
    if constexpr (std::is_same_v<T, Tensor>) {
      member = tensor(name);
    } else if constexpr (std::is_same_v<T, tg::Reduction>) {
      const auto text = get<std::string>(name);
      member = text == "none"  ? tg::Reduction::none
               : text == "sum" ? tg::Reduction::sum
                               : tg::Reduction::mean;
    } else {
      member = get<T>(name);
    }
  }
  /// Options that no function has read.
  std::set<std::string> unread() const {
    std::set<std::string> names;
    for (const auto& [name, value] : options().items())
      if (!read_.contains(name)) names.insert(name);
    return names;
  }
  std::string text() const {
    return op() + " " + options().dump() + " in " + std::string(tg::name(floating)) + ", from " +
           origin();
  }

  tg::DType floating;
  Tensors inputs;
  mutable std::map<std::string, Tensor> leaves;  ///< options that are tensors

 private:
  const json& options() const {
    static const json none = json::object();
    return line_.contains("options") ? line_.at("options") : none;
  }

  const json& line_;
  mutable std::set<std::string> read_;
};

/// What a case calls: the function of its name, with its options.
using Function = std::function<Tensors(const Case&)>;
using Functions = std::map<std::string, Function>;

/// How far a number may be away: relative to itself, and absolutely.
struct Tolerance {
  double relative = 0, absolute = 0;
};

inline bool close(double found, double expected, tg::DType dtype, const Tolerance& tolerance) {
  double least = std::numeric_limits<double>::denorm_min();
  if (dtype == tg::float32) {
    const double most = std::numeric_limits<float>::max();
    if (std::isfinite(expected) && std::abs(expected) > most * (1 + 0x1p-25))
      expected = std::copysign(std::numeric_limits<double>::infinity(), expected);
    least = std::numeric_limits<float>::denorm_min();
  }
  if (std::isnan(expected) || std::isnan(found)) return std::isnan(expected) && std::isnan(found);
  if (found == expected) return true;
  const double most =
      std::max({tolerance.relative * std::abs(expected), tolerance.absolute, 2 * least});
  return std::abs(found - expected) <= most;  // not where one is infinite
}

/// A sum of many terms is right relative to its terms, for which its largest neighbour stands.
inline Tolerance tolerance_of(const Case& example, bool is_gradient, tg::DType dtype,
                              const std::vector<double>& expected) {
  const bool is_double = dtype == tg::float64;
  const double eps = is_double ? std::numeric_limits<double>::epsilon()
                               : double(std::numeric_limits<float>::epsilon());
  double absolute = 0;  // rules that read the rounded output are right to some roundings of 1
  if (is_gradient && example.contains("grad_eps")) absolute = double(example["grad_eps"]) * eps;
  if (example.contains("atol")) absolute = example["atol"];
  if (example.origin().starts_with("torch")) {
    double largest = 0;
    for (const double value : expected)
      if (std::isfinite(value)) largest = std::max(largest, std::abs(value));
    return {is_double ? 1e-12 : 4e-6, std::max(absolute, largest * (is_double ? 1e-14 : 2e-6))};
  }
  // Functions are right to about four units in the last place; rules are a few of them.
  Tolerance tolerance{(is_gradient ? 40 : 8) * eps, absolute};
  if (example.contains("rtol")) tolerance.relative = example["rtol"].at(is_double ? 0 : 1);
  return tolerance;
}

/// Shape, kind of type and every element of `found` are those of `nested`.
inline void check_tensor(const Case& example, const std::string& what, const Tensor& found,
                         const json& nested, bool is_gradient = false) {
  const Tensor expected = tensor_of(nested, tg::float64);
  INFO(what << " of " << example.text());
  REQUIRE(found.defined());
  CHECK(found.shape() == expected.shape());
  const bool floating = expected.dtype() == tg::float64;
  if (floating)
    CHECK(tg::is_floating_point(found.dtype()));
  else
    CHECK(found.dtype() == expected.dtype());
  if (found.shape() != expected.shape()) return;
  const std::vector<double> got = doubles(found), right = doubles(expected);
  const Tolerance tolerance =
      floating ? tolerance_of(example, is_gradient, found.dtype(), right) : Tolerance{};
  const bool zeros_have_signs = !is_gradient && example.origin() == "gradient-conventions";
  for (std::size_t i = 0; i < got.size(); ++i) {
    bool ok = close(got[i], right[i], found.dtype(), tolerance);
    if (zeros_have_signs && right[i] == 0 && std::signbit(right[i])) ok &= std::signbit(got[i]);
    if (ok) continue;
    INFO(fmt::format("element {}: {:.17g}, but expected is {:.17g}", i, got[i], right[i]));
    CHECK(ok);
  }
}

/// The cotangent of every output: the same numbers again and again, as in table.py.
inline Tensor cotangent_of(const Tensor& y) {
  constexpr double numbers[] = {1, -0.5, 2, 0.25, -1.5};
  std::vector<double> all;
  for (std::int64_t i = 0; i < y.numel(); ++i) all.push_back(numbers[i % 5]);
  return tg::tensor(all, y.shape(), y.dtype());
}

/// The gradients that the case has, by fused rules and by recorded ones.
inline void check_gradients(const Case& example, const Tensors& outputs) {
  Tensors recorded, cotangents, leaves;
  for (const Tensor& y : outputs) {
    if (!y.requires_grad()) continue;
    recorded.push_back(y);
    cotangents.push_back(cotangent_of(y));
  }
  std::vector<std::pair<std::string, json>> expected;
  for (std::size_t i = 0; i < example.inputs.size(); ++i) {
    if (!example.inputs[i].requires_grad()) continue;
    leaves.push_back(example.inputs[i]);
    expected.emplace_back("gradient of input " + std::to_string(i), example["grads"].at(i));
  }
  for (const auto& [name, leaf] : example.leaves) {
    if (!leaf.requires_grad()) continue;
    leaves.push_back(leaf);
    expected.emplace_back("gradient of " + name, example["option_grads"].at(name));
  }
  INFO(example.text());
  REQUIRE_FALSE(recorded.empty());
  for (const bool create_graph : {true, false}) {
    const Tensors found =
        tg::grad(recorded, leaves,
                 {.grad_outputs = cotangents, .create_graph = create_graph, .allow_unused = true});
    for (std::size_t i = 0; i < found.size(); ++i)
      check_tensor(example, expected[i].first + (create_graph ? ", recorded," : ""), found[i],
                   expected[i].second, true);
  }
}

/// Calls `f` and compares outputs and gradients, in both types unless the line names one.
inline void check_case(const json& line, const Function& f) {
  for (const tg::DType floating : {tg::float64, tg::float32}) {
    if (line.contains("types") && line.at("types").at(0) != std::string(tg::name(floating)))
      continue;
    const Case example(line, floating);
    const Tensors outputs = f(example);
    INFO(example.text());
    CHECK(example.unread() == std::set<std::string>{});
    REQUIRE(outputs.size() == line.at("outputs").size());
    for (std::size_t i = 0; i < outputs.size(); ++i)
      check_tensor(example, "output " + std::to_string(i), outputs[i], line.at("outputs").at(i));
    if (line.contains("grads")) check_gradients(example, outputs);
  }
}

/// Runs all cases of a section; each is of a function of the table, and each of these has one.
inline void check_section(const std::string& name, const Functions& functions) {
  std::set<std::string> called;
  for (const json& line : section(name)) {
    const std::string op = line.at("op");
    called.insert(op);
    const auto f = functions.find(op);
    if (f == functions.end()) FAIL_CHECK(op << " is not in the table of this test");
    if (f != functions.end()) check_case(line, f->second);
  }
  for (const auto& [op, f] : functions)
    if (!called.contains(op)) FAIL_CHECK(op << " has no case in values.json");
}

}  // namespace values
