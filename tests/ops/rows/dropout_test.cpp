#include "tests/ops/unary_points.h"
#include "tests/point_gradients.h"

using namespace point_gradients;

TEST_CASE("dropout: p = 1 gives 0 with gradient 0, p = 0 changes nothing") {
  check("p = 1", [](const Tensor& x) { return tg::dropout(x, 1.0); }, Input({3, 4}, {0, 0}),
        {0, 0});
  check("p = 0", [](const Tensor& x) { return tg::dropout(x, 0.0); }, Input({3, 4}, {1, 1}),
        {3, 4});
  check("evaluation", [](const Tensor& x) { return tg::dropout(x, 0.5, false); },
        Input({3, 4}, {1, 1}), {3, 4});
}
