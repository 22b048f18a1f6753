// What DetectAnomaly says of NaN and infinities: in forward, in walks, in the steps of optimizers.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/message_of.h"

namespace tg = tapegrad;
namespace nn = tg::nn;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using tg::Tensor;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// The text of the anomaly in what `run` computes.
template <class F>
std::string anomaly_in(F&& run) {
  const tg::DetectAnomaly anomaly;
  return message_of<tg::AnomalyError>(run);
}

const std::string kNothing = "(nothing was thrown)";

}  // namespace

// ---- Forward -------------------------------------------------------------------------------------

TEST_CASE("a logarithm of negative numbers is told with the difference that they come from") {
  const Tensor a = tg::tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}});
  const Tensor b = tg::tensor({0.5, 3.5, 1.0});
  const std::string text = anomaly_in([&] { tg::log(a - b); });
  CHECK(text ==
        "log: in forward, the result of shape [2, 3] has 1 NaN among 6 elements, the first at "
        "[0, 1]\n"
        "  input 0 of shape [2, 3], from sub, has -1.5 to 5\n"
        "    input 0 of shape [2, 3], given by the program, has 1 to 6\n"
        "    input 1 of shape [3], given by the program, has 0.5 to 3.5");
}

TEST_CASE("0 / 0 is a NaN, 1 / 0 an infinity, in both types, and both are counted") {
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    const Tensor a = tg::tensor({0, 1, -1, 2, 3}, dtype);
    const Tensor b = tg::tensor({0, 0, 0, 0, 1}, dtype);
    const std::string text = anomaly_in([&] { a / b; });
    CHECK_THAT(text, StartsWith("div: in forward, the result of shape [5] has 1 NaN, 2 inf and 1 "
                                "-inf among 5 elements, the first at [0]\n"));
    CHECK_THAT(text, ContainsSubstring("input 1 of shape [5], given by the program, has 0 to 1"));
  }
  CHECK(anomaly_in([] { tg::tensor({4, 2}) / tg::tensor({2, 1}); }) == kNothing);
}

TEST_CASE("an overflow is told with the operators back to where numbers were of a usual size") {
  const auto grow = [](Tensor x) {
    x = x + 1;
    for (int i = 0; i < 6; ++i) x = x * 1e7;
    return x;
  };
  const std::string text = anomaly_in([&] { grow(tg::tensor({1.0f, 2.0f})); });
  CHECK_THAT(text,
             StartsWith("mul: in forward, the result of shape [2] has 2 inf among 2 elements, "
                        "the first at [0]\n"
                        "  input 0 of shape [2], from mul, has 2e+35 to 3e+35\n"
                        "    input 0 of shape [2], from mul, has 2e+28 to 3e+28\n"
                        "      input 0 of shape [2], from mul, has 2e+21 to 3e+21\n"
                        "        input 0 of shape [2], from mul, has 2e+14 to 3e+14\n"
                        "          input 0 of shape [2], from mul, has 2e+07 to 3e+07\n"));
  CHECK_THAT(text, ContainsSubstring("input 1 of shape [], given by the program, has only 1e+07"));
  CHECK(anomaly_in([&] { grow(tg::tensor({1.0, 2.0}, tg::float64)); }) == kNothing);
}

TEST_CASE("a text stays short, whatever led to it") {
  const std::string text = anomaly_in([] {
    Tensor x = tg::full(3, 1e20f);
    for (int i = 0; i < 50; ++i) x = x + x;
    x* x;
  });
  CHECK_THAT(text, StartsWith("mul: "));
  CHECK(std::count(text.begin(), text.end(), '\n') <= 12);
}

TEST_CASE("what was changed in place is told as it was before") {
  Tensor x = tg::tensor({-1.0, 2.0});
  const std::string text = anomaly_in([&] { x.div_(x - x); });
  CHECK_THAT(text, StartsWith("div_: in forward, the result of shape [2] has 1 inf and 1 -inf"));
  CHECK_THAT(text, ContainsSubstring("input 0 of shape [2], given by the program, has -1 to 2"));
  CHECK_THAT(text, ContainsSubstring("input 1 of shape [2], from sub, has only 0"));

  Tensor row = x[0];
  row.fill_(1);
  x.zero_();
  CHECK_THAT(anomaly_in([&] { tg::log(x); }),
             ContainsSubstring(
                 "input 0 of shape [2], given by the program (last changed by zero_), has only 0"));
}

