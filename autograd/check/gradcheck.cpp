#include "autograd/check/gradcheck.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/check/differences.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/random.h"
#include "autograd/tensor/require.h"
#include "autograd/transforms/backward.h"

namespace tapegrad {

namespace {

using Function = std::function<Tensor(const std::vector<Tensor>&)>;

/// Two ways through the tape to one number differ by rounding only.
constexpr double kSameNumber = 1e-10;

std::vector<double> values_of(const Tensor& tensor) {
  const auto data = tensor.data<double>();
  return {data.begin(), data.end()};
}

bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return false;
  const auto x = a.data<double>();
  const auto y = b.data<double>();
  return x.empty() || std::memcmp(x.data(), y.data(), x.size_bytes()) == 0;
}

/// Away from zero, so that every entry counts in a sum weighted by them.
Tensor random_weights(const Shape& shape, Generator& generator) {
  const Tensor size = rand(shape, float64, generator) + 0.5;
  return where(rand(shape, float64, generator) < 0.5, -size, size);
}

/// Tensors that are varied, and what to call each: the number of the input.
struct Leaves {
  std::vector<Tensor> tensors;
  std::vector<int> inputs;

  std::size_t size() const { return tensors.size(); }
  void add(const Tensor& tensor, int input) {
    tensors.push_back(tensor);
    inputs.push_back(input);
  }
};

/// One check of one function: its own copies of the inputs, and what was found so far.
class Check {
 public:
  Check(const char* name, const Function& f, const std::vector<Tensor>& inputs,
        const GradcheckOptions& options)
      : name_(name), f_(f), options_(options), generator_(options.seed) {
    if (!(options.rtol > 0) || !(options.atol > 0) || !(options.step > 0))
      fail<ValueError>("{}: rtol, atol and step must be positive, got {}, {} and {}", name,
                       options.rtol, options.atol, options.step);
    result_.rtol = options.rtol;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Tensor& input = inputs[i];
      if (!input.defined()) detail::fail_undefined(fmt::format("input {}", i).c_str(), name);
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

  GradcheckResult first_order() {
    const Tensor y = call();
    check_repeatable(y);
    const Jacobian jacobian = jacobian_of(y);
    check_linear(y, jacobian);
    const auto values = [&] { return values_of(call()); };
    const std::size_t outputs = static_cast<std::size_t>(y.numel());
    for (std::size_t k = 0; k < leaves_.size(); ++k)
      vary(leaves_.tensors[k], leaves_.inputs[k], values, outputs, jacobian[k]);
    return result_;
  }

  GradcheckResult second_order() {
    result_.order = 2;
    const Tensor cotangent = random_weights(call().shape(), generator_).requires_grad_();
    check_recorded(cotangent);
    std::vector<Tensor> weights;
    for (const Tensor& leaf : leaves_.tensors)
      weights.push_back(random_weights(leaf.shape(), generator_));
    const auto combination = [&](bool create_graph) {
      const std::vector<Tensor> g = gradients(call(), cotangent, leaves_, create_graph);
      Tensor sum = zeros({}, float64);
      for (std::size_t k = 0; k < g.size(); ++k) sum = sum + (g[k] * weights[k]).sum();
      return sum;
    };
    Leaves all = leaves_;
    all.add(cotangent, -1);
    const std::vector<Tensor> second = gradients(combination(true), ones({}, float64), all);
    const auto value = [&] { return values_of(combination(false)); };
    for (std::size_t k = 0; k < all.size(); ++k)
      vary(all.tensors[k], all.inputs[k], value, 1, values_of(second[k]));
    return result_;
  }

 private:
  /// For each leaf d output / d element, output by output.
  using Jacobian = std::vector<std::vector<double>>;

  Tensor call() const {
    Tensor y = f_(arguments_);
    if (!y.defined()) fail<ValueError>("{}: the function returned the undefined tensor", name_);
    if (y.dtype() != float64)
      fail<DTypeError>("{}: the function returned {} for float64 inputs; differences need float64",
                       name_, y.dtype());
    return y;
  }

  /// The gradients of `y`; zero for a leaf that it does not depend on.
  std::vector<Tensor> gradients(const Tensor& y, const Tensor& cotangent, const Leaves& leaves,
                                bool create_graph = false) {
    std::vector<Tensor> result = grad({y}, leaves.tensors,
                                      {.grad_outputs = {cotangent},
                                       .retain_graph = true,
                                       .create_graph = create_graph,
                                       .allow_unused = true});
    for (std::size_t k = 0; k < result.size(); ++k) {
      const Tensor& leaf = leaves.tensors[k];
      Tensor& gradient = result[k];
      if (gradient.shape() == leaf.shape() && gradient.dtype() == float64) continue;
      problem(fmt::format("the gradient of input {} of shape {} has shape {} and type {}",
                          leaves.inputs[k], leaf.shape(), gradient.shape(), gradient.dtype()));
      gradient = zeros_like(leaf);
    }
    return result;
  }

  Jacobian jacobian_of(const Tensor& y) {
    Jacobian jacobian(leaves_.size());
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      Tensor one_hot = zeros(y.shape(), float64);
      one_hot.write<double>([&](auto elements) { elements[static_cast<std::size_t>(i)] = 1; });
      const std::vector<Tensor> rows = gradients(y, one_hot, leaves_);
      for (std::size_t k = 0; k < rows.size(); ++k) {
        const auto row = rows[k].data<double>();
        jacobian[k].insert(jacobian[k].end(), row.begin(), row.end());
      }
    }
    return jacobian;
  }

