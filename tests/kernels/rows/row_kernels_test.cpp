#include <algorithm>
#include <cmath>

#include "autograd/kernels/rows/layer_norm.h"
#include "autograd/kernels/rows/row_functions.h"
#include "tests/catch.h"
#include "tests/kernels/row_numbers.h"

using namespace tapegrad::kernels;
using namespace row_numbers;

TEMPLATE_TEST_CASE("softmax, log_softmax and their rules match their definitions", "[simd]", float,
                   double) {
  using T = TestType;
  constexpr Int rows = 70;  // more than one group of rows
  for (const Int n : kLengths) {
    CAPTURE(n);
    const Array<T> x = numbers<T>(rows * n, 0.1, 8), g = numbers<T>(rows * n, 2.2);
    const std::size_t count = x.size();
    Array<T> y(count), log_y(count), gx(count), log_gx(count);
    softmax<Arch, T>(x.data(), y.data(), rows, n);
    softmax_rule<Arch, T>(g.data(), y.data(), gx.data(), rows, n);
    log_softmax<Arch, T>(x.data(), log_y.data(), rows, n);
    log_softmax_rule<Arch, T>(g.data(), log_y.data(), log_gx.data(), rows, n);
    Array<Exact> p(count), log_p(count), gp(count), log_gp(count), total(rows, 0);
    for (Int r = 0; r < rows; ++r) {
      Exact dot = 0, sum = 0;
      for (Int i = r * n; i < (r + 1) * n; ++i) total[index(r)] += std::exp(Exact(x[index(i)]));
      for (Int i = r * n; i < (r + 1) * n; ++i) {
        p[index(i)] = std::exp(Exact(x[index(i)])) / total[index(r)];
        log_p[index(i)] = std::log(p[index(i)]);
        dot += g[index(i)] * p[index(i)];
        sum += g[index(i)];
      }
      for (Int i = r * n; i < (r + 1) * n; ++i) {
        gp[index(i)] = p[index(i)] * (g[index(i)] - dot);
        log_gp[index(i)] = g[index(i)] - p[index(i)] * sum;
      }
    }
    CHECK(difference(y, p) < kTolerance<T>);
    CHECK(difference(log_y, log_p) < kTolerance<T>);
    CHECK(difference(gx, gp) < 3 * kTolerance<T>);
    CHECK(difference(log_gx, log_gp) < 30 * kTolerance<T>);
  }
}

TEMPLATE_TEST_CASE("softmax and its relatives have their limits at infinities", "[simd]", float,
                   double) {
  using T = TestType;
  const auto of = [](auto function, Array<T> row) {
    function(row);
    return row;
  };
  const auto softmax_ = [](Array<T>& row) {
    softmax<Arch, T>(row.data(), row.data(), 1, static_cast<Int>(row.size()));
  };
  const auto log_softmax_ = [](Array<T>& row) {
    log_softmax<Arch, T>(row.data(), row.data(), 1, static_cast<Int>(row.size()));
  };
  CHECK(of(softmax_, {-kInf<T>, 0}) == Array<T>{0, 1});
  CHECK(std::isnan(of(softmax_, {-kInf<T>, -kInf<T>})[0]));
  CHECK(of(log_softmax_, {0, 1000}) == Array<T>{-1000, 0});
  CHECK(of(log_softmax_, {-kInf<T>, 0}) == Array<T>{-kInf<T>, 0});
}

TEMPLATE_TEST_CASE("cross_entropy is log_softmax at the target, and so are its rules", "[simd]",
                   float, double) {
  using T = TestType;
  constexpr Int rows = 70;
  for (const Int n : kLengths) {
    CAPTURE(n);
    const Array<T> x = numbers<T>(rows * n, 0.1, 8);
    const Array<T> scale = numbers<T>(rows, 1.3);
    Array<Int> target(rows);
    for (Int r = 0; r < rows; ++r) target[index(r)] = r % 7 == 6 ? -100 : (r * 5) % n;
    const Array<T> t = numbers<T>(rows * n, 0.7);
    Array<T> loss(rows), shift(rows), sum(rows), gx(x.size()), along(rows, T(7));
    cross_entropy<Arch, T>(x.data(), target.data(), loss.data(), shift.data(), sum.data(), rows, n);
    cross_entropy_rule<Arch, T>(x.data(), shift.data(), sum.data(), target.data(), scale.data(), 1,
                                gx.data(), rows, n);
    cross_entropy_tangent<Arch, T>(x.data(), shift.data(), sum.data(), target.data(), t.data(),
                                   along.data(), rows, n);
    Array<Exact> exact(rows, 0), exact_gx(x.size(), 0), exact_along(rows, 0);
    for (Int r = 0; r < rows; ++r) {
      if (target[index(r)] < 0) continue;
      Exact total = 0;
      for (Int i = 0; i < n; ++i) total += std::exp(Exact(x[index(r * n + i)]));
      exact[index(r)] = std::log(total) - x[index(r * n + target[index(r)])];
      for (Int i = 0; i < n; ++i) {
        const Exact p = std::exp(Exact(x[index(r * n + i)])) / total;
        exact_gx[index(r * n + i)] = scale[index(r)] * (p - (i == target[index(r)] ? 1 : 0));
        exact_along[index(r)] +=
            p * (Exact(t[index(r * n + i)]) - t[index(r * n + target[index(r)])]);
      }
    }
    CHECK(difference(loss, exact) < kTolerance<T>);
    CHECK(difference(gx, exact_gx) < 3 * kTolerance<T>);
    CHECK(difference(along, exact_along) < 3 * kTolerance<T>);
  }
}