TEST_CASE("what lent its memory to the result is told as it was before") {
  const std::string text = anomaly_in([] { tg::log(tg::tensor({-1.0, 2.0}) * 3.0); });
  CHECK_THAT(text, ContainsSubstring("input 0 of shape [2], from mul, has -3 to 6"));
}

TEST_CASE("modules have their paths") {
  nn::Sequential net{nn::Linear{3, 4}, tg::log, nn::Linear{4, 2}};
  nn::name_modules(net, "net");
  const std::string text = anomaly_in([&] { net(tg::full({2, 3}, -100.0)); });
  CHECK_THAT(text, StartsWith("log: in forward at net.1, the result of shape [2, 4] has "));
  CHECK_THAT(text, ContainsSubstring("input 0 of shape [2, 4], from linear at net.0, has "));
  CHECK_THAT(text,
             ContainsSubstring("input 0 of shape [2, 3], given by the program, has only -100"));
  CHECK_THAT(text, ContainsSubstring("input 1 of shape [4, 3], given by the program (last "));
}

TEST_CASE("of several results the one with the anomaly is told, and of many inputs each") {
  const Tensor x = tg::tensor({1.0, 2.0, kNan});
  CHECK_THAT(
      anomaly_in([&] { tg::split(x, 1, 0); }),
      StartsWith("split: in forward, result 2 of shape [1] has 1 NaN among 1 element; input 0 "
                 "had NaN already\n"));
  CHECK_THAT(anomaly_in([&] {
               tg::cat({tg::zeros(2), x}, 0);
             }),
             StartsWith("cat: in forward, the result of shape [5] has 1 NaN among 5 elements, the "
                        "first at [4]; input 1 had NaN already\n"));
}

