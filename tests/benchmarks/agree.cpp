#include "tests/benchmarks/agree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bench {

namespace {

double norm(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

/// Calls `compare` for each pair of arrays of the same shape, with their index.
template <class F>
void for_pairs(const std::string& what, const std::vector<Array>& a, const std::vector<Array>& b,
               F&& compare) {
  if (a.size() != b.size())
    throw Disagreement(fmt::format("{}: {} results against {}", what, a.size(), b.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i].values.size() != b[i].values.size())
      throw Disagreement(fmt::format("{}: result {} has {} elements against {}", what, i,
                                     a[i].values.size(), b[i].values.size()));
    compare(i, a[i].values, b[i].values);
  }
}

}  // namespace

void expect_close(const std::string& what, const std::vector<Array>& a, const std::vector<Array>& b,
                  double rtol) {
  for_pairs(what, a, b, [&](std::size_t index, const auto& x, const auto& y) {
    const double typical = norm(y) / std::sqrt(std::max<double>(1, static_cast<double>(y.size())));
    for (std::size_t i = 0; i < x.size(); ++i)
      if (!(std::abs(x[i] - y[i]) <= rtol * std::max(std::abs(y[i]), typical)))
        throw Disagreement(fmt::format("{}: element {} of result {} is {} against libtorch's {}",
                                       what, i, index, x[i], y[i]));
  });
}

void expect_near(const std::string& what, const std::vector<Array>& a, const std::vector<Array>& b,
                 double rtol) {
  for_pairs(what, a, b, [&](std::size_t index, const auto& x, const auto& y) {
    std::vector<double> difference(x);
    for (std::size_t i = 0; i < x.size(); ++i) difference[i] -= y[i];
    if (!(norm(difference) <= rtol * norm(y)))
      throw Disagreement(fmt::format("{}: result {} differs from libtorch's by {:.2g} of its norm",
                                     what, index, norm(difference) / norm(y)));
  });
}

}  // namespace bench
