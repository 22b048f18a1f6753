#include "autograd/check/function_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/check/culprit.h"
#include "autograd/check/differences.h"
#include "autograd/check/numbers.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/tensor/require.h"
#include "autograd/transforms/backward.h"
#include "autograd/transforms/jvp.h"

namespace tapegrad::detail {

namespace {

/// Two ways through the tape to one number differ by rounding only.
constexpr double kSameNumber = 1e-10;
/// And two forms of one rule.
constexpr double kSameRule = 1e-12;

/// Somebody who watches, so that tangents are computed by operators and not by fused loops.
struct Bystander : Watcher {
  Bystander() { start(); }
  ~Bystander() { stop(); }
};

}  // namespace

bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const auto same = [](auto x, auto y) {
    return x.empty() || std::memcmp(x.data(), y.data(), x.size_bytes()) == 0;
  };
  if (a.dtype() == float32) return same(a.data<float>(), b.data<float>());
  if (a.dtype() == float64) return same(a.data<double>(), b.data<double>());
  return equal(a, b);
}

Tensor random_weights(const Shape& shape, Generator& generator) {
  const Tensor size = rand(shape, float64, generator) + 0.5;
  return where(rand(shape, float64, generator) < 0.5, -size, size);
}

FunctionCheck::FunctionCheck(const char* name, const CheckedFunction& f,
                             const std::vector<Tensor>& inputs, const GradcheckOptions& options)
    : name_(name), f_(f), options_(options), generator_(options.seed) {
  if (!(options.rtol > 0) || !(options.atol > 0) || !(options.step > 0))
    fail<ValueError>("{}: rtol, atol and step must be positive, got {}, {} and {}", name,
                     options.rtol, options.atol, options.step);
  if (options.exhaustive < 0 || options.directions < 1)
    fail<ValueError>("{}: exhaustive must be at least 0 and directions at least 1, got {} and {}",
                     name, options.exhaustive, options.directions);
  result_.rtol = options.rtol;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& input = inputs[i];
    if (!input.defined()) fail_undefined(fmt::format("input {}", i).c_str(), name);
    arguments_.push_back(input.detach().clone());
    versions_.push_back(arguments_.back().version());
    if (!input.requires_grad()) continue;
    if (input.dtype() != float64)
      fail<DTypeError>(
          "{}: input {} of shape {} is {}, which is too coarse for differences; convert it with "
          "to(float64)",
          name, i, input.shape(), input.dtype());
    leaves_.add(arguments_.back().requires_grad_(), static_cast<int>(i));
  }
  if (leaves_.size() == 0)
    fail<GradError>("{}: no input requires gradients; call requires_grad_() on those to check",
                    name);
}

GradcheckResult FunctionCheck::first_order() {
  try {
    check_first_order();
  } catch (const Stopped&) {
  }
  if (!result_.ok && options_.culprits)
    find_culprits([this] { (void)call(); }, 1, options_, result_);
  return result_;
}

GradcheckResult FunctionCheck::second_order() {
  result_.order = 2;
  try {
    check_second_order();
  } catch (const Stopped&) {
  }
  if (!result_.ok && options_.culprits) {
    // The walk that is recorded calls operators, too.
    const auto run = [this] {
      const Tensor y = call();
      if (!y.requires_grad()) return;
      grad({y}, leaves_.tensors,
           {.grad_outputs = {ones_like(y)}, .create_graph = true, .allow_unused = true});
    };
    find_culprits(run, 2, options_, result_);
  }
  return result_;
}

GradcheckResult FunctionCheck::forward_mode() {
  try {
    check_forward_mode();
  } catch (const Stopped&) {
  }
  return result_;
}

void FunctionCheck::check_first_order() {
  const Tensor y = call();
  check_repeatable(y);
  const Rows rows = rows_of(y);
  const Jacobian jacobian = jacobian_of(y, rows);
  rows.elements ? check_linear(y, jacobian) : check_large_linear(y, rows, jacobian);
  const auto values = [&] { return values_of_rows(call(), rows); };
  for (std::size_t k = 0; k < leaves_.size(); ++k)
    vary(leaves_.tensors[k], leaves_.inputs[k], values, rows.cotangents.size(), jacobian[k]);
}

