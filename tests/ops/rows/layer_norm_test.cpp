#include "tests/ops/unary_points.h"
#include "tests/point_gradients.h"

using namespace point_gradients;

TEST_CASE("layer_norm of more rows than are summed at a time") {
  tg::manual_seed(3);
  const Tensor x = tg::randn({331, 7}, tg::float64), g = tg::randn({331, 7}, tg::float64);
  const std::vector<Tensor> inputs{x, tg::randn({7}, tg::float64), tg::randn({7}, tg::float64)};
  const auto gradients = [&](const auto& f) {
    std::vector<Tensor> leaves;
    for (const Tensor& each : inputs) leaves.push_back(each.detach().clone().requires_grad_());
    return tg::grad({f(leaves)}, leaves, {.grad_outputs = {g}});
  };
  const auto one = gradients(
      [](const std::vector<Tensor>& in) { return tg::layer_norm(in[0], {7}, in[1], in[2]); });
  const auto composed = gradients([](const std::vector<Tensor>& in) {
    const Tensor centered = in[0] - tg::mean(in[0], 1, true);
    return centered / tg::sqrt(tg::var(in[0], 1, 0, true) + 1e-5) * in[1] + in[2];
  });
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    CHECK(tg::allclose(one[i], composed[i], 1e-10, 1e-10));
  }
}
