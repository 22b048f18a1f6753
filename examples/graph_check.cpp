#include <autograd/autograd.h>
#include <fmt/format.h>
#include <nn/nn.h>

#if defined(TAPEGRAD_WITH_LINALG)
#include <autograd/linalg/linalg.h>
#endif

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "graph_check/list.h"
#include "graph_check/models.h"

// Proves the gradients: every operator of the library goes through the whole battery of `verify`,
// and a few models through `graph_check`. Prints one table and a model's tape, writes pictures of
// tapes, and tells how two differ; exit status 1 when something is wrong. `--break tanh` shows what that looks like.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Json = nlohmann::ordered_json;

namespace {

struct Options {
  std::string dot, broken;
  std::vector<std::string> only;
  bool quick = false, list = false, json = false, markdown = false;
  bool backward = false, diff = false;
};

std::vector<tg::OperatorInfo> all_operators() {
  std::vector<tg::OperatorInfo> all = tg::operators();
  for (tg::OperatorInfo& info : nn::operators()) all.push_back(std::move(info));
#if defined(TAPEGRAD_WITH_LINALG)
  for (tg::OperatorInfo& info : tg::linalg_operators()) all.push_back(std::move(info));
#endif
  return all;
}

/// One row of the table.
struct Row {
  const char* kind;
  tg::VerifyResult result;
};

/// Whatever happens in a check is a row, and the next one goes on.
template <class F>
tg::VerifyResult result_of(const std::string& name, const F& check) {
  tg::VerifyResult result;
  try {
    result = check();
  } catch (const std::exception& error) {
    result.findings.push_back({"check", "all", fmt::format("throws: {}", error.what())});
  }
  result.name = name;
  return result;
}

std::string number(double error) {
  return std::isnan(error) ? "-" : error == 0 ? "0" : fmt::format("{:.1e}", error);
}

constexpr int kWidth = 32;  // of names

void print_row(const Row& row) {
  const tg::VerifyResult& r = row.result;
  fmt::print("{:<{}} {:>5} {:>8} {:>9} {:>9} {:>9}  {}\n", r.name, kWidth, r.cases, r.entries,
             number(r.worst_error[0]), number(r.worst_error[1]),
             r.forward_error ? number(*r.forward_error) : "no rule", r.ok() ? "ok" : "WRONG");
  for (std::size_t i = 0; i < r.findings.size(); ++i) {
    if (i == 3) {
      fmt::print("    and {} more\n", r.findings.size() - i);
      break;
    }
    fmt::print("    {}, {}: {}\n", r.findings[i].check, r.findings[i].example, r.findings[i].text);
  }
}

Json json_of(const Row& row) {
  const tg::VerifyResult& r = row.result;
  Json findings = Json::array(), culprits = Json::array();
  for (const tg::VerifyFinding& each : r.findings)
    findings.push_back({{"check", each.check}, {"case", each.example}, {"text", each.text}});
  // JSON has no infinity.
  const auto finite = [](double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); };
  for (const tg::Culprit& each : r.culprits)
    culprits.push_back({{"operator", each.name},
                        {"module", each.path},
                        {"order", each.order},
                        {"argument", each.argument},
                        {"index", each.index},
                        {"analytic", finite(each.analytic)},
                        {"numeric", finite(each.numeric)},
                        {"error", finite(each.error)}});
  return {{"kind", row.kind},
          {"name", r.name},
          {"cases", r.cases},
          {"entries", r.entries},
          {"order_1", finite(r.worst_error[0])},
          {"order_2", finite(r.worst_error[1])},
          {"forward_mode", r.forward_error ? finite(*r.forward_error) : Json(nullptr)},
          {"not_covered", r.not_covered},
          {"ok", r.ok()},
          {"findings", findings},
          {"culprits", culprits}};
}

/// "tanh" or "tanh:factor".
std::unique_ptr<tg::BrokenRule> broken_rule(const std::string& text,
                                            const std::vector<tg::OperatorInfo>& operators) {
  if (text.empty()) return {};
  const std::size_t colon = text.find(':');
  const std::string op = text.substr(0, colon);
  if (std::ranges::none_of(operators, [&](const auto& info) { return info.name == op; }))
    throw std::invalid_argument(
        fmt::format("--break: there is no operator \"{}\"; --list names all", op));
  const std::string kind = colon == text.npos ? "factor" : text.substr(colon + 1);
  constexpr std::pair<const char*, tg::RuleBreak> kinds[] = {{"sign", tg::RuleBreak::sign},
                                                             {"factor", tg::RuleBreak::factor},
                                                             {"missing", tg::RuleBreak::missing},
                                                             {"recorded", tg::RuleBreak::recorded},
                                                             {"throws", tg::RuleBreak::throws}};
  for (const auto& [name, value] : kinds)
    if (kind == name) return std::make_unique<tg::BrokenRule>(op, value);
  throw std::invalid_argument(
      fmt::format("--break: \"{}\" is none of sign, factor, missing, recorded, throws", kind));
}

bool chosen(const Options& options, const std::string& name) {
  return options.only.empty() || std::ranges::find(options.only, name) != options.only.end();
}