/// The gradients for `cotangent`, each multiplied by its weights and all added up.
Tensor FunctionCheck::combination(const Tensor& cotangent, const std::vector<Tensor>& weights,
                                  bool create_graph) {
  const std::vector<Tensor> g = gradients(call(), cotangent, leaves_, create_graph);
  Tensor sum = zeros({}, float64);
  for (std::size_t k = 0; k < g.size(); ++k) sum = sum + (g[k] * weights[k]).sum();
  return sum;
}

void FunctionCheck::check_second_order() {
  const Tensor cotangent = random_weights(call().shape(), generator_).requires_grad_();
  check_recorded(cotangent);
  std::vector<Tensor> weights;
  for (const Tensor& leaf : leaves_.tensors)
    weights.push_back(random_weights(leaf.shape(), generator_));
  Leaves all = leaves_;
  all.add(cotangent, -1);
  const std::vector<Tensor> second =
      gradients(combination(cotangent, weights, true), ones({}, float64), all);
  const auto value = [&] { return values_of(combination(cotangent, weights, false)); };
  for (std::size_t k = 0; k < all.size(); ++k)
    vary(all.tensors[k], all.inputs[k], value, 1, values_of(second[k]));
}

/// `jvp` along random directions of all inputs: by fused loops against operators, against
/// differences, and against the walk back.
void FunctionCheck::check_forward_mode() {
  const auto f = [&](const std::vector<Tensor>& varied) {
    std::vector<Tensor> all = arguments_;
    for (std::size_t k = 0; k < leaves_.size(); ++k)
      all[static_cast<std::size_t>(leaves_.inputs[k])] = varied[k];
    return std::vector<Tensor>{f_(all)};
  };
  std::vector<Tensor> x;
  for (const Tensor& leaf : leaves_.tensors) x.push_back(leaf.detach().clone());
  for (int direction = 0; direction < 2; ++direction) {
    std::vector<Tensor> v;
    for (const Tensor& leaf : x) v.push_back(random_weights(leaf.shape(), generator_));
    Tensor y, dy, readable;
    try {
      auto [values, tangents] = jvp(f, x, v);
      y = values[0];
      dy = tangents[0].detach();
      const Bystander bystander;
      readable = jvp(f, x, v).second[0].detach();
    } catch (const OutOfMemoryError&) {
      throw;
    } catch (const Error& error) {
      problem(fmt::format("forward mode throws: {}", error.what()));
      return;
    }
    if (dy.shape() != y.shape() || dy.dtype() != y.dtype()) {
      problem(
          fmt::format("in forward mode the tangent of the result of shape {} has shape {} and "
                      "type {}",
                      y.shape(), dy.shape(), dy.dtype()));
      return;
    }
    if (!allclose(dy, readable, kSameRule, kSameRule, true))
      problem("in forward mode the fused loops give another tangent than operators");
    const Rows rows = rows_of(y);
    const auto along = [&](double t) {
      std::vector<Tensor> moved;
      for (std::size_t k = 0; k < x.size(); ++k) moved.push_back(x[k] + t * v[k]);
      return values_of_rows(f(moved)[0].detach(), rows);
    };
    judge({-1, "a direction of all inputs", {}}, along, 0, values_of_rows(dy, rows));
    const Tensor g = random_weights(y.shape(), generator_);
    const std::vector<Tensor> back = gradients(call(), g, leaves_);
    double sum = 0, size = 1;
    for (std::size_t k = 0; k < back.size(); ++k) {
      sum += dot(back[k].data<double>(), v[k].data<double>());
      size += size_of_products(back[k].data<double>(), v[k].data<double>());
    }
    const double forward = dot(g.data<double>(), dy.data<double>());
    if (std::isfinite(sum) && !(std::abs(forward - sum) <= kSameNumber * size))
      problem(fmt::format("along a direction forward mode gives {}, but the walk back {}", forward,
                          sum));
  }
}

Tensor FunctionCheck::call() const {
  Tensor y = f_(arguments_);
  if (!y.defined()) fail<ValueError>("{}: the function returned the undefined tensor", name_);
  if (y.dtype() != float64)
    fail<DTypeError>("{}: the function returned {} for float64 inputs; differences need float64",
                     name_, y.dtype());
  return y;
}