TEMPLATE_TEST_CASE("cross_entropy keeps the digits of a small loss beside large logits", "[simd]",
                   float, double) {
  using T = TestType;
  const T x[2] = {T(1000), T(996)};
  const Int target = 0;
  T loss, shift, sum;
  cross_entropy<Arch, T>(x, &target, &loss, &shift, &sum, 1, 2);
  CHECK(loss == Approx(std::log1p(std::exp(-4.0))).epsilon(4 * kTolerance<T>));
}

TEMPLATE_TEST_CASE("cross_entropy has its limits at infinite logits", "[simd]", float, double) {
  using T = TestType;
  const auto check = [](Array<T> x, Int target, T loss_is, const Array<T>& gx_is) {
    T loss, shift, sum, along;
    const T one = 1, t[2] = {3, 5};
    cross_entropy<Arch, T>(x.data(), &target, &loss, &shift, &sum, 1, 2);
    cross_entropy_tangent<Arch, T>(x.data(), &shift, &sum, &target, t, &along, 1, 2);
    CHECK(along == gx_is[0] * t[0] + gx_is[1] * t[1]);
    cross_entropy_rule<Arch, T>(x.data(), &shift, &sum, &target, &one, 0, x.data(), 1, 2);
    CHECK(loss == loss_is);
    CHECK(x == gx_is);
  };
  check({0, 1000}, 0, 1000, {-1, 1});
  check({-kInf<T>, 0}, 0, kInf<T>, {-1, 1});
  check({-kInf<T>, 0}, 1, 0, {0, 0});
}

TEMPLATE_TEST_CASE("layer_norm and its rules match their definitions", "[simd]", float, double) {
  using T = TestType;
  constexpr Int rows = 5;
  const double eps = 1e-5;
  for (const Int n : kLengths) {
    for (const bool affine : {false, true}) {
      CAPTURE(n, affine);
      const Array<T> x = numbers<T>(rows * n, 0.1), g = numbers<T>(rows * n, 2.2);
      const Array<T> weight = numbers<T>(n, 0.4), bias = numbers<T>(n, 1.5);
      const T* w = affine ? weight.data() : nullptr;
      const T* b = affine ? bias.data() : nullptr;
      Array<T> out(x.size()), gx(x.size()), center(rows), offset(rows), rstd(rows);
      Array<T> dweight(index(n), T(1));
      layer_norm<Arch, T>(x.data(), w, b, T(eps), out.data(), center.data(), offset.data(),
                          rstd.data(), rows, n);
      layer_norm_rule<Arch, T>(g.data(), x.data(), center.data(), offset.data(), rstd.data(), w,
                               gx.data(), rows, n);
      layer_norm_sums<Arch, T>(g.data(), x.data(), center.data(), offset.data(), rstd.data(),
                               dweight.data(), rows, n);
      Array<Exact> y(x.size()), dx(x.size()), dw(index(n), 1);
      double largest_scale = 1;
      for (Int r = 0; r < rows; ++r) {
        const auto at = [&](const Array<T>& array, Int i) -> Exact {
          return array[index(r * n + i)];
        };
        const auto h = [&](Int i) { return at(g, i) * (affine ? Exact(weight[index(i)]) : 1); };
        Exact mu = 0, variance = 0, mean_h = 0, mean_hz = 0;
        for (Int i = 0; i < n; ++i) mu += at(x, i) / n;
        for (Int i = 0; i < n; ++i) variance += (at(x, i) - mu) * (at(x, i) - mu) / n;
        const Exact scale = 1 / std::sqrt(variance + T(eps));
        largest_scale = std::max(largest_scale, static_cast<double>(scale));
        const auto z = [&](Int i) { return (at(x, i) - mu) * scale; };
        for (Int i = 0; i < n; ++i) {
          mean_h += h(i) / n;
          mean_hz += h(i) * z(i) / n;
        }
        for (Int i = 0; i < n; ++i) {
          y[index(r * n + i)] =
              z(i) * (affine ? Exact(weight[index(i)]) : 1) + (affine ? Exact(bias[index(i)]) : 0);
          dx[index(r * n + i)] = scale * (h(i) - mean_h - z(i) * mean_hz);
          dw[index(i)] += at(g, i) * z(i);
        }
      }
      // The scale enlarges the rounding of x - mean and of h - mean(h); one element has 1 /
      // sqrt(eps).
      const double tolerance = 10 * kTolerance<T>;
      CHECK(difference(out, y) < tolerance * largest_scale);
      CHECK(difference(gx, dx) < tolerance * largest_scale);
      CHECK(difference(dweight, dw) < tolerance * largest_scale);
    }
  }
}
