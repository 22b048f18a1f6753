#include "nn/metrics/metrics.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "tests/catch.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;

TEST_CASE("accuracy counts the rows whose largest score is the target's") {
  const Tensor scores = tg::tensor({{0.1, 0.9, 0.0}, {2., 1., 0.}, {0., 0., 1.}, {5., 6., 4.}});
  const Tensor target = tg::tensor({1, 0, 1, 1});
  CHECK(tg::equal(nn::predicted_classes(scores), tg::tensor({1, 0, 2, 1})));
  CHECK(nn::accuracy(scores, target) == 0.75);
  CHECK(nn::zero_one_loss(scores, target) == 0.25);
}

TEST_CASE("the first of equal scores is the prediction") {
  CHECK(nn::accuracy(tg::tensor({{1., 1.}}), tg::tensor({0})) == 1);
}

TEST_CASE("a single logit says yes above 0") {
  const Tensor logits = tg::tensor({-1., 0., 0.5, 3.});
  const Tensor target = tg::tensor({0, 0, 1, 0});
  CHECK(tg::equal(nn::predicted_classes(logits), tg::tensor({0, 0, 1, 1})));
  CHECK(nn::accuracy(logits, target) == 0.75);
  CHECK(nn::accuracy(logits.reshape({4, 1}), target) == 0.75);
  CHECK(nn::accuracy(logits.reshape({4, 1}), target.reshape({4, 1})) == 0.75);
}

TEST_CASE("classes count as predictions themselves") {
  CHECK(nn::accuracy(tg::tensor({3, 7, 7}), tg::tensor({3, 7, 1})) == Approx(2.0 / 3));
}

TEST_CASE("metrics are not recorded and take what requires gradients") {
  const Tensor scores = tg::tensor({{1., 2.}}).requires_grad_();
  CHECK(nn::accuracy(scores, tg::tensor({1})) == 1);
  CHECK_FALSE(nn::predicted_classes(scores).requires_grad());
}

TEST_CASE("the accuracy of nothing is NaN") {
  CHECK(std::isnan(nn::accuracy(tg::zeros({0, 3}), tg::zeros(0, tg::int64))));
}

TEST_CASE("the confusion matrix counts true classes by row and predictions by column") {
  const Tensor scores = tg::tensor({{9., 0., 0.}, {0., 9., 0.}, {0., 9., 0.}, {9., 0., 0.}});
  const Tensor target = tg::tensor({0, 1, 0, 0});
  CHECK(tg::equal(nn::confusion_matrix(scores, target),
                  tg::tensor({{2, 1, 0}, {0, 1, 0}, {0, 0, 0}})));
}

TEST_CASE("the confusion matrix of classes is as large as the largest, or as told") {
  const Tensor predicted = tg::tensor({0, 2});
  const Tensor target = tg::tensor({1, 2});
  CHECK(tg::equal(nn::confusion_matrix(predicted, target),
                  tg::tensor({{0, 0, 0}, {1, 0, 0}, {0, 0, 1}})));
  CHECK(nn::confusion_matrix(predicted, target, 5).shape() == tg::Shape{5, 5});
  CHECK(nn::confusion_matrix(tg::zeros(0, tg::int64), tg::zeros(0, tg::int64)).shape() ==
        tg::Shape{0, 0});
}

