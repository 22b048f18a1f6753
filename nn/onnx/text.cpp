#include "nn/onnx/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include "autograd/ops/elementwise/families.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad::onnx::detail {

namespace {

using tapegrad::detail::Attribute;

constexpr std::pair<DType, std::int64_t> kTypes[] = {
    {float32, 1}, {float64, 11}, {int64, 7}, {boolean, 9}};

std::string text_of(const Attribute::Value& value) {
  return std::visit(
      []<class T>(const T& each) -> std::string {
        if constexpr (std::is_same_v<T, bool>) {
          return each ? "1" : "0";
        } else if constexpr (std::is_same_v<T, DType>) {
          return std::to_string(number_of(each));
        } else if constexpr (std::is_same_v<T, double>) {
          std::string text = fmt::format("{}", each);
          if (text.find_first_of(".en") == text.npos) text += ".0";  // else it were an integer
          return text;
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          return std::to_string(each);
        } else {
          return fmt::format("[{}]", fmt::join(each.begin(), each.end(), ", "));
        }
      },
      value);
}

/// The text of the formula of that name, or nullptr.
const char* formula_text(std::string_view name) {
  const char* text = nullptr;
  [&]<class... Formula>(formula::List<Formula...>) {
    const auto look = [&]<class Each>(Each) {
      if constexpr (std::is_convertible_v<decltype(Each::onnx), const char*>)
        if (name == Each::name) text = Each::onnx;
    };
    (look(Formula()), ...);
  }(formula::Elementwise());
  return text;
}

int append_node(Graph& graph, Node node, std::size_t outputs) {
  const int first = static_cast<int>(graph.values.size());
  for (std::size_t i = 0; i < outputs; ++i) node.outputs.push_back(graph.add({}));
  graph.nodes.push_back(std::move(node));
  return first;
}

/// Reads a text from front to back.
class Reader {
 public:
  Reader(Graph& graph, std::string_view text, const TextCall& call)
      : graph_(graph), text_(text), call_(call) {
    for (std::size_t i = 0; i < call.inputs.size(); ++i) {
      if (i < 8) names_[std::string(1, static_cast<char>('a' + i))] = call.inputs[i];
      names_[fmt::format("a{}", i)] = call.inputs[i];
    }
  }

  std::vector<int> run() {
    do {
      const std::string name = word();
      const bool all = take("...");
      expect('=');
      const std::size_t outputs = all ? call_.outputs : 1;
      const int value = operand(outputs);
      if (name == "y") {
        for (std::size_t i = 0; i < outputs; ++i) y_.push_back(value + static_cast<int>(i));
      } else {
        names_[name] = value;
      }
    } while (take(";"));
    if (next() != '\0' || y_.size() != call_.outputs)
      fail(call_.outputs == 1 ? "one statement that gives y, and no more"
                              : "a statement that gives y... by one call");
    return std::move(y_);
  }

 private:
  [[noreturn]] void fail(std::string_view expected) const {
    refuse(call_.origin, fmt::format("its text for ONNX, \"{}\", needs {} at character {}", text_,
                                     expected, at_));
  }

  char next() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(std::string_view mark) {
    next();
    if (!text_.substr(at_).starts_with(mark)) return false;
    at_ += mark.size();
    return true;
  }
  void expect(char mark) {
    if (!take({&mark, 1})) fail(fmt::format("'{}'", mark));
  }
  std::string word() {
    next();
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      ++at_;
    if (start == at_) fail("a name");
    return std::string(text_.substr(start, at_ - start));
  }

  /// A number; `whole` tells whether it is written as an integer. Nothing where none begins.
  std::optional<double> number(bool* whole = nullptr) {
    next();
    const std::string rest(text_.substr(at_));
    const std::string_view digits = std::string_view(rest).substr(rest.starts_with('-'));
    const bool named = digits == "inf" || digits == "nan" ||
                       ((digits.starts_with("inf") || digits.starts_with("nan")) &&
                        !std::isalnum(static_cast<unsigned char>(digits[3])));
    if (!named && (digits.empty() || !std::isdigit(static_cast<unsigned char>(digits[0]))))
      return {};
    double value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error != std::errc()) fail("a number");
    const std::string_view text(rest.data(), static_cast<std::size_t>(end - rest.data()));
    if (whole) *whole = text.find_first_of(".en") == text.npos;
    at_ += text.size();
    return value;
  }
  std::vector<std::int64_t> list() {
    std::vector<std::int64_t> values;
    if (take("]")) return values;
    do {
      next();
      std::int64_t value = 0;
      const char* const start = text_.data() + at_;
      const auto [end, error] = std::from_chars(start, text_.data() + text_.size(), value);
      if (error != std::errc()) fail("an integer");
      at_ += static_cast<std::size_t>(end - start);
      values.push_back(value);
    } while (take(","));
    expect(']');
    return values;
  }

