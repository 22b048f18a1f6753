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
    // The differences along the elements [first, last) of the direction.
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
        compare({input, input_text(input), {}}, i, dot(part_of(analytic, i * n, 0, n), v),
                numeric.value[i], numeric.uncertainty[i], error);
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
  const Shape index = unravel_index(static_cast<std::int64_t>(element), leaf.shape());
  std::vector<double> column;
  for (std::size_t i = 0; i < rows; ++i) column.push_back(analytic[i * elements + element]);
  judge({input, input_text(input), {index.begin(), index.end()}}, at, original, column);
  set_value(leaf, element, original);
}

/// Compares the derivatives of `at` at `x` with `analytic`, row by row; one that differs may lie at
/// a kink.
void FunctionCheck::judge(const Place& place, const Function& at, double x,
                          std::span<const double> analytic) {
  const Differences numeric =
      differentiate(at, x, analytic.size(), options_.step, options_.rtol, options_.atol);
  std::vector<Slopes> slopes;
  for (std::size_t i = 0; i < analytic.size(); ++i) {
    const double error = error_of(analytic[i], numeric.value[i], std::abs(numeric.value[i]));
    if (error > options_.rtol) {
      if (slopes.empty()) slopes = one_sided_slopes(at, x, analytic.size(), options_.step);
      if (slopes[i].allow(analytic[i], options_.rtol, options_.atol)) {
        if (result_.kinks++ == 0)
          result_.first_kink =
              fmt::format("{} {}, slopes {:.6g} and {:.6g}, {:.6g} on the tape", place.name,
                          Shape(place.index), slopes[i].left, slopes[i].right, analytic[i]);
        continue;
      }
    }
    compare(place, i, analytic[i], numeric.value[i], numeric.uncertainty[i], error);
  }
}

/// Counts an entry, and remembers the worst.
void FunctionCheck::compare(const Place& place, std::size_t row, double analytic, double numeric,
                            double uncertainty, double error) {
  if (error > options_.rtol) result_.ok = false;
  if (result_.entries++ > 0 && error <= result_.worst_error) return;
  result_.worst_error = error;
  result_.analytic = analytic;
  result_.numeric = numeric;
  result_.uncertainty = uncertainty;
  result_.input = place.input;
  result_.input_name = place.name;
  result_.index = place.index;
  result_.output = static_cast<std::int64_t>(row);
}

}  // namespace tapegrad::detail