  void check_repeatable(const Tensor& y) {
    const Tensor again = call();
    if (!same_bits(y, again))
      problem("the function gives different results for the same inputs; is it random?");
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
      if (arguments_[i].version() != versions_[i])
        problem(fmt::format("the function changes its input {} in place", i));
    }
    if (y.shape() != again.shape()) return;
    const Tensor cotangent = random_weights(y.shape(), generator_);
    const std::vector<Tensor> first = gradients(y, cotangent, leaves_);
    const std::vector<Tensor> second = gradients(again, cotangent, leaves_);
    for (std::size_t k = 0; k < first.size(); ++k) {
      if (!same_bits(first[k], second[k]))
        problem(
            fmt::format("the gradient of input {} differs from call to call", leaves_.inputs[k]));
    }
  }

  /// The gradient for a random cotangent is the combination of the Jacobian's rows, and so is that
  /// for a cotangent which the engine holds in fewer elements than it stands for.
  void check_linear(const Tensor& y, const Jacobian& jacobian) {
    const Tensor weights = random_weights(y.shape(), generator_);
    expect_combination(gradients(y, weights, leaves_), jacobian, weights, "random");
    const Tensor all_ones = ones(y.shape(), float64);
    expect_combination(gradients(y.sum(), ones({}, float64), leaves_), jacobian, all_ones,
                       "broadcast");
    for (int dim = 0; dim < y.dim(); ++dim) {
      const Tensor sums = y.sum(dim);
      const Tensor few = random_weights(sums.shape(), generator_);
      const Tensor many = expand(unsqueeze(few, dim), y.shape());
      expect_combination(gradients(sums, few, leaves_), jacobian, many, "broadcast");
    }
  }