  /// The value of an operand; of a call with several outputs, the first.
  int operand(std::size_t outputs = 1) {
    const int value = any_operand(outputs);
    if (outputs > 1 && (graph_.nodes.empty() || graph_.nodes.back().outputs.size() != outputs))
      fail("a call of ONNX's that gives all of y...");
    return value;
  }
  int any_operand(std::size_t outputs) {
    if (take("[")) {
      const std::vector<std::int64_t> values = list();
      return graph_.add_constant(tensor(values), true);
    }
    if (const auto value = number()) return graph_.add_constant(full({}, *value, call_.dtype));
    std::string name = word();
    if (next() == '(' || next() == '<') return call(std::move(name), outputs);
    const auto known = names_.find(name);
    if (known == names_.end() || known->second == kNoValue)
      fail(fmt::format("a value in place of '{}', which is none,", name));
    return known->second;
  }

  int call(std::string name, std::size_t outputs) {
    Node node{.op = std::move(name), .origin = call_.origin};
    if (take("<")) {
      do {
        node.attributes.push_back(attribute());
      } while (take(","));
      expect('>');
    }
    expect('(');
    do {
      if (take("a..."))
        node.inputs.insert(node.inputs.end(), call_.inputs.begin(), call_.inputs.end());
      else
        node.inputs.push_back(operand());
    } while (take(","));
    expect(')');
    if (std::islower(static_cast<unsigned char>(node.op[0]))) {
      const char* text = formula_text(node.op);
      if (!text) fail(fmt::format("a formula in place of '{}', which is none,", node.op));
      TextCall inner = call_;
      inner.inputs = node.inputs;
      inner.outputs = 1;
      return append(graph_, text, inner)[0];
    }
    if (node.op == "Cast") {
      for (const auto& [dtype, type] : kTypes)
        if (node.attributes == std::vector<NodeAttribute>{{"to", type}})
          return append_cast(graph_, node.inputs[0], dtype, node.origin);
    }
    return append_node(graph_, std::move(node), outputs);
  }

  NodeAttribute attribute() {
    NodeAttribute attribute{.name = word()};
    expect('=');
    bool whole = false;
    if (take("[")) {
      attribute.value = list();
    } else if (take("\"")) {
      const std::size_t end = text_.find('"', at_);
      if (end == text_.npos) fail("a '\"' that ends the text");
      attribute.value = std::string(text_.substr(at_, end - at_));
      at_ = end + 1;
    } else if (const auto value = number(&whole)) {
      if (whole)
        attribute.value = static_cast<std::int64_t>(*value);
      else
        attribute.value = *value;
    } else {
      fail("a number, a list or a text");
    }
    return attribute;
  }

  Graph& graph_;
  std::string_view text_;
  const TextCall& call_;
  std::map<std::string, int> names_;
  std::vector<int> y_;
  std::size_t at_ = 0;
};

}  // namespace

std::int64_t number_of(DType dtype) {
  return std::find_if(std::begin(kTypes), std::end(kTypes),
                      [&](const auto& type) { return type.first == dtype; })
      ->second;
}

std::string with_attributes(std::string_view text, std::span<const Attribute> attributes) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = text.find('{', at);
    result += text.substr(at, open - at);
    if (open == text.npos) break;
    const std::size_t close = std::min(text.find('}', open), text.size());
    const std::string_view name = text.substr(open + 1, close - open - 1);
    const auto found = std::find_if(attributes.begin(), attributes.end(),
                                    [&](const Attribute& each) { return each.name == name; });
    // A name that is none stays, and the reader stops there.
    result += found == attributes.end() ? fmt::format("{{{}}}", name) : text_of(found->value);
    at = std::min(close + 1, text.size());
  }
  return result;
}

std::vector<int> append(Graph& graph, std::string_view text, const TextCall& call) {
  return Reader(graph, text, call).run();
}

int append_cast(Graph& graph, int value, DType dtype, const Origin& origin) {
  const Value& from = graph.values[static_cast<std::size_t>(value)];
  if (from.kind == Value::Kind::constant) {
    if (from.tensor.dtype() == dtype) return value;
    return graph.add_constant(from.tensor.to(dtype));
  }
  return append_node(
      graph,
      {.op = "Cast", .attributes = {{"to", number_of(dtype)}}, .inputs = {value}, .origin = origin},
      1);
}

}  // namespace tapegrad::onnx::detail
