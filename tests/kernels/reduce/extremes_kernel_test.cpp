#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/kernels/reduce/extremes.h"
#include "tests/catch.h"
#include "tests/kernels/row_numbers.h"

using namespace tapegrad::kernels;
using namespace row_numbers;

TEMPLATE_TEST_CASE("the extremes of a row, and whether all of it is finite", "[simd]", float,
                   double) {
  using T = TestType;
  for (const Int n : kLengths) {
    if (n == 0) continue;
    CAPTURE(n);
    Array<T> x = numbers<T>(n, -3, 5);
    T found[3];
    extremes<Arch, T>(x.data(), n, found);
    CHECK(found[0] == *std::min_element(x.begin(), x.end()));
    CHECK(found[1] == *std::max_element(x.begin(), x.end()));
    CHECK(found[2] == 0);
    for (const T bad : {std::numeric_limits<T>::infinity(), -std::numeric_limits<T>::infinity(),
                        std::numeric_limits<T>::quiet_NaN()}) {
      for (Int i = 0; i < n; i += std::max<Int>(1, n / 40)) {
        const T before = std::exchange(x[index(i)], bad);
        extremes<Arch, T>(x.data(), n, found);
        CHECK(std::isnan(found[2]));
        x[index(i)] = before;
      }
    }
    x.back() = std::numeric_limits<T>::max();
    extremes<Arch, T>(x.data(), n, found);
    CHECK(found[1] == std::numeric_limits<T>::max());
    CHECK(found[2] == 0);
  }
}
