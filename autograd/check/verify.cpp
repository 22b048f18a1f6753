#include "autograd/check/verify.h"

#include <fmt/format.h>

#include <cmath>
#include <exception>

#include "autograd/base/fail.h"
#include "autograd/check/battery.h"
#include "autograd/memory/memory.h"
#include "autograd/tape/no_grad.h"

namespace tapegrad {

namespace {

using detail::Battery;

/// Runs one part; what it throws is a finding.
void run(void (*part)(const Battery&), const char* name, const Battery& battery) {
  try {
    part(battery);
  } catch (const std::exception& error) {
    battery.found(name, fmt::format("throws: {}", error.what()));
  }
}

void run_parts(const Battery& battery) {
  const std::size_t before = battery.result.findings.size();
  run(detail::check_derivatives, "gradients", battery);
  if (battery.result.findings.size() > before) return;  // what follows would say it again
  if (battery.options.arguments) {
    run(detail::check_aliases, "aliases", battery);
    run(detail::check_moved, "arguments", battery);
  }
  if (battery.options.float32) {
    run(detail::check_float32, "float32", battery);
    run(detail::check_instruction_sets, "instruction sets", battery);
    run(detail::check_invariance, "invariance", battery);
  }
  if (battery.options.large) run(detail::check_large, "large", battery);
  if (battery.options.memory) run(detail::check_memory, "memory", battery);
}

/// The parts, which get the inputs themselves at times, and what must be as before after them all.
void verify_case(const Battery& battery) {
  const std::vector<Tensor>& inputs = battery.example.inputs;
  const std::vector<Tensor> before = detail::copies(inputs);
  const std::int64_t tensors = live_tensors(), records = live_records();
  run_parts(battery);
  if (live_tensors() != tensors || live_records() != records)
    battery.found("leftovers", fmt::format("{} tensors and {} records are left behind",
                                           live_tensors() - tensors, live_records() - records));
  if (!battery.options.arguments) return;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].defined() && detail::distance(inputs[i], before[i]) != 0)
      battery.found("arguments", fmt::format("input {} has other elements afterwards", i));
}

/// What no case has.
void note_coverage(const OperatorInfo& op, VerifyResult& result) {
  bool empty = false, number = false, large_rank = false;
  for (const OperatorCase& example : op.cases) {
    for (const Tensor& input : example.inputs) {
      if (!input.defined()) continue;
      empty |= input.numel() == 0;
      number |= input.dim() == 0;
      large_rank |= input.dim() > 1;
    }
  }
  if (!empty) result.not_covered.push_back("an empty input");
  if (!number) result.not_covered.push_back("a number (0-d)");
  if (!large_rank) result.not_covered.push_back("an input of two dimensions or more");
}

}  // namespace

VerifyResult verify(const OperatorInfo& op, const VerifyOptions& options) {
  if (op.cases.empty())
    fail<ValueError>(
        "verify: \"{}\" has no case; give at least one, with the inputs to check it on", op.name);
  const EnableGrad enable_grad;
  VerifyResult result;
  result.name = op.name;
  note_coverage(op, result);
  for (const OperatorCase& example : op.cases) {
    if (!example.call)
      fail<ValueError>("verify: case \"{}\" of \"{}\" has no function to call", example.label,
                       op.name);
    ++result.cases;
    verify_case({op, example, options, result});
  }
  return result;
}

std::string VerifyResult::message() const {
  const auto shown = [](double error) {
    return std::isnan(error) ? "-" : fmt::format("{:.1e}", error);
  };
  if (ok())
    return fmt::format(
        "{}: {} case{}, {} derivatives, worst errors {} and {}, {}", name, cases,
        cases == 1 ? "" : "s", entries, shown(worst_error[0]), shown(worst_error[1]),
        forward_error ? shown(*forward_error) + " in forward mode" : "no rule for forward mode");
  std::string text;
  for (const VerifyFinding& each : findings) {
    if (!text.empty()) text += "\n";
    text += fmt::format("{}, {}: {}: {}", name, each.example, each.check, each.text);
  }
  return text;
}

}  // namespace tapegrad
