#pragma once

/// @file
/// What is measured of each example beside the loss.
///
///     nn::Metric right{"accuracy", nn::correct};
///     nn::Metric close{"within 0.1", [](const tg::Tensor& outputs, const tg::Tensor& targets) {
///                        return (tg::abs(outputs - targets) < 0.1).flatten();
///                      }};

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"
#include "nn/metrics/metrics.h"
#include "nn/train/history.h"

namespace tapegrad::nn {

/// @addtogroup training
/// @{

/// @cond
namespace detail {
/// True, or does not compile: a loss or metric may return `Result`. (A number would become a tensor,
/// too, but one without a history.)
template <class Result>
consteval bool gives_tensor() {
  constexpr bool number = std::is_arithmetic_v<std::remove_cvref_t<Result>>;
  static_assert(!number,
                "a loss or metric returns a Tensor, not a number: a loss without item(), and "
                "nn::correct in place of nn::accuracy");
  static_assert(number || std::convertible_to<Result, Tensor>, "a loss or metric returns a Tensor");
  return !number && std::convertible_to<Result, Tensor>;
}
}  // namespace detail
/// @endcond

/// A function of a model's outputs and the targets of a batch: a loss or a metric. Made implicitly,
/// of anything that can be called so, and of a function of the library whose last argument are
/// options, which then has its defaults: `nn::cross_entropy`, `nn::mse_loss`.
class BatchFunction {
 public:
  /// Takes a function over.
  template <class F>
  requires(!std::same_as<F, BatchFunction> && std::is_class_v<F>) BatchFunction(F function) {
    constexpr bool called = std::invocable<const F&, const Tensor&, const Tensor&>;
    static_assert(called,
                  "a loss or metric is called with outputs and targets: [](const Tensor& outputs, "
                  "const Tensor& targets)");
    if constexpr (called) {
      using Result = std::invoke_result_t<const F&, const Tensor&, const Tensor&>;
      constexpr bool returns = detail::gives_tensor<Result>();
      if constexpr (returns) function_ = std::move(function);
    }
  }
  /// Refused with a sentence: a function that returns something else.
  template <class Result, class... Options>
  requires(!std::same_as<std::remove_cvref_t<Result>, Tensor>)
      BatchFunction(Result (*)(const Tensor&, const Tensor&, Options...)) {
    detail::gives_tensor<Result>();
  }
  /// Refers to a function.
  BatchFunction(Tensor (*function)(const Tensor& outputs, const Tensor& targets))
      : function_(function) {}
  /// Refers to a function, which gets the options' defaults.
  template <class Options>
  BatchFunction(Tensor (*function)(const Tensor& outputs, const Tensor& targets,
                                   const Options& options))
      : function_([function](const Tensor& outputs, const Tensor& targets) {
          return function(outputs, targets, Options{});
        }) {}

  /// Calls it.
  Tensor operator()(const Tensor& outputs, const Tensor& targets) const {
    return function_(outputs, targets);
  }

 private:
  std::function<Tensor(const Tensor&, const Tensor&)> function_;
};

/// Something to be known of each example, whose mean is shown.
///
///     {.name = "accuracy", .of_examples = nn::correct}
///     {.name = "distance", .of_examples = [](const Tensor& outputs, const Tensor& targets) {
///        return tg::mean(tg::abs(outputs - targets), 1); }}
struct Metric {
  std::string name;  ///< in tables, such as "accuracy"; not "loss", which is there anyway
  /// Returns a number for each example, a row `[N]`: of type bool for what holds or does not. The mean of
  /// these has the 95 % interval of a share (`wilson_interval`), that of others mean +- 1.96 s /
  /// sqrt(N), with s the standard deviation of the examples.
  BatchFunction of_examples;
};

/// @cond
namespace detail {

/// The number that a loss is. Errors: `ValueError` unless it is one.
double checked_loss(const char* user, const Tensor& loss);

/// The sums of which a `Score` is made, batch after batch.
class ScoreSums {
 public:
  explicit ScoreSums(const std::vector<Metric>& metrics) : metrics_(&metrics) { clear(); }

  void clear();
  /// `loss` is the mean over `examples`. Errors: those of the metrics; `ShapeError` for what one
  /// returns.
  void add(const Tensor& outputs, const Tensor& targets, double loss, std::int64_t examples);
  std::int64_t examples() const noexcept { return static_cast<std::int64_t>(sums_[0]); }
  double loss() const noexcept { return sums_[1] / sums_[0]; }
  Score score() const;
  /// What `set` takes back: a list of numbers, float64.
  Tensor state() const;
  /// Errors: `ValueError` for a list of another length.
  void set(const Tensor& state);

 private:
  static constexpr std::size_t kEach =
      4;  // of a metric: number, sum, squares, whether not all bool

  const std::vector<Metric>* metrics_;
  std::vector<double> sums_;  // examples, sum of losses, and of each metric
};

}  // namespace detail
/// @endcond

/// @}

}  // namespace tapegrad::nn
