#pragma once

#include <cctype>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/values/values.h"

// What the public headers declare, so that a function, or an option of one, that no case calls is
// found by its declaration.

namespace values {

/// A parameter of a function, or a member of a struct of options.
struct Declared {
  std::string type, name;
  std::string preset;  ///< the text of its default; empty without one
};

/// The functions and constructors of a header, by name, and its structs of options.
class Declarations {
 public:
  /// Reads a header; may be called for several.
  void read(const std::string& path) {
    std::ifstream file(std::string(TAPEGRAD_SOURCE_DIR "/") + path);
    INFO(path);
    REQUIRE(file);
    const std::string text = without_comments(file);
    std::size_t at = 0;
    read_scope(text, at, "", false);
  }

  /// Parameters of all overloads.
  std::map<std::string, std::vector<std::vector<Declared>>> functions;
  std::map<std::string, std::vector<Declared>> structs;

 private:
  static std::string without_comments(std::ifstream& file) {
    std::string text, line;
    bool goes_on = false;  // a macro
    while (std::getline(file, line)) {
      const bool skip = goes_on || line.starts_with("#") || line.starts_with("TAPEGRAD_");
      goes_on = skip && line.ends_with("\\");
      if (!skip) text += line.substr(0, line.find("//")) + "\n";
    }
    return text;
  }

  static std::string trimmed(const std::string& text) {
    std::string words;
    for (const char c : text) {
      if (!std::isspace(static_cast<unsigned char>(c)))
        words += c;
      else if (!words.empty() && words.back() != ' ')
        words += ' ';
    }
    if (words.ends_with(' ')) words.pop_back();
    return words;
  }
  static bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
  static std::string last_word(const std::string& text) {
    std::size_t begin = text.size();
    while (begin > 0 && in_word(text[begin - 1])) --begin;
    return text.substr(begin);
  }

  /// `type name = preset`, or `type name{preset}`.
  static Declared parameter(const std::string& text) {
    std::size_t equals = text.find('=');
    if (equals == text.npos) equals = text.find('{');
    const std::string left = trimmed(text.substr(0, equals));
    std::string preset = equals == text.npos ? "" : trimmed(text.substr(equals));
    if (preset.starts_with("=")) preset = trimmed(preset.substr(1));
    const std::string name = last_word(left);
    return {trimmed(left.substr(0, left.size() - name.size())), name, preset};
  }

  void add_function(const std::string& text, const std::string& owner) {
    const std::size_t open = text.find('(');
    const std::string name = last_word(trimmed(text.substr(0, open)));
    // Of a class its constructors alone: a layer or an optimizer is called as all others are.
    if (name.empty() || name == "operator" || (!owner.empty() && name != owner)) return;
    if (trimmed(text.substr(0, open)).find('~') != text.npos) return;
    if (text.ends_with("= delete")) return;
    std::vector<Declared> parameters;
    int depth = 0;
    std::string one;
    for (std::size_t i = open + 1; depth > 0 || text[i] != ')'; ++i) {
      const char c = text[i];
      depth += (c == '(' || c == '{' || c == '<') - (c == ')' || c == '}' || c == '>');
      if (c != ',' || depth > 0) {
        one += c;
      } else {
        parameters.push_back(parameter(one));
        one.clear();
      }
    }
    if (!trimmed(one).empty()) parameters.push_back(parameter(one));
    functions[name].push_back(parameters);
  }

