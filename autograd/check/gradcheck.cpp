#include "autograd/check/gradcheck.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "autograd/base/format.h"
#include "autograd/check/function_check.h"
#include "autograd/tape/no_grad.h"

namespace tapegrad {

using detail::CheckedFunction;
using detail::FunctionCheck;

namespace {

/// `f` as a function of a list.
CheckedFunction of_list(const std::function<Tensor(const Tensor&)>& f) {
  return [&f](const std::vector<Tensor>& inputs) { return f(inputs.front()); };
}

std::string module_text(const Culprit& culprit) {
  return culprit.path.empty() ? "" : " in " + culprit.path;
}

std::string argument_text(int argument) {
  return argument < 0 ? "the cotangent" : fmt::format("argument {}", argument);
}

}  // namespace

std::string GradcheckResult::message() const {
  std::string text = ok ? "" : "wrong gradient: ";
  if (!problem.empty()) text += problem + "; ";
  text += fmt::format("{} derivatives of order {} compared", entries, order);
  if (kinks > 0) text += fmt::format(", beside {} at kinks ({})", kinks, first_kink);
  if (entries > 0) {
    const std::string varied =
        index.empty() && input < 0 ? input_name : fmt::format("{} {}", input_name, Shape(index));
    text += fmt::format(
        ", the worst: d output {} / d {} is {:.12g} on the tape and {:.12g} +- {:.0e} "
        "by differences; error {:.1e}, up to {:.0e} passes",
        output, varied, analytic, numeric, uncertainty, worst_error, rtol);
  }
  if (ok) return text;
  if (!culprits.empty()) {
    const Culprit& first = culprits.front();
    text += fmt::format("; the culprit: {}{}, {}", first.name, module_text(first),
                        first.problem.empty()
                            ? fmt::format("{} {}: {:.12g} by its rule, {:.12g} by differences",
                                          argument_text(first.argument), Shape(first.index),
                                          first.analytic, first.numeric)
                            : first.problem);
    if (culprits.size() > 1) text += fmt::format(", and {} more", culprits.size() - 1);
  } else if (operators_checked > 0) {
    text += fmt::format(
        "; each of the {} calls of operators is right by itself, so look at what is detached, read "
        "by the host or changed beside the tape",
        operators_checked);
  }
  return text;
}

std::string GradcheckResult::table() const {
  if (culprits.empty()) return {};
  std::vector<std::vector<std::string>> rows{
      {"operator", "module", "argument", "index", "analytic", "numeric", "error", "calls"}};
  for (const Culprit& culprit : culprits) {
    rows.push_back({culprit.name, culprit.path.empty() ? "-" : culprit.path,
                    culprit.argument < 0 ? "-" : fmt::format("{}", culprit.argument),
                    fmt::format("{}", Shape(culprit.index)),
                    fmt::format("{:.9g}", culprit.analytic), fmt::format("{:.9g}", culprit.numeric),
                    fmt::format("{:.1e}", culprit.error), fmt::format("{}", culprit.calls)});
    if (!culprit.problem.empty()) rows.back().push_back(culprit.problem);
  }
  std::size_t widths[8] = {};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < 8; ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += fmt::format("{:<{}}  ", row[i], i < 8 ? widths[i] : 0);
    line.resize(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

GradcheckResult gradcheck(const CheckedFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options) {
  const EnableGrad enable_grad;
  GradcheckResult worst = FunctionCheck("gradcheck", f, inputs, options).first_order();
  const auto go_on = [&](const GradcheckResult& next) {
    if (!next || next.worst_error > worst.worst_error) worst = next;
  };
  if (worst && options.forward_mode)
    go_on(FunctionCheck("gradcheck", f, inputs, options).forward_mode());
  if (worst && options.second_order) go_on(gradgradcheck(f, inputs, options));
  return worst;
}

GradcheckResult gradcheck(const std::function<Tensor(const Tensor&)>& f, const Tensor& input,
                          const GradcheckOptions& options) {
  return gradcheck(of_list(f), std::vector<Tensor>{input}, options);
}

GradcheckResult gradgradcheck(const CheckedFunction& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options) {
  const EnableGrad enable_grad;
  return FunctionCheck("gradgradcheck", f, inputs, options).second_order();
}

GradcheckResult gradgradcheck(const std::function<Tensor(const Tensor&)>& f, const Tensor& input,
                              const GradcheckOptions& options) {
  return gradgradcheck(of_list(f), std::vector<Tensor>{input}, options);
}

}  // namespace tapegrad
