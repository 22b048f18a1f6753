#include "graph_check/list.h"

#include <fmt/format.h>
#include <nn/nn.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tg = tapegrad;
using Json = nlohmann::ordered_json;

namespace {

constexpr int kWidth = 32;  // of names

/// The operators, and the functions that are none.
struct Catalogue {
  std::vector<tg::CatalogueEntry> operators;
  std::vector<tg::Convention> composed, without_gradient;
};

Catalogue all_of(const std::vector<tg::OperatorInfo>& operators) {
  std::vector<tg::Convention> notes;
  for (const auto list : {tg::conventions(), tg::nn::conventions()})
    notes.insert(notes.end(), list.begin(), list.end());
  Catalogue all{tg::catalogue(operators, notes), {}, {}};
  for (const tg::Convention& each : notes) {
    if (!each.differentiable)
      all.without_gradient.push_back(each);
    else if (std::ranges::none_of(operators,
                                  [&](const auto& op) { return op.name == each.function; }))
      all.composed.push_back(each);
  }
  return all;
}

std::string types_of(const tg::CatalogueEntry& entry) {
  std::string types;
  for (const tg::DType dtype : entry.dtypes)
    types += fmt::format("{}{}", types.empty() ? "" : " ", dtype);
  return types;
}

void print_json(const Catalogue& all) {
  Json rows = Json::array();
  for (const tg::CatalogueEntry& entry : all.operators)
    rows.push_back({{"name", entry.name},
                    {"kind", "operator"},
                    {"family", entry.family},
                    {"arguments", entry.arguments},
                    {"dtypes", types_of(entry)},
                    {"promotes", entry.promotes},
                    {"orders", entry.orders},
                    {"forward_mode", entry.forward_mode},
                    {"sparsity", tg::name(entry.sparsity)},
                    {"leading", tg::name(entry.leading)},
                    {"onnx", entry.onnx},
                    {"note", entry.note}});
  const auto add = [&](const char* kind, const std::vector<tg::Convention>& functions) {
    for (const tg::Convention& each : functions)
      rows.push_back(
          {{"name", each.function}, {"kind", kind}, {"family", each.family}, {"note", each.note}});
  };
  add("composition", all.composed);
  add("no gradient", all.without_gradient);
  fmt::print("{}\n", rows.dump(1));
}

void print_text(const Catalogue& all, const std::vector<std::string>& models) {
  fmt::print("{:<{}} {:<12} {:>9} {:<27} {:>6} {:<8} {:<12} {:<9} {}\n", "operator", kWidth,
             "family", "arguments", "element types", "orders", "forward", "sparsity", "batch",
             "gradient at ties, bounds, NaN");
  for (const tg::CatalogueEntry& entry : all.operators) {
    const std::string line = fmt::format(
        "{:<{}} {:<12} {:>9} {:<27} {:>6} {:<8} {:<12} {:<9} {}", entry.name, kWidth, entry.family,
        entry.arguments, types_of(entry), entry.orders, entry.forward_mode,
        tg::name(entry.sparsity), tg::name(entry.leading), entry.note);
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  }
  const auto list = [](const char* title, const char* what,
                       const std::vector<tg::Convention>& functions) {
    fmt::print("\n{:<{}} {:<12} {}\n", title, kWidth, "family", what);
    for (const tg::Convention& each : functions)
      fmt::print("{:<{}} {:<12} {}\n", each.function, kWidth, each.family, each.note);
  };
  list("composed of operators", "gradient at ties, bounds, NaN", all.composed);
  list("without a gradient", "it gives", all.without_gradient);
  fmt::print("\nmodel\n");
  for (const std::string& model : models) fmt::print("{}\n", model);
}

/// Text in a cell of a table.
std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string("|<>*#@%\\&").find(c) != std::string::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string onnx_of(const std::string& text) {
  return text.starts_with("none") || text == "by the call" ? cell(text) : "yes";
}

void print_markdown(const Catalogue& all) {
  fmt::print(
      "# Catalogue of operators {{#operator_catalogue}}\n\n"
      "Each operator that can stand on the tape, what it is and can, and which gradient it gives "
      "at ties, kinks, bounds, infinities\nand NaN. `graph_check --list --markdown` wrote this "
      "page, from the operators themselves; @ref check says how to ask in a program.\n\n"
      "- *types*: element types that its floating-point arguments may have.\n"
      "- *orders*: derivatives that are recorded, 2 or more, or 1 where the first is constant.\n"
      "- *forward*: how it is differentiated forwards: by its rule with a tangent in place of the "
      "cotangent (formula), by itself\n  (linear), or by a rule of its own.\n"
      "- *sparsity*: where its Jacobian can be other than 0 (see `Sparsity`); *batch*: how it "
      "takes a batch (see `Leading`).\n\n"
      "| operator | family | arguments | types | orders | forward | sparsity | batch | ONNX | "
      "gradient at ties, bounds, NaN |\n|---|---|---|---|---|---|---|---|---|---|\n");
  for (const tg::CatalogueEntry& entry : all.operators)
    fmt::print("| `{}` | @ref {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", entry.name,
               entry.family, entry.arguments, types_of(entry), entry.orders, entry.forward_mode,
               tg::name(entry.sparsity), tg::name(entry.leading), onnx_of(entry.onnx),
               cell(entry.note));
  const auto list = [](const char* title, const char* what,
                       const std::vector<tg::Convention>& functions) {
    fmt::print("\n## {}\n\n| function | family | {} |\n|---|---|---|\n", title, what);
    for (const tg::Convention& each : functions)
      fmt::print("| `{}` | @ref {} | {} |\n", each.function, each.family, cell(each.note));
  };
  list("Composed of operators", "gradient at ties, bounds, NaN", all.composed);
  list("Without a gradient", "it gives", all.without_gradient);
}

}  // namespace

void print_catalogue(ListFormat format, const std::vector<tg::OperatorInfo>& operators,
                     const std::vector<std::string>& models) {
  const Catalogue all = all_of(operators);
  if (format == ListFormat::json)
    print_json(all);
  else if (format == ListFormat::markdown)
    print_markdown(all);
  else
    print_text(all, models);
}