TEST_CASE("metrics refuse targets that do not fit, by shape, type and class") {
  const Tensor scores = tg::zeros({2, 3});
  CHECK_THROWS_AS(nn::accuracy(scores, tg::tensor({0, 1, 2})), tg::ShapeError);
  CHECK_THROWS_WITH(nn::accuracy(scores, tg::tensor({0, 1, 2})),
                    ContainsSubstring("[2, 3]") && ContainsSubstring("[3]"));
  CHECK_THROWS_AS(nn::accuracy(scores, tg::tensor({0., 1.})), tg::DTypeError);
  CHECK_THROWS_AS(nn::accuracy(scores, tg::tensor({0, 3})), tg::IndexError);
  CHECK_THROWS_WITH(nn::accuracy(scores, tg::tensor({0, 3})),
                    ContainsSubstring("target 1 is class 3, but there are 3 classes (0 to 2)"));
  CHECK_THROWS_AS(nn::accuracy(scores, tg::tensor({0, -1})), tg::IndexError);
  CHECK_THROWS_AS(nn::confusion_matrix(tg::tensor({0, 4}), tg::tensor({0, 1}), 3), tg::IndexError);
  for (const std::int64_t huge : {std::int64_t{1} << 15, std::int64_t{10000000000}, INT64_MAX}) {
    CHECK_THROWS_AS(nn::confusion_matrix(tg::tensor({huge}), tg::tensor({0})), tg::IndexError);
    CHECK_THROWS_WITH(nn::confusion_matrix(tg::tensor({0}), tg::tensor({huge})),
                      ContainsSubstring(std::to_string(huge) + " is too large"));
  }
  CHECK_THROWS_AS(nn::confusion_matrix(tg::tensor({0}), tg::tensor({-1})), tg::IndexError);
  CHECK_THROWS_AS(nn::confusion_matrix(tg::tensor({0}), tg::tensor({0}), -2), tg::ValueError);
  CHECK_THROWS_AS(nn::confusion_matrix(tg::tensor({0}), tg::tensor({0}), INT64_MAX),
                  tg::ValueError);
  CHECK_THROWS_AS(nn::accuracy(tg::zeros({2, 3, 4}), tg::tensor({0, 1})), tg::ShapeError);
  CHECK_THROWS_AS(nn::accuracy(tg::zeros({2, 0}), tg::tensor({0, 1})), tg::ShapeError);
}

TEST_CASE("Wilson's interval has its published values") {
  // Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
  const auto check = [](int successes, int trials, double low, double high) {
    const auto interval = nn::wilson_interval(successes, trials);
    CHECK(interval.low == Approx(low).margin(5e-5));
    CHECK(interval.high == Approx(high).margin(5e-5));
  };
  check(81, 263, 0.2553, 0.3662);
  check(15, 148, 0.0624, 0.1605);
  check(0, 20, 0.0, 0.1611);
  check(1, 29, 0.0061, 0.1718);
}

TEST_CASE("Wilson's interval stays in [0, 1] and says nothing without trials") {
  CHECK(nn::wilson_interval(0, 0).low == 0);
  CHECK(nn::wilson_interval(0, 0).high == 1);
  for (const int n : {1, 10, 1000, 60000}) {
    CHECK(nn::wilson_interval(0, n).low == 0);
    CHECK(nn::wilson_interval(n, n).high == 1);
  }
  CHECK_THROWS_AS(nn::wilson_interval(3, 2), tg::ValueError);
  CHECK_THROWS_AS(nn::wilson_interval(-1, 2), tg::ValueError);
}

TEST_CASE("probabilities of one column are told apart by the threshold that is passed") {
  const Tensor p = tg::tensor({.1, .2, .9, .8, .3});
  const Tensor target = tg::tensor({0, 0, 1, 1, 0});
  const auto logits = tg::log(p / (1 - p));
  CHECK(nn::accuracy(p, target, {.threshold = 0.5}) == 1);
  CHECK(nn::accuracy(p.reshape({5, 1}), target, {.threshold = 0.5}) == 1);
  CHECK(nn::zero_one_loss(p, target, {.threshold = 0.5}) == 0);
  CHECK(tg::equal(nn::predicted_classes(p, {.threshold = 0.85}), tg::tensor({0, 0, 1, 0, 0})));
  CHECK(tg::equal(nn::confusion_matrix(p, target, -1, {.threshold = 0.5}),
                  tg::tensor({{3, 0}, {0, 2}})));
  CHECK(nn::accuracy(logits, target) == 1);
  // Nothing depends on the values: these could be probabilities, but are said to be logits.
  CHECK(nn::accuracy(p, target) == 0.4);
  CHECK(nn::accuracy(p, target, {.threshold = 0}) == 0.4);
}

TEST_CASE("a threshold that would have no effect is refused") {
  const Tensor target = tg::tensor({0, 1});
  CHECK_THROWS_WITH(nn::accuracy(tg::zeros({2, 3}), target, {.threshold = 0.5}),
                    ContainsSubstring("threshold of 0.5 is for one column") &&
                        ContainsSubstring("float32 [2, 3]"));
  CHECK_THROWS_AS(nn::accuracy(target, target, {.threshold = 0.5}), tg::ValueError);
  CHECK_THROWS_AS(nn::accuracy(tg::zeros(2), target, {.threshold = std::nan("")}), tg::ValueError);
}