/// The gradients of `y`; zero for a leaf that it does not depend on.
std::vector<Tensor> FunctionCheck::gradients(const Tensor& y, const Tensor& cotangent,
                                             const Leaves& leaves, bool create_graph) {
  std::vector<Tensor> result;
  try {
    result = grad({y}, leaves.tensors,
                  {.grad_outputs = {cotangent},
                   .retain_graph = true,
                   .create_graph = create_graph,
                   .allow_unused = true});
  } catch (const OutOfMemoryError&) {
    throw;
  } catch (const Error& error) {
    problem(fmt::format("the walk back throws: {}", error.what()));
    throw Stopped();
  }
  for (std::size_t k = 0; k < result.size(); ++k) {
    const Tensor& leaf = leaves.tensors[k];
    Tensor& gradient = result[k];
    if (gradient.shape() == leaf.shape() && gradient.dtype() == float64) continue;
    problem(fmt::format("the gradient of {} of shape {} has shape {} and type {}",
                        input_text(leaves.inputs[k]), leaf.shape(), gradient.shape(),
                        gradient.dtype()));
    gradient = zeros_like(leaf);
  }
  return result;
}

FunctionCheck::Rows FunctionCheck::rows_of(const Tensor& y) {
  Rows rows{{}, small(y.numel())};
  const std::int64_t count = rows.elements ? y.numel() : options_.directions;
  for (std::int64_t i = 0; i < count; ++i) {
    Tensor cotangent =
        rows.elements ? zeros(y.shape(), float64) : random_weights(y.shape(), generator_);
    if (rows.elements) set_value(cotangent, static_cast<std::size_t>(i), 1);
    rows.cotangents.push_back(std::move(cotangent));
  }
  return rows;
}

std::vector<double> FunctionCheck::values_of_rows(const Tensor& y, const Rows& rows) const {
  if (rows.elements) return values_of(y);
  std::vector<double> values;
  for (const Tensor& cotangent : rows.cotangents)
    values.push_back(
        dot(y.data<double>(), cotangent.data<double>().first(y.data<double>().size())));
  return values;
}

FunctionCheck::Jacobian FunctionCheck::jacobian_of(const Tensor& y, const Rows& rows) {
  Jacobian jacobian(leaves_.size());
  for (const Tensor& cotangent : rows.cotangents) {
    const std::vector<Tensor> row = gradients(y, cotangent, leaves_);
    for (std::size_t k = 0; k < row.size(); ++k) {
      const auto values = row[k].data<double>();
      jacobian[k].insert(jacobian[k].end(), values.begin(), values.end());
    }
  }
  return jacobian;
}

void FunctionCheck::check_repeatable(const Tensor& y) {
  const Tensor again = call();
  if (!same_bits(y, again))
    problem("the function gives different results for the same inputs; is it random?");
  for (std::size_t i = 0; i < arguments_.size(); ++i) {
    if (arguments_[i].version() != versions_[i])
      problem(fmt::format("the function changes {} in place", input_text(static_cast<int>(i))));
  }
  if (y.shape() != again.shape()) return;
  const Tensor cotangent = random_weights(y.shape(), generator_);
  const std::vector<Tensor> first = gradients(y, cotangent, leaves_);
  const std::vector<Tensor> second = gradients(again, cotangent, leaves_);
  for (std::size_t k = 0; k < first.size(); ++k) {
    if (!same_bits(first[k], second[k]))
      problem(fmt::format("the gradient of {} differs from call to call",
                          input_text(leaves_.inputs[k])));
  }
}

std::vector<FunctionCheck::Few> FunctionCheck::few_of(const Tensor& y) {
  std::vector<Few> all{{y.sum(), ones({}, float64), ones(y.shape(), float64)}};
  for (int dim = 0; dim < y.dim(); ++dim) {
    const Tensor sums = y.sum(dim);
    const Tensor few = random_weights(sums.shape(), generator_);
    all.push_back({sums, few, expand(unsqueeze(few, dim), y.shape())});
  }
  return all;
}