/// The table, or the list of JSON; true if all is right.
bool check_all(const Options& options, const std::vector<tg::OperatorInfo>& operators) {
  bool ok = true;
  Json rows = Json::array();
  const auto add = [&](const Row& row) {
    ok &= row.result.ok();
    if (options.json)
      rows.push_back(json_of(row));
    else
      print_row(row);
  };
  const auto title = [&](const char* kind, const auto& list) {
    if (!options.json &&
        std::ranges::any_of(list, [&](const auto& each) { return chosen(options, each.name); }))
      fmt::print("{:<{}} {:>5} {:>8} {:>9} {:>9} {:>9}\n", kind, kWidth, "cases", "entries",
                 "order 1", "order 2", "forward");
  };
  const tg::VerifyOptions battery{.large = !options.quick, .memory = !options.quick};
  title("operator", operators);
  for (const tg::OperatorInfo& info : operators)
    if (chosen(options, info.name))
      add({"operator", result_of(info.name, [&] { return tg::verify(info, battery); })});
  const std::vector<Model> all_models = models();
  if (!options.json && options.only.empty()) fmt::print("\n");
  title("model", all_models);
  for (const Model& model : all_models) {
    if (!chosen(options, model.name)) continue;
    const Row row{"model", result_of(model.name, model.check)};
    add(row);
    if (options.json || row.result.culprits.empty()) continue;
    tg::GradcheckResult table;
    table.culprits = row.result.culprits;
    fmt::print("{}", table.table());
  }
  if (options.json) fmt::print("{}\n", rows.dump(1));
  return ok;
}

/// The tapes of the models that were named, and their pictures; of none the tape of the first.
void show_tapes(const Options& options) {
  const std::vector<Model> all_models = models();
  std::vector<Model> shown;
  for (const Model& model : all_models)
    if (!options.only.empty() && chosen(options, model.name)) shown.push_back(model);
  const bool named = !shown.empty();
  if (options.only.empty() || (!named && !options.dot.empty())) shown.push_back(all_models.front());
  for (const Model& model : shown) {
    if (!options.json && (named || options.only.empty())) print_tape(model);
    const bool one = &model == &shown.front() && !options.dot.empty();
    if (!one && (!named || options.json)) continue;
    const std::string path = one ? options.dot : picture_name(model.name);
    write_picture(path, model, options.backward);
    if (!options.json) fmt::print("Its picture: {}\n\n", path);
  }
}

/// Returns the status to end with.
int run_diff(const Options& options) {
  std::vector<Model> chosen_models;
  const std::vector<Model> all_models = models();
  for (const std::string& name : options.only)
    for (const Model& model : all_models)
      if (model.name == name) chosen_models.push_back(model);
  if (chosen_models.size() != 2 || options.only.size() != 2)
    throw std::invalid_argument("--diff compares two models; --list names all");
  show_diff(options.dot, chosen_models[0], chosen_models[1]);
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app{
      "Checks every operator and a few models: gradients against differences at first and second\n"
      "order, forward mode, float32, threads, tiles, instruction sets, refused memory. Prints the\n"
      "worst relative errors. Of a model that is named it prints the tape, too, and writes the\n"
      "picture, to MODEL.svg where Graphviz is installed. Exit status 1 when something is wrong."};
  Options options;
  app.add_option("only", options.only, "Check these operators and models alone");
  app.add_option("--dot", options.dot,
                 "Write the graph of a model's loss to this file: drawn by Graphviz if its name\n"
                 "ends in .svg, .png or .pdf, else as text, for `dot -Tsvg`")
      ->check(
          [](const std::string& name) { return name.empty() ? "give the name of a file" : ""; });
  app.add_option(
      "--break", options.broken,
      "OP[:KIND]: make the rule of an operator wrong, to see what a failure looks like.\n"
      "KIND is sign, factor (1 % too large), missing (zero), recorded (only at second\n"
      "order) or throws");
  app.add_flag("--list", options.list,
               "Print the catalogue of operators, and the names of the models, and end;\n"
               "with --json all that is known of each operator");
  app.add_flag("--markdown", options.markdown, "With --list: as the page of the reference")
      ->needs("--list");
  app.add_flag("--json", options.json, "Print the table as JSON, and nothing else");
  app.add_flag("--backward", options.backward, "Draw how gradients go, not how values do");
  app.add_flag("--diff", options.diff,
               "Print what differs between the graphs of two models, and end; --dot draws it");
  app.add_flag("--quick", options.quick, "Leave out large inputs, threads and refused memory");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "graph_check: {}\nRun 'graph_check --help' for all flags.\n", error.what());
    return 2;
  }

  const std::vector<tg::OperatorInfo> operators = all_operators();
  std::vector<std::string> names;
  for (const Model& model : models()) names.push_back(model.name);
  if (options.list) {
    print_catalogue(options.markdown ? ListFormat::markdown
                    : options.json   ? ListFormat::json
                                     : ListFormat::text,
                    operators, names);
    return 0;
  }
  for (const tg::OperatorInfo& info : operators) names.push_back(info.name);
  std::unique_ptr<tg::BrokenRule> broken;
  try {
    for (const std::string& name : options.only)
      if (std::ranges::find(names, name) == names.end())
        throw std::invalid_argument(
            fmt::format("there is no operator or model \"{}\"; --list names all", name));
    if (options.diff) return run_diff(options);
    broken = broken_rule(options.broken, operators);
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "graph_check: {}\n", error.what());
    return 2;
  }

  const bool ok = check_all(options, operators);
  broken.reset();
  show_tapes(options);
  if (!options.json)
    fmt::print("{}\n", ok ? "All gradients are right." : "Some are WRONG; see above.");
  return ok ? 0 : 1;
}

}  // namespace

// Exit status: 2 for wrong flags, 1 for a wrong gradient and whatever else fails.
int main(int argc, char** argv) {
  try {
    const int status = run(argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) || !std::cout.flush())
      throw std::runtime_error("cannot write to the standard output");
    return status;
  } catch (const std::exception& error) {
    fmt::print(stderr, "graph_check: {}\n", error.what());
    return 1;
  }
}
