// What softmax and its relatives give, and their gradients, at infinities and behind a mask.

#include "tests/ops/unary_points.h"
#include "tests/point_gradients.h"

using namespace point_gradients;

TEST_CASE("softmax: NaN where all are -inf, 0 with gradient 0 where one is") {
  const auto softmax = [](const Tensor& x) { return x.softmax(-1); };
  check("all -inf", softmax, Input({-inf, -inf}, {NaN, NaN}), {NaN, NaN});
  check("one -inf", softmax, Input({-inf, 0}, {0, 0}), {0, 1});
  check("large", softmax, Input({1000, 1000}, {0, 0}), {0.5, 0.5});
}

TEST_CASE("log_softmax: exact far out, where the logarithm of softmax is not") {
  const auto log_softmax = [](const Tensor& x) { return x.log_softmax(-1); };
  check("far out", log_softmax, Input({0, 1000}, {1, -1}), {-1000, 0});
  check("one -inf", log_softmax, Input({-inf, 0}, {1, -1}), {-inf, 0});
  check("logarithm of softmax", [](const Tensor& x) { return tg::log(x.softmax(-1)); },
        Input({0, 1000}, {NaN, NaN}), {-inf, 0});
}

TEST_CASE("masked_softmax: 0 with gradient 0 where the mask is false, also in a whole row") {
  const Tensor mask = tg::tensor({{true, true, false}, {false, false, false}});
  const auto masked = [&](const Tensor& x) { return tg::masked_softmax(x, mask, 1); };
  check("masked", masked, Input({1, 1, 99, 4, 5, 6}, {2, 3}, {0, 0, 0, 0, 0, 0}),
        {0.5, 0.5, 0, 0, 0, 0});
  check("NaN behind the mask", masked,
        Input({1, 1, NaN, NaN, inf, -inf}, {2, 3}, {0, 0, 0, 0, 0, 0}), {0.5, 0.5, 0, 0, 0, 0});
}