  /// What stands between two braces. `hidden`: not for users.
  void read_scope(const std::string& text, std::size_t& at, const std::string& owner, bool hidden) {
    std::string statement;
    int parentheses = 0;
    for (; at < text.size(); ++at) {
      const char c = text[at];
      parentheses += (c == '(') - (c == ')');
      if (c == '}' && parentheses == 0) return;
      if (parentheses > 0 || (c != '{' && c != ';')) {
        statement += c;
        if (trimmed(statement) == "public:" || trimmed(statement) == "protected:")
          statement.clear();
        if (trimmed(statement) == "private:") {
          statement.clear();
          hidden = true;
        }
        continue;
      }
      const std::string words = trimmed(statement);
      if (c == '{' && is_preset(words)) {  // of a member
        do statement += text[at];
        while (text[at++] != '}');
        --at;
        continue;
      }
      if (!hidden) note(words, owner);
      if (c == '{') {
        const bool names_scope = words.starts_with("namespace ") || words.starts_with("struct ") ||
                                 words.starts_with("class ");
        std::string inner = names_scope ? name_of_scope(words) : "body";
        const bool inner_hidden = hidden || !names_scope || inner == "detail" ||
                                  inner == "formula" || words.starts_with("enum");
        if (words.starts_with("namespace ")) inner.clear();
        ++at;
        read_scope(text, at, inner, inner_hidden);
      }
      statement.clear();
    }
  }
  static bool is_preset(const std::string& words) {
    if (words.ends_with('=')) return true;
    for (const char* other : {"struct ", "class ", "namespace ", "enum ", "concept "})
      if (words.starts_with(other)) return false;
    return words.find('(') == words.npos && !last_word(words).empty();
  }
  static std::string name_of_scope(const std::string& words) {
    std::string head = words.substr(0, words.find(" :"));
    if (head.ends_with(" final")) head.resize(head.size() - 6);
    return last_word(head);
  }
  void note(const std::string& words, const std::string& owner) {
    if (words.starts_with("using ") && words.find("= Activation<") != words.npos)
      functions[words.substr(6, words.find(' ', 6) - 6)].emplace_back();
    if (words.starts_with("using ") || words.starts_with("enum ") || words.starts_with("static ") ||
        words.starts_with("template ") || words.starts_with("friend ") ||
        words.starts_with("inline ") || words.starts_with("extern "))
      return;
    const std::size_t open = words.find('(');
    if (open != words.npos && open < words.find('='))
      add_function(words, owner);
    else if (owner.ends_with("Options") && !last_word(parameter(words).name).empty())
      structs[owner].push_back(parameter(words));
  }
};

/// The default as values.json has it: true, 0.5, "mean", [] or null.
inline json preset_of(const std::string& text) {
  if (text == "{}" || text == "Tensor()") return json::array();
  if (text.starts_with("{")) return json::parse("[" + text.substr(1, text.size() - 2) + "]");
  const std::size_t colons = text.rfind("::");
  if (colons != text.npos) return text.substr(colons + 2);
  const std::size_t slash = text.find('/');
  if (slash != text.npos) return std::stod(text) / std::stod(text.substr(slash + 1));
  return json::parse(text, nullptr, false);
}

inline bool same_value(const json& a, const json& b) {
  return a == b || (a.is_number() && b.is_number() && a.get<double>() == b.get<double>());
}

/// The options of all overloads, with their defaults: what has one, members of a struct of options,
/// and what is no tensor.
inline std::map<std::string, std::string> options_of(
    const Declarations& declared, const std::vector<std::vector<Declared>>& overloads) {
  std::map<std::string, std::string> options;
  for (const auto& overload : overloads) {
    for (const Declared& parameter : overload) {
      std::string type = parameter.type.substr(parameter.type.starts_with("const ") ? 6 : 0);
      if (type.ends_with('&')) type.pop_back();
      const auto members = declared.structs.find(type);
      const bool is_input = type == "Tensor" || type == "std::vector<Tensor>" ||
                            type == "std::vector<Parameter>" || type == "Optimizer";
      if (members != declared.structs.end())
        for (const Declared& member : members->second) options[member.name] = member.preset;
      else if (!is_input || !parameter.preset.empty())
        options[parameter.name] = parameter.preset;
    }
  }
  return options;
}

/// What `check_complete` is to leave out.
struct LeftOut {
  /// Functions, options of one function as "function.option", and of all as ".option", that no
  /// value depends on.
  std::set<std::string> not_of_values = {};
  /// Options, likewise, whose default is refused, so that every case gives them.
  std::set<std::string> never_default = {};
};

/// Every function of `declared` has a case in this section of values.json; every option of it is
/// given in one, with another value than its default, and left out in one.
inline void check_complete(const std::string& name, const Declarations& declared,
                           const LeftOut& left_out) {
  std::map<std::string, std::vector<json>> cases;
  for (const json& line : section(name))
    cases[line.at("op")].push_back(line.value("options", json::object()));

  const auto holds = [](const std::set<std::string>& names, const std::string& function,
                        const std::string& option) {
    return names.contains(function + "." + option) || names.contains("." + option);
  };
  for (const auto& [function, overloads] : declared.functions) {
    if (left_out.not_of_values.contains(function)) continue;
    if (!cases.contains(function))
      FAIL_CHECK(function << " has no case in tests/values/values.json: add one to generate.py");
    for (const auto& [option, preset_text] : options_of(declared, overloads)) {
      if (holds(left_out.not_of_values, function, option)) continue;
      const bool has_preset =
          !preset_text.empty() && !holds(left_out.never_default, function, option);
      const json preset = has_preset ? preset_of(preset_text) : json();
      bool given = false, at_default = !has_preset;
      for (const json& one : cases[function]) {
        at_default |= !one.contains(option);
        given |= one.contains(option) && !(has_preset && same_value(one.at(option), preset));
      }
      if (!given)
        FAIL_CHECK(function << ": no case gives the option " << option
                            << (has_preset ? " another value than " + preset_text : ""));
      if (!at_default)
        FAIL_CHECK(function << ": no case leaves the option " << option << " at its default");
      CHECK((given && at_default));
    }
  }
}

}  // namespace values