  void expect_combination(const std::vector<Tensor>& found, const Jacobian& jacobian,
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
            fmt::format("for a {} cotangent of the output the gradient of element {} of input {} "
                        "is {}, but the gradients of single elements of the output add up to {}",
                        kind, detail::unravel_index(static_cast<std::int64_t>(j), found[k].shape()),
                        leaves_.inputs[k], values[j], sum));
      }
    }
  }

  /// Recording the gradients does not change them.
  void check_recorded(const Tensor& cotangent) {
    const Tensor y = call();
    const std::vector<Tensor> plain = gradients(y, cotangent, leaves_);
    const std::vector<Tensor> recorded = gradients(y, cotangent, leaves_, true);
    for (std::size_t k = 0; k < plain.size(); ++k) {
      if (!allclose(plain[k], recorded[k], kSameNumber, kSameNumber, true))
        problem(fmt::format("with create_graph the gradient of input {} is a different one",
                            leaves_.inputs[k]));
    }
  }

  /// Compares the differences of `evaluate()` for every element of `leaf` with `analytic`.
  template <class Evaluate>
  void vary(Tensor leaf, int input, Evaluate evaluate, std::size_t outputs,
            const std::vector<double>& analytic) {
    const std::vector<double> original = values_of(leaf);
    for (std::size_t j = 0; j < original.size(); ++j) {
      const auto at = [&](double x) {
        set(leaf, j, x);
        std::vector<double> values = evaluate();
        if (values.size() != outputs)
          fail<ShapeError>("{}: the function returned {} elements for one input and {} for another",
                           name_, outputs, values.size());
        return values;
      };
      const detail::Differences numeric = detail::differentiate(
          at, original[j], outputs, options_.step, options_.rtol, options_.atol);
      set(leaf, j, original[j]);
      for (std::size_t i = 0; i < outputs; ++i) {
        if (!compare(analytic[i * original.size() + j], numeric.value[i])) continue;
        result_.uncertainty = numeric.uncertainty[i];
        result_.input = input;
        const Shape found = detail::unravel_index(static_cast<std::int64_t>(j), leaf.shape());
        result_.index.assign(found.begin(), found.end());
        result_.output = static_cast<std::int64_t>(i);
      }
    }
  }

  static void set(Tensor& leaf, std::size_t element, double value) {
    const NoGrad no_grad;
    leaf.write<double>([&](auto elements) { elements[element] = value; });
  }

  /// True when this is the worst entry so far.
  bool compare(double analytic, double numeric) {
    double error = 0;
    if (analytic != numeric && !(std::isnan(analytic) && std::isnan(numeric))) {
      error = std::abs(analytic - numeric) / (std::abs(numeric) + options_.atol / options_.rtol);
      if (std::isnan(error)) error = std::numeric_limits<double>::infinity();
    }
    if (error > options_.rtol) result_.ok = false;
    if (result_.entries++ > 0 && error <= result_.worst_error) return false;
    result_.worst_error = error;
    result_.analytic = analytic;
    result_.numeric = numeric;
    return true;
  }

  void problem(std::string text) {
    result_.ok = false;
    if (result_.problem.empty()) result_.problem = std::move(text);
  }

  const char* name_;
  const Function& f_;
  const GradcheckOptions& options_;
  Generator generator_;
  std::vector<Tensor> arguments_;  // what `f` is called with
  std::vector<std::uint32_t> versions_;
  Leaves leaves_;  // those arguments that require gradients
  GradcheckResult result_;
};

/// `f` as a function of a list.
Function of_list(const std::function<Tensor(const Tensor&)>& f) {
  return [&f](const std::vector<Tensor>& inputs) { return f(inputs.front()); };
}

}  // namespace

std::string GradcheckResult::message() const {
  std::string text = ok ? "" : "wrong gradient: ";
  if (!problem.empty()) text += problem + "; ";
  text += fmt::format("{} derivatives of order {} compared", entries, order);
  if (entries == 0) return text;
  const std::string varied = input < 0 ? "the cotangent" : fmt::format("input {}", input);
  return text +
         fmt::format(
             ", the worst: d output {} / d {} {} is {:.12g} on the tape and {:.12g} +- {:.0e} "
             "by differences; error {:.1e}, up to {:.0e} passes",
             output, varied, Shape(index), analytic, numeric, uncertainty, worst_error, rtol);
}

GradcheckResult gradcheck(const Function& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options) {
  const EnableGrad enable_grad;
  GradcheckResult first = Check("gradcheck", f, inputs, options).first_order();
  if (!first || !options.second_order) return first;
  const GradcheckResult second = gradgradcheck(f, inputs, options);
  return !second || second.worst_error > first.worst_error ? second : first;
}

GradcheckResult gradcheck(const std::function<Tensor(const Tensor&)>& f, const Tensor& input,
                          const GradcheckOptions& options) {
  return gradcheck(of_list(f), std::vector<Tensor>{input}, options);
}

GradcheckResult gradgradcheck(const Function& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options) {
  const EnableGrad enable_grad;
  return Check("gradgradcheck", f, inputs, options).second_order();
}

GradcheckResult gradgradcheck(const std::function<Tensor(const Tensor&)>& f, const Tensor& input,
                              const GradcheckOptions& options) {
  return gradgradcheck(of_list(f), std::vector<Tensor>{input}, options);
}

}  // namespace tapegrad
