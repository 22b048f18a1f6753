#include <fmt/format.h>

#include <cmath>
#include <span>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/check/differences.h"
#include "autograd/check/function_check.h"
#include "autograd/check/numbers.h"

// How a function is varied: element by element, or along directions.

namespace tapegrad::detail {

/// Compares the differences of `evaluate()`, for every element of `leaf` or along directions, with
/// `analytic`.
void FunctionCheck::vary(Tensor leaf, int input, const Evaluate& evaluate, std::size_t rows,
                         const std::vector<double>& analytic) {
  const std::vector<double> original = values_of(leaf);
  const std::size_t n = original.size();
  if (small(leaf.numel())) {
    for (std::size_t j = 0; j < n; ++j) vary_element(leaf, input, j, evaluate, rows, analytic, n);
    return;
  }
  for (int direction = 0; direction < options_.directions; ++direction) {
    const std::vector<double> v = values_of(random_weights(leaf.shape(), generator_));
    const auto part_of = [](const std::vector<double>& all, std::size_t from, std::size_t first,
                            std::size_t last) {
      return std::span(all).subspan(from + first, last - first);
    };
    /// The differences along the elements [first, last) of the direction.
    const auto along = [&](std::size_t first, std::size_t last) {
      const auto at = [&](double t) {
        std::vector<double> moved = original;
        for (std::size_t j = first; j < last; ++j) moved[j] += t * v[j];
        set_values(leaf, moved);
        return evaluate();
      };
      Differences numeric = differentiate(at, 0, rows, options_.step, options_.rtol, options_.atol);
      set_values(leaf, original);
      return numeric;
    };
    const auto error_along = [&](std::size_t row, std::size_t first, std::size_t last,
                                 double numeric) {
      const auto jacobian = part_of(analytic, row * n, first, last),
                 by = part_of(v, 0, first, last);
      return error_of(dot(jacobian, by), numeric, size_of_products(jacobian, by));
    };
    const Differences numeric = along(0, n);
    for (std::size_t i = 0; i < rows; ++i) {
      const double error = error_along(i, 0, n, numeric.value[i]);
      if (error <= options_.rtol) {
        if (!compare(dot(part_of(analytic, i * n, 0, n), v), numeric.value[i], error)) continue;
        result_.uncertainty = numeric.uncertainty[i];
        result_.input = input;
        result_.input_name = input_text(input);
        result_.index.clear();
        result_.output = static_cast<std::int64_t>(i);
        continue;
      }
      // The place, by halves.
      std::size_t first = 0, last = n;
      while (last - first > 1) {
        const std::size_t middle = first + (last - first) / 2;
        const double left = error_along(i, first, middle, along(first, middle).value[i]);
        (left > options_.rtol ? last : first) = middle;
      }
      const bool before = std::exchange(result_.ok, true);
      vary_element(leaf, input, first, evaluate, rows, analytic, n);
      if (result_.ok) {  // right by itself: along the way are kinks
        ++result_.kinks;
        if (result_.first_kink.empty())
          result_.first_kink = "along a random direction of " + input_text(input);
      }
      result_.ok = result_.ok && before;
    }
  }
}

void FunctionCheck::vary_element(Tensor& leaf, int input, std::size_t element,
                                 const Evaluate& evaluate, std::size_t rows,
                                 const std::vector<double>& analytic, std::size_t elements) {
  const double original = leaf.data<double>()[element];
  const auto at = [&](double x) {
    set_value(leaf, element, x);
    std::vector<double> values = evaluate();
    if (values.size() != rows)
      fail<ShapeError>("{}: the function returned {} elements for one input and {} for another",
                       name_, rows, values.size());
    return values;
  };
  const auto place = [&] {
    return unravel_index(static_cast<std::int64_t>(element), leaf.shape());
  };
  const Differences numeric =
      differentiate(at, original, rows, options_.step, options_.rtol, options_.atol);
  std::vector<Slopes> slopes;
  for (std::size_t i = 0; i < rows; ++i) {
    const double found = analytic[i * elements + element];
    const double error = error_of(found, numeric.value[i], std::abs(numeric.value[i]));
    if (error > options_.rtol) {
      if (slopes.empty()) slopes = one_sided_slopes(at, original, rows, options_.step);
      if (slopes[i].allow(found, options_.rtol, options_.atol)) {
        if (result_.kinks++ == 0)
          result_.first_kink =
              fmt::format("{} {}, slopes {:.6g} and {:.6g}, {:.6g} on the tape", input_text(input),
                          place(), slopes[i].left, slopes[i].right, found);
        continue;
      }
    }
    if (!compare(found, numeric.value[i], error)) continue;
    result_.uncertainty = numeric.uncertainty[i];
    result_.input = input;
    result_.input_name = input_text(input);
    const Shape index = place();
    result_.index.assign(index.begin(), index.end());
    result_.output = static_cast<std::int64_t>(i);
  }
  set_value(leaf, element, original);
}

}  // namespace tapegrad::detail