/// The gradient for a random cotangent is the combination of the Jacobian's rows, and so is that
/// for a cotangent which the engine holds in fewer elements than it stands for.
void FunctionCheck::check_linear(const Tensor& y, const Jacobian& jacobian) {
  const Tensor weights = random_weights(y.shape(), generator_);
  expect_combination(gradients(y, weights, leaves_), jacobian, weights, "random");
  for (const Few& few : few_of(y))
    expect_combination(gradients(few.sums, few.cotangent, leaves_), jacobian, few.full,
                       "broadcast");
}

/// Of an output whose Jacobian is too large: the gradient for a cotangent in fewer elements is the
/// sum of those for two others, the random one of the first row and what is left.
void FunctionCheck::check_large_linear(const Tensor& y, const Rows& rows,
                                       const Jacobian& jacobian) {
  for (const Few& few : few_of(y)) {
    const std::vector<Tensor> found = gradients(few.sums, few.cotangent, leaves_);
    const std::vector<Tensor> left = gradients(y, few.full - rows.cotangents[0], leaves_);
    for (std::size_t k = 0; k < found.size(); ++k) {
      const auto values = found[k].data<double>();
      std::vector<double> sums = values_of(left[k]);
      double size = 1;
      for (std::size_t j = 0; j < sums.size(); ++j) {
        const double first = jacobian[k][j];
        if (std::isfinite(first + sums[j]))
          size = std::max({size, std::abs(first), std::abs(sums[j])});
        sums[j] += first;
      }
      for (std::size_t j = 0; j < sums.size(); ++j) {
        if (!std::isfinite(sums[j]) || std::abs(values[j] - sums[j]) <= kSameNumber * size)
          continue;
        problem(
            fmt::format("for a broadcast cotangent of the output the gradient of element {} of {} "
                        "is {}, but those for two cotangents that add up to it are {} together",
                        unravel_index(static_cast<std::int64_t>(j), found[k].shape()),
                        input_text(leaves_.inputs[k]), values[j], sums[j]));
        break;
      }
    }
  }
}

void FunctionCheck::expect_combination(const std::vector<Tensor>& found, const Jacobian& jacobian,
                                       const Tensor& weights, const char* kind) {
  const auto weight = weights.data<double>();
  for (std::size_t k = 0; k < found.size(); ++k) {
    const auto values = found[k].data<double>();
    for (std::size_t j = 0; j < values.size(); ++j) {
      double sum = 0;
      double size = 1;
      for (std::size_t i = 0; i < weight.size(); ++i) {
        const double term = weight[i] * jacobian[k][i * values.size() + j];
        sum += term;
        size += std::abs(term);
      }
      if (!std::isfinite(sum) || std::abs(values[j] - sum) <= kSameNumber * size) continue;
      problem(
          fmt::format("for a {} cotangent of the output the gradient of element {} of {} "
                      "is {}, but the gradients of single elements of the output add up to {}",
                      kind, unravel_index(static_cast<std::int64_t>(j), found[k].shape()),
                      input_text(leaves_.inputs[k]), values[j], sum));
    }
  }
}

/// Recording the gradients does not change them.
void FunctionCheck::check_recorded(const Tensor& cotangent) {
  const Tensor y = call();
  const std::vector<Tensor> plain = gradients(y, cotangent, leaves_);
  const std::vector<Tensor> recorded = gradients(y, cotangent, leaves_, true);
  for (std::size_t k = 0; k < plain.size(); ++k) {
    if (!allclose(plain[k], recorded[k], kSameNumber, kSameNumber, true))
      problem(fmt::format("with create_graph the gradient of {} is a different one",
                          input_text(leaves_.inputs[k])));
  }
}

/// `size`: of what the numeric derivative is made of.
double FunctionCheck::error_of(double analytic, double numeric, double size) const {
  if (analytic == numeric || (std::isnan(analytic) && std::isnan(numeric))) return 0;
  const double error = std::abs(analytic - numeric) / (size + options_.atol / options_.rtol);
  return std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
}

std::string FunctionCheck::input_text(int input) const {
  if (input < 0) return "the cotangent";
  const auto i = static_cast<std::size_t>(input);
  return i < options_.names.size() ? options_.names[i] : fmt::format("input {}", input);
}

void FunctionCheck::problem(std::string text) {
  result_.ok = false;
  if (result_.problem.empty()) result_.problem = std::move(text);
}

}  // namespace tapegrad::detail
