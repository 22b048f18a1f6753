#include "tests/ops/unary_points.h"
#include "tests/point_gradients.h"

using namespace point_gradients;

TEST_CASE("layer_norm of equal elements: 0, with gradient 0") {
  check("layer_norm", [](const Tensor& x) { return tg::layer_norm(x, {3}); },
        Input({5, 5, 5, 5, 5, 5}, {2, 3}, {0, 0, 0, 0, 0, 0}), {0, 0, 0, 0, 0, 0});
}
