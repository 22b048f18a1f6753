#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "autograd/kernels/map/map.h"
#include "tests/catch.h"

using namespace tapegrad::kernels;

namespace {

using Arch = xsimd::default_arch;

constexpr auto weigh = [](auto a, auto b, auto c) { return a * tanh(b) + c * (1 - a); };

/// The same formula for one element, through a whole vector of it.
template <class T>
T weigh_one(T a, T b, T c) {
  using V = Vec<T, Arch>;
  return weigh(V(a), V(b), V(c)).first();
}

template <class T>
std::vector<T> numbers(std::int64_t count, int seed) {
  std::vector<T> all(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<T>(std::sin(0.7 * static_cast<double>(i) + seed));
  return all;
}

}  // namespace

TEMPLATE_TEST_CASE("map gives the same bits at every place of a row, for all strides", "[simd]",
                   float, double) {
  using T = TestType;
  constexpr std::int64_t outer = 3;
  for (const std::int64_t inner : {0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 64, 70}) {
    for (int pattern = 0; pattern < 27; ++pattern) {
      // Each operand: dense, one row for all, or one number per row.
      Operand operands[3];
      std::vector<T> data[3];
      for (int k = 0, p = pattern; k < 3; ++k, p /= 3) {
        const std::int64_t strides[3][2] = {{1, inner}, {1, 0}, {0, 1}};
        const auto [in, out] = strides[p % 3];
        data[k] =
            numbers<T>(std::max<std::int64_t>(1, (outer - 1) * out + (inner - 1) * in + 1), k);
        operands[k] = {data[k].data(), in, out};
      }
      std::vector<T> result(static_cast<std::size_t>(outer * inner + 1), T(7));
      map<Arch, T, 3>(weigh, operands, result.data(), outer, inner);
      bool same = true;
      for (std::int64_t o = 0; o < outer; ++o) {
        for (std::int64_t i = 0; i < inner; ++i) {
          const auto at = [&](int k) {
            return data[k][static_cast<std::size_t>(o * operands[k].outer + i * operands[k].inner)];
          };
          same &= result[static_cast<std::size_t>(o * inner + i)] == weigh_one(at(0), at(1), at(2));
        }
      }
      CAPTURE(inner, pattern);
      CHECK(same);
      CHECK(result.back() == T(7));
    }
  }
}

TEMPLATE_TEST_CASE("map takes one to four operands and writes over one of them", "[simd]", float,
                   double) {
  using T = TestType;
  constexpr std::int64_t n = 37;
  std::vector<T> a = numbers<T>(n, 0), b = numbers<T>(n, 1), c = numbers<T>(n, 2),
                 d = numbers<T>(n, 3);
  const std::vector<T> before = a;
  const Operand operands[4] = {
      {a.data(), 1, 0}, {b.data(), 1, 0}, {c.data(), 1, 0}, {d.data(), 1, 0}};
  map<Arch, T, 4>([](auto p, auto q, auto r, auto s) { return (p - q) * (r - s); }, operands,
                  a.data(), 1, n);
  for (std::size_t i = 0; i < n; ++i) CHECK(a[i] == (before[i] - b[i]) * (c[i] - d[i]));
  map<Arch, T, 1>([](auto p) { return -p; }, operands, a.data(), 1, n);
  map<Arch, T, 2>([](auto p, auto q) { return p + q; }, operands, a.data(), 1, n);
  for (std::size_t i = 0; i < n; ++i) CHECK(a[i] == -((before[i] - b[i]) * (c[i] - d[i])) + b[i]);
}

TEMPLATE_TEST_CASE("map adds to what is there", "[simd]", float, double) {
  using T = TestType;
  for (const std::int64_t n : {1, 3, 8, 16, 29, 64}) {
    const std::vector<T> a = numbers<T>(n, 0);
    std::vector<T> sum = numbers<T>(n + 1, 1);
    const std::vector<T> before = sum;
    const Operand operands[2] = {{a.data(), 1, 0}, {a.data(), 0, 0}};
    map<Arch, T, 2>([](auto p, auto q) { return p - q; }, operands, sum.data(), 1, n, true);
    for (std::size_t i = 0; i < a.size(); ++i) CHECK(sum[i] == (a[i] - a[0]) + before[i]);
    CHECK(sum.back() == before.back());
  }
}
