// Reductions that are made of several tiles: each against plain sums of double, along every
// dimension, and with the same bits for any number of threads.

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/base/threads/tile.h"
#include "tests/catch.h"
#include "tests/point_gradients.h"

namespace tg = tapegrad;
using point_gradients::values_of;
using tg::Tensor;

namespace {

struct Reduction {
  const char* name;
  std::function<Tensor(const Tensor&, const tg::Dims&)> f;
  /// That of some numbers, and its derivatives by each of them.
  std::function<double(const std::vector<double>&)> value;
  std::function<double(const std::vector<double>&, double y, std::size_t)> slope;
};

double total(const std::vector<double>& x) {
  double sum = 0;
  for (const double each : x) sum += each;
  return sum;
}
double variance(const std::vector<double>& x) {
  const double middle = total(x) / static_cast<double>(x.size());
  double sum = 0;
  for (const double each : x) sum += (each - middle) * (each - middle);
  return sum / static_cast<double>(x.size() - 1);
}
double log_of_exp(const std::vector<double>& x) {
  double sum = 0;
  for (const double each : x) sum += std::exp(each);
  return std::log(sum);
}

const std::vector<Reduction>& reductions() {
  using Numbers = std::vector<double>;
  static const std::vector<Reduction> all{
      {"sum", [](const Tensor& x, const tg::Dims& dims) { return tg::sum(x, dims); }, total,
       [](const Numbers&, double, std::size_t) { return 1.0; }},
      {"mean", [](const Tensor& x, const tg::Dims& dims) { return tg::mean(x, dims); },
       [](const Numbers& x) { return total(x) / static_cast<double>(x.size()); },
       [](const Numbers& x, double, std::size_t) { return 1 / static_cast<double>(x.size()); }},
      {"prod", [](const Tensor& x, const tg::Dims& dims) { return tg::prod(1 + x * 1e-4, dims); },
       [](const Numbers& x) {
         double product = 1;
         for (const double each : x) product *= 1 + each * 1e-4;
         return product;
       },
       [](const Numbers& x, double y, std::size_t i) { return 1e-4 * y / (1 + x[i] * 1e-4); }},
      {"amax", [](const Tensor& x, const tg::Dims& dims) { return tg::amax(x, dims); },
       [](const Numbers& x) { return *std::max_element(x.begin(), x.end()); },
       [](const Numbers& x, double y, std::size_t i) { return x[i] == y ? 1.0 : 0.0; }},
      {"amin", [](const Tensor& x, const tg::Dims& dims) { return tg::amin(x, dims); },
       [](const Numbers& x) { return *std::min_element(x.begin(), x.end()); },
       [](const Numbers& x, double y, std::size_t i) { return x[i] == y ? 1.0 : 0.0; }},
      {"var", [](const Tensor& x, const tg::Dims& dims) { return tg::var(x, dims); }, variance,
       [](const Numbers& x, double, std::size_t i) {
         return 2 * (x[i] - total(x) / static_cast<double>(x.size())) /
                static_cast<double>(x.size() - 1);
       }},
      {"logsumexp", [](const Tensor& x, const tg::Dims& dims) { return tg::logsumexp(x, dims); },
       log_of_exp, [](const Numbers& x, double y, std::size_t i) { return std::exp(x[i] - y); }},
  };
  return all;
}

/// The numbers of `x` that make result `r`, where dimension 1 of [outer, n, inner] is reduced.
std::vector<double> column(const std::vector<double>& x, std::int64_t n, std::int64_t inner,
                           std::int64_t r) {
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < n; ++i)
    numbers.push_back(x[static_cast<std::size_t>((r / inner * n + i) * inner + r % inner)]);
  return numbers;
}

}  // namespace

TEST_CASE("long reductions are right along every dimension, at any number of threads",
          "[threads]") {
  const int before = tg::num_threads();
  tg::manual_seed(5);
  using tg::kernels::tile_size;
  const std::int64_t longest = tile_size(100'003, 6'251), n = tile_size(40'009, 2'503);
  const tg::Shape shapes[] = {{1, longest, 1},
                              {3, n, 1},
                              {1, n, 3},
                              {2, tile_size(9'973, 701), 5},
                              {1, tile_size(701, 131), 67},
                              {n, 2, 1}};
  for (const Reduction& reduction : reductions()) {
    for (const tg::Shape& shape : shapes) {
      CAPTURE(reduction.name, to_string(shape));
      const Tensor x = tg::randn(shape, tg::float64);
      const auto run = [&](int threads) {
        tg::set_num_threads(threads);
        const Tensor leaf = x.detach().clone().requires_grad_();
        const Tensor y = reduction.f(leaf, {1});
        tg::sum(y).backward();
        return std::pair(values_of(y), values_of(leaf.grad()));
      };
      const auto one = run(1);
      const std::vector<double> numbers = values_of(x);
      double worst = 0;
      for (std::int64_t r = 0; r < shape[0] * shape[2]; ++r) {
        const std::vector<double> own = column(numbers, shape[1], shape[2], r);
        const double y = reduction.value(own);
        worst = std::max(worst, std::abs(one.first[static_cast<std::size_t>(r)] - y) /
                                    std::max(1.0, std::abs(y)));
        const std::vector<double> gradient = column(one.second, shape[1], shape[2], r);
        for (std::size_t i = 0; i<own.size(); i += own.size()> 1000 ? 997 : 1)
          worst = std::max(worst, std::abs(gradient[i] - reduction.slope(own, y, i)));
      }
      CHECK(worst < 1e-9);
      for (const int threads : {2, 3, 5}) CHECK(run(threads) == one);
    }
  }
  tg::set_num_threads(before);
}
