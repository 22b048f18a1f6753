#include <algorithm>
#include <cmath>
#include <cstdint>

#include "autograd/kernels/reduce/reduce.h"
#include "tests/catch.h"
#include "tests/kernels/row_numbers.h"

using namespace tapegrad::kernels;
using namespace row_numbers;

namespace {

template <class T, class Reducer>
T reduced(const Array<T>& row) {
  T result;
  reduce_rows<Arch, T, Reducer>(row.data(), &result, 1, static_cast<Int>(row.size()));
  return result;
}

}  // namespace

TEMPLATE_TEST_CASE("rows and columns are reduced", "[simd]", float, double) {
  using T = TestType;
  constexpr Int rows = 3;
  for (const Int n : kLengths) {
    CAPTURE(n);
    const Array<T> x = numbers<T>(rows * n, 0.1, 1.1);
    Array<T> got[8];
    for (Array<T>& array : got) array.resize(index(rows));
    reduce_rows<Arch, T, Sum>(x.data(), got[0].data(), rows, n);
    reduce_rows<Arch, T, Prod>(x.data(), got[1].data(), rows, n);
    reduce_rows<Arch, T, Max>(x.data(), got[2].data(), rows, n);
    reduce_rows<Arch, T, Min>(x.data(), got[3].data(), rows, n);
    // The transpose [n, rows] has the same rows as columns.
    Array<T> turned(x.size());
    for (Int r = 0; r < rows; ++r)
      for (Int i = 0; i < n; ++i) turned[index(i * rows + r)] = x[index(r * n + i)];
    reduce_columns<Arch, T, Sum>(turned.data(), got[4].data(), n, rows);
    reduce_columns<Arch, T, Prod>(turned.data(), got[5].data(), n, rows);
    reduce_columns<Arch, T, Max>(turned.data(), got[6].data(), n, rows);
    reduce_columns<Arch, T, Min>(turned.data(), got[7].data(), n, rows);
    Array<Exact> exact[4] = {Array<Exact>(rows, 0), Array<Exact>(rows, 1), Array<Exact>(rows, -10),
                             Array<Exact>(rows, 10)};
    for (Int r = 0; r < rows; ++r) {
      for (Int i = 0; i < n; ++i) {
        const Exact value = x[index(r * n + i)];
        exact[0][index(r)] += value;
        exact[1][index(r)] *= value;
        exact[2][index(r)] = std::max(exact[2][index(r)], value);
        exact[3][index(r)] = std::min(exact[3][index(r)], value);
      }
    }
    for (int k = 0; k < 8; ++k) CHECK(difference(got[k], exact[k % 4]) < 3 * kTolerance<T>);
  }
}

TEMPLATE_TEST_CASE("wide columns are reduced", "[simd]", float, double) {
  using T = TestType;
  constexpr Int n = 200;
  for (const Int inner : {1, 5, 16, 33, 64, 129, 300}) {
    const Array<T> x = numbers<T>(n * inner, 0.3);
    Array<T> got(index(inner) + 1, T(7));
    reduce_columns<Arch, T, Sum>(x.data(), got.data(), n, inner);
    CHECK(got.back() == 7);
    got.pop_back();
    Array<Exact> exact(index(inner), 0);
    for (Int i = 0; i < n * inner; ++i) exact[index(i % inner)] += x[index(i)];
    CHECK(difference(got, exact) < 10 * kTolerance<T>);
  }
}

TEMPLATE_TEST_CASE("a NaN anywhere makes max and min NaN", "[simd]", float, double) {
  using T = TestType;
  for (const Int n : {1, 5, 16, 70}) {
    for (Int i = 0; i < n; ++i) {
      Array<T> row = numbers<T>(n, 0);
      row[index(i)] = kNan<T>;
      CHECK(std::isnan(reduced<T, Max>(row)));
      CHECK(std::isnan(reduced<T, Min>(row)));
    }
  }
}

TEMPLATE_TEST_CASE("an empty row is reduced to the identity", "[simd]", float, double) {
  using T = TestType;
  CHECK(reduced<T, Sum>({}) == 0);
  CHECK(reduced<T, Prod>({}) == 1);
  CHECK(reduced<T, Max>({}) == -kInf<T>);
  CHECK(reduced<T, Min>({}) == kInf<T>);
}

TEST_CASE("a sum of ten million floats keeps six digits", "[simd]") {
  const Int n = 10'000'000;
  Array<float> x(index(n));
  double exact = 0;
  std::uint32_t state = 1;
  for (float& value : x) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 8) * 0x1p-24f;
    exact += static_cast<double>(value);
  }
  CHECK(std::abs(reduced<float, Sum>(x) / exact - 1) < 1e-6);
}