TEST_CASE("large values are looked at, too, shared among threads or not") {
  Tensor x = tg::ones({1000, 700});
  x.write<float>([](std::span<float> values) { values[654'321] = -1; });
  const auto text = [&] { return anomaly_in([&] { tg::sqrt(x); }); };
  const std::string expected =
      "sqrt: in forward, the result of shape [1000, 700] has 1 NaN among 700000 elements, the first "
      "at [934, 521]\n"
      "  input 0 of shape [1000, 700], given by the program (last changed by write), has -1 to 1";
  CHECK(text() == expected);
  tg::set_num_threads(2);
  CHECK(text() == expected);
  tg::set_num_threads(1);
}

// ---- What is none --------------------------------------------------------------------------------

TEST_CASE("a mask of -inf is none, nor what is computed from it") {
  const Tensor x = tg::tensor({{1.0, 2.0, 3.0}, {4.0, 5.0, 6.0}}).requires_grad_();
  const Tensor mask = tg::tensor({{0.0, -kInf, 0.0}, {0.0, 0.0, -kInf}});
  CHECK(anomaly_in([&] {
          const Tensor scores =
              tg::where(mask == 0, x, -kInf) + tg::cat({mask[0], mask[1]}, 0).reshape({2, 3});
          const Tensor shares = tg::softmax(scores, 1);
          const Tensor logs = tg::log_softmax(x + mask, 1);
          (tg::sum(shares * shares) + tg::sum(tg::where(mask == 0, logs, 0))).backward();
          tg::amax(scores, 1);
          tg::logsumexp(scores, 1);
          tg::exp(scores);
          tg::full({2, 2}, kInf).t();
        }) == kNothing);
  CHECK(tg::all(tg::isfinite(x.grad())).item<bool>());
}

TEST_CASE("a NaN of -inf alone is one") {
  const std::string text = anomaly_in([] { tg::softmax(tg::full({1, 3}, -kInf), 1); });
  CHECK_THAT(text, StartsWith("softmax: in forward, the result of shape [1, 3] has 3 NaN among 3 "
                              "elements, the first at [0, 0]\n"));
  CHECK_THAT(text, ContainsSubstring("input 0 of shape [1, 3], given by the program, has 3 -inf"));
}

TEST_CASE("an infinity beside those that were given is one") {
  const Tensor x = tg::tensor({1.0, 1000.0, 3.0}), mask = tg::tensor({kInf, 0.0, -kInf});
  const auto text = anomaly_in([&] { tg::exp(x + mask); });
  CHECK_THAT(text, StartsWith("exp: in forward, the result of shape [3] has 2 inf"));
  CHECK_THAT(text,
             ContainsSubstring("input 0 of shape [3], from add, has only 1000, 1 inf and 1 "
                               "-inf\n    input 0 of shape [3], given by the program, has 1 to "
                               "1000\n"));
  // Also in place, where the input is gone.
  Tensor y = tg::tensor({1.0f, 1e30f, static_cast<float>(-kInf)});
  CHECK_THAT(anomaly_in([&] { y.mul_(y); }),
             StartsWith("mul_: in forward, the result of shape [3] "));
}

TEST_CASE("NaN that the program gave is told as soon as it is used, integers never are") {
  const Tensor x = tg::tensor({1.0, kNan});
  CHECK(anomaly_in([&] { x + 1.0; }) ==
        "add: in forward, the result of shape [2] has 1 NaN among 2 elements, the first at [1]; "
        "input 0 had NaN already\n"
        "  input 0 of shape [2], given by the program, has only 1 and 1 NaN\n"
        "  input 1 of shape [], given by the program, has only 1");
  CHECK(anomaly_in([&] {
          tg::isnan(x);
          tg::where(tg::isnan(x), 0, x);
          tg::tensor({1, 2}) * tg::tensor({3, 4});
          tg::full(2, kNan);
        }) == kNothing);
}

TEST_CASE("the logarithm of a sum of nothing is none") {
  CHECK(anomaly_in([] { tg::logsumexp(tg::zeros({2, 0}), 1); }) == kNothing);
  CHECK_THAT(anomaly_in([] { tg::mean(tg::zeros({2, 0}), 1); }), StartsWith("mean: in forward"));
}

TEST_CASE("operators that know how to handle their own infinities are none") {
  const Tensor huge = tg::full(4, 3e38f);
  CHECK(anomaly_in([&] {
          tg::mean(huge);  // whose sum is none that float32 has
          tg::logsumexp(huge, 0);
          tg::std(huge * tg::tensor({1.0, 0.5, 0.25, 0.125}));
          Tensor w = tg::ones(4).requires_grad_();
          w.set_grad(huge);
          CHECK(nn::clip_grad_norm_({{"w", w}}, 1) == Approx(6e38));
        }) == kNothing);
}

// ---- Backward ------------------------------------------------------------------------------------

TEST_CASE("the infinite gradient of a square root at 0") {
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    const Tensor x = tg::tensor({1, 0, 4}, dtype).requires_grad_();
    const std::string text = anomaly_in([&] {
      const tg::Scope scope("norm");
      tg::sum(tg::sqrt(x)).backward();
    });
    CHECK(text ==
          "sqrt: in backward at norm, the gradient of input 0 of shape [3] has 1 inf among 3 "
          "elements, the first at [1]\n"
          "  the gradient that came in of shape [1], from the rule of sum at norm, has only 1\n"
          "    the gradient that came in of shape [], with which the walk began, has only 1\n"
          "  input 0 of shape [3], given by the program, has 0 to 4\n"
          "  the result of shape [3], which came of it, has 0 to 2");
    CHECK_FALSE(x.grad().defined());
  }
}

TEST_CASE("0 times infinity in a rule is a NaN") {
  const Tensor x = tg::tensor({0.0, 4.0}).requires_grad_(), y = tg::tensor({0.0, 1.0});
  const std::string text = anomaly_in([&] { tg::sum(tg::sqrt(x) * y).backward(); });
  CHECK_THAT(text,
             StartsWith("sqrt: in backward, the gradient of input 0 of shape [2] has 1 NaN "
                        "among 2 elements, the first at [0]\n"
                        "  the gradient that came in of shape [2], from the rule of mul, has 0 "
                        "to 1\n"));
}

TEST_CASE("the number of the input is told, and the rules before") {
  const Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
  const Tensor w = tg::tensor({0.0, 1.0}).requires_grad_();
  const std::string text = anomaly_in([&] {
    const tg::Scope scope("power");
    tg::sum(tg::pow(tg::exp(w) - 1, x * 0.5) * 3).backward();
  });
  CHECK_THAT(text, StartsWith("pow: in backward at power, the gradient of input 0 of shape [2] has "
                              "1 inf among 2 elements, the first at [0]\n"
                              "  the gradient that came in of shape [1], from the rule of mul at "
                              "power, has only 3\n"));
  CHECK_THAT(text, ContainsSubstring("\n  input 0 of shape [2], from sub at power, has 0 to "));
  CHECK_THAT(text,
             ContainsSubstring("\n  input 1 of shape [2], from mul at power, has 0.5 to 1\n"));
}

TEST_CASE("a gradient with which a walk begins may be infinite, but NaN is told") {
  const Tensor x = tg::ones(2).requires_grad_();
  const auto walk = [&](double seed) {
    return anomaly_in([&] { tg::grad(x * 2, x, {.grad_outputs = {tg::full(2, seed)}}); });
  };
  CHECK(walk(kInf) == kNothing);
  CHECK_THAT(walk(kNan), StartsWith("mul: in backward, the gradient of input 0 of shape [2] has 2 "
                                    "NaN among 2 elements"));
}

TEST_CASE("a sum of gradients that leaves the range is told as a sum") {
  const Tensor x = tg::ones(2).requires_grad_(), big = tg::full(2, 2e38f);
  const std::string text = anomaly_in([&] {
    const Tensor a = x * big, b = x * big;
    tg::grad({a, b}, {x}, {.grad_outputs = {tg::ones(2), tg::ones(2)}});
  });
  CHECK_THAT(text,
             StartsWith("mul: in backward, the gradient of input 0 of shape [2], added to what "
                        "had arrived before, has 2 inf among 2 elements, the first at [0]\n"));
  CHECK_THAT(text, ContainsSubstring("what had arrived before of shape [2], from the rule of mul, "
                                     "has only 2e+38"));
}

TEST_CASE("gradients of several walks that leave the range together are told") {
  const Tensor x = tg::ones(2).requires_grad_(), seed = tg::full(2, 2e38f);
  const tg::DetectAnomaly anomaly;
  const auto walk = [&] { (x * 1).backward(seed); };
  walk();
  CHECK(
      message_of<tg::AnomalyError>(walk) ==
      "backward: the gradient of the parameter of shape [2], summed over several walks, has 2 inf "
      "among 2 elements, the first at [0]\n"
      "  what was there of shape [2], from the rule of mul, has only 2e+38\n"
      "    the gradient that came in of shape [2], with which the walk began, has only 2e+38\n"
      "  what this walk added of shape [2], from the rule of mul, has only 2e+38\n"
      "    the gradient that came in of shape [2], with which the walk began, has only 2e+38");
  CHECK(x.grad().at<float>({0}) == std::numeric_limits<float>::infinity());
}

TEST_CASE("walks of operators with several results, and of graphs from before, are looked at") {
  const Tensor x = tg::tensor({0.0, 2.0}).requires_grad_();
  const std::vector<Tensor> parts = tg::split(x * 1, 1, 0);
  const Tensor loss = tg::sum(tg::sqrt(parts[0]) + parts[1]);
  const std::string text = anomaly_in([&] { loss.backward(); });
  CHECK_THAT(text, StartsWith("sqrt: in backward, the gradient of input 0 of shape [1] has 1 inf"));
  CHECK_THAT(text, ContainsSubstring("\n  input 0 of shape [1], from split, has not been kept\n"));
  CHECK_THAT(text, ContainsSubstring("\n  the result of shape [1] has only 0"));
}
