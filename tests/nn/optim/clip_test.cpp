#include <limits>

#include "tests/nn/optim/common.h"

using namespace optim_test;

TEST_CASE("clip_grad_norm_ scales all gradients to one norm", "[optim][clip]") {
  auto parameters = some_parameters();
  parameters.push_back({"without", leaf({7}, tg::float32)});
  const auto set = [&] {
    parameters[0].value.set_grad(tg::tensor({2.0, -4.0, 4.0}));
    parameters[1].value.set_grad(tg::tensor({-8.0}));
  };
  const auto gradient = [&](int i) { return values_of(parameters[std::size_t(i)].value.grad()); };
  struct Case {
    double type, norm;
  };
  const double infinity = std::numeric_limits<double>::infinity();
  for (const auto& [type, norm] : {Case{2, 10}, {1, 18}, {infinity, 8}, {3, std::cbrt(648.0)}}) {
    set();
    CHECK(nn::clip_grad_norm_(parameters, 2.5, type) == Approx(norm));
    CHECK(gradient(0)[1] == Approx(-4 * 2.5 / norm));
    CHECK(gradient(1)[0] == Approx(-8 * 2.5 / norm));
    set();
    CHECK(nn::clip_grad_norm_(parameters, 100, type) == Approx(norm));
    CHECK(gradient(1)[0] == -8);  // already small enough: not a bit changes
  }
  CHECK_FALSE(parameters[2].value.grad().defined());
  CHECK(nn::clip_grad_norm_({}, 1) == 0);
}

TEST_CASE("clip_grad_norm_ does not overflow or vanish on the way", "[optim][clip]") {
  for (const double size : {1e30, 1e-30}) {
    auto parameters = some_parameters();
    parameters[0].value.set_grad(tg::tensor({3 * size, 0.0, 0.0}));
    parameters[1].value.set_grad(tg::tensor({4 * size}));
    CHECK(nn::clip_grad_norm_(parameters, 1e38) == Approx(5 * size));
    CHECK(nn::clip_grad_norm_(parameters, 1e38, 3) == Approx(std::cbrt(91.0) * size));
  }
}

TEST_CASE("clip_grad_norm_ tells of norms that are not finite", "[optim][clip]") {
  auto parameters = some_parameters();
  parameters[0].value.set_grad(tg::ones(3));
  parameters[1].value.set_grad(tg::full(1, std::numeric_limits<double>::infinity()));
  CHECK_THAT(message_of<tg::ValueError>([&] { nn::clip_grad_norm_(parameters, 1, 2, true); }),
             ContainsSubstring("the gradient of 'b' has a norm of inf"));
  CHECK(values_of(parameters[0].value.grad())[0] == 1);
  CHECK(std::isinf(nn::clip_grad_norm_(parameters, 1)));
  CHECK(std::isnan(values_of(parameters[1].value.grad())[0]));
  // A finite gradient beside one that is NaN goes with it, as in PyTorch.
  parameters[0].value.set_grad(tg::ones_like(parameters[0].value));
  CHECK(std::isnan(nn::clip_grad_norm_(parameters, 1)));
  CHECK(std::isnan(values_of(parameters[0].value.grad())[0]));
  CHECK_THROWS_AS(nn::clip_grad_norm_(parameters, -1), tg::ValueError);
  CHECK_THROWS_AS(nn::clip_grad_norm_(parameters, 1, 0), tg::ValueError);
}

TEST_CASE("clip_grad_value_ limits each element", "[optim][clip]") {
  auto parameters = some_parameters();
  parameters[0].value.set_grad(tg::tensor({-3.0, 0.25, 2.0}));
  nn::clip_grad_value_(parameters, 0.5);
  CHECK(values_of(parameters[0].value.grad()) == std::vector<double>{-0.5, 0.25, 0.5});
  CHECK_THAT(message_of<tg::ValueError>([&] { nn::clip_grad_value_(parameters, -0.5); }),
             ContainsSubstring("clip_value must be at least 0, but is -0.5"));
}
