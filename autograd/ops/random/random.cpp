#include "autograd/ops/random/random.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/base/fail.h"
#include "autograd/kernels/random/random.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/redraw.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

namespace {

/// Throws unless all elements of `x` are in [0, most], whose name is `range`.
void require_at_least_zero(const Tensor& given, double most, const char* range, const char* what,
                           const char* name) {
  const Tensor x = detail::all_entries(given);
  visit_floating(x.dtype(), [&]<class T>(T) {
    const detail::Fault fault = detail::launch(
        "require_at_least_zero",
        [](const T* value, std::int64_t n, double largest) {
          const T* const bad = std::find_if_not(
              value, value + n, [largest](T each) { return each >= 0 && each <= largest; });
          return detail::Fault{bad == value + n ? -1 : bad - value, 0};
        },
        detail::in<T>(x), x.numel(), most);
    if (fault.at < 0) return;
    fail<ValueError>("{}: {} {} is {}; it must be {}", name, what, fault.at,
                     x.data<T>()[static_cast<std::size_t>(fault.at)], range);
  });
}

/// Throws unless each row of `weights` has `needed` that are not 0.
void require_enough(const Tensor& weights, std::int64_t rows, std::int64_t needed) {
  const detail::Fault fault = detail::launch(
      "require_enough",
      [](const double* weight, std::int64_t count, std::int64_t n, std::int64_t least) {
        for (std::int64_t r = 0; r < count; ++r, weight += n) {
          const std::int64_t found =
              std::count_if(weight, weight + n, [](double each) { return each > 0; });
          if (found < least) return detail::Fault{r, found};
        }
        return detail::Fault{-1, 0};
      },
      detail::in<double>(weights), rows, weights.shape().back(), needed);
  if (fault.at < 0) return;
  if (fault.value == 0)
    fail<ValueError>("multinomial: row {} of shape {} has no weight above 0: nothing can be drawn",
                     fault.at, weights.shape());
  fail<ValueError>(
      "multinomial: {} samples without replacement, but row {} of shape {} has {} weights above 0; "
      "draw fewer, or with replacement",
      needed, fault.at, weights.shape(), fault.value);
}

}  // namespace

Tensor normal(const Tensor& mean, const Tensor& std, Generator& generator) {
  detail::require_defined(mean, std, "normal");
  const DType dtype = detail::result_type({&mean, &std});
  detail::require_floating(dtype, "normal");
  const Shape shape = detail::broadcast(mean.shape(), std.shape(), "normal");
  const Tensor deviation = std.detach().to(dtype);
  require_at_least_zero(deviation, INFINITY, "0 or above", "the standard deviation of element",
                        "normal");
  detail::Redraw redraw{generator};
  Tensor result = randn(shape, dtype, generator) * deviation + mean.detach().to(dtype);
  redraw.done = true;
  return result;
}

Tensor bernoulli(const Tensor& p, Generator& generator) {
  detail::require_floating(p, "bernoulli");
  require_at_least_zero(p, 1, "a probability, in [0, 1]", "p of element", "bernoulli");
  detail::Redraw redraw{generator};
  // Below 1, in steps that are finer than those of float32.
  Tensor result = (rand(p.shape(), float64, generator) < p.detach().to(float64)).to(p.dtype());
  redraw.done = true;
  return result;
}

Tensor poisson(const Tensor& rates, Generator& generator) {
  detail::require_floating(rates, "poisson");
  require_at_least_zero(rates, std::numeric_limits<double>::max(), "finite, and 0 or above",
                        "the rate of element", "poisson");
  const Tensor given = rates.detach();
  const Tensor result = detail::allocate("poisson", rates.shape(), rates.dtype());
  detail::announce_host_state("generator", static_cast<double>(generator.position()));
  visit_floating(rates.dtype(), [&]<class T>(T) {
    const detail::Drawn drawn = detail::launch(
        "poisson",
        [](const T* rate, T* to, std::int64_t n, kernels::RandomPosition at) {
          return detail::Drawn{kernels::fill_poisson(rate, to, n, at)};
        },
        detail::in<T>(given), detail::out<T>(result), result.numel(),
        kernels::RandomPosition{generator.seed(), generator.position(), generator.stream()});
    generator.take(drawn.blocks);
  });
  return result;
}

Tensor multinomial(const Tensor& input, Integer num_samples, Flag replacement,
                   Generator& generator) {
  detail::require_floating(input, "multinomial");
  if (input.dim() != 1 && input.dim() != 2)
    fail<ShapeError>("multinomial: the weights must be a vector or rows, [n] or [rows, n], not {}",
                     input.shape());
  if (num_samples < 1)
    fail<ValueError>("multinomial: num_samples is {}; it must be at least 1",
                     std::int64_t{num_samples});
  const std::int64_t rows = input.dim() == 1 ? 1 : input.size(0);
  require_at_least_zero(input, std::numeric_limits<double>::max(), "finite, and 0 or above",
                        "the weight of element", "multinomial");
  const Tensor weights = input.detach().to(float64);
  require_enough(weights, rows, replacement ? 1 : std::int64_t{num_samples});
  const Shape shape = input.shape().with_size(-1, num_samples);
  if (rows == 0) return zeros(shape, int64);
  detail::Redraw redraw{generator};
  Tensor result;
  if (replacement) {
    // Where a number in [0, sum) falls among the running sums.
    const Tensor sums = cumsum(weights / amax(weights, -1, true), -1);
    const Tensor all = narrow(sums, -1, weights.size(-1) - 1, 1);
    result = searchsorted(sums, rand(shape, float64, generator) * all, true);
  } else {
    // The first of events that come as often as the weights say.
    Tensor times = detail::allocate("multinomial", weights.shape(), float64);
    exponential_(times, 1, generator);
    const Tensor rates = weights / amax(weights, -1, true);  // neither huge nor tiny
    result = topk(where(weights > 0, rates / times, -1), num_samples, -1).indices;
  }
  redraw.done = true;
  return result;
}

}  // namespace tapegrad
