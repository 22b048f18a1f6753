// What cross_entropy gives, and its gradients: known values, far-out logits, and all options
// together.

#include <cmath>

#include "autograd/check/gradcheck.h"
#include "tests/point_gradients.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;

namespace {

Function loss(const Tensor& target, tg::CrossEntropyOptions options = {}) {
  return [=](const std::vector<Tensor>& in) {
    const bool classes = target.dtype() == tg::int64;
    return tg::cross_entropy(in[0], classes ? target : target.to(in[0].dtype()), options);
  };
}

/// The definition, in plain loops. `target` has one class, or one probability per class, for each
/// row.
struct Reference {
  std::int64_t rows, classes;
  std::vector<double> logits, weight;
  double smoothing = 0;
  std::int64_t ignored = -100;

  double log_probability(std::int64_t n, std::int64_t c) const {
    double sum = 0;
    for (std::int64_t k = 0; k < classes; ++k)
      sum += std::exp(logits[static_cast<std::size_t>(n * classes + k)]);
    return logits[static_cast<std::size_t>(n * classes + c)] - std::log(sum);
  }
  /// The loss of one row whose target has these probabilities.
  double row(std::int64_t n, const std::vector<double>& probabilities) const {
    double result = 0;
    for (std::int64_t c = 0; c < classes; ++c) {
      const auto at = static_cast<std::size_t>(c);
      const double share =
          (1 - smoothing) * probabilities[at] + smoothing / static_cast<double>(classes);
      result -= weight[at] * share * log_probability(n, c);
    }
    return result;
  }
  std::vector<double> of_classes(const std::vector<std::int64_t>& target,
                                 tg::Reduction reduction) const {
    std::vector<double> losses;
    double total = 0;
    double counted = 0;
    for (std::int64_t n = 0; n < rows; ++n) {
      const std::int64_t t = target[static_cast<std::size_t>(n)];
      if (t == ignored) {
        losses.push_back(0);
        continue;
      }
      std::vector<double> one(static_cast<std::size_t>(classes), 0.0);
      one[static_cast<std::size_t>(t)] = 1;
      losses.push_back(row(n, one));
      total += losses.back();
      counted += weight[static_cast<std::size_t>(t)];
    }
    if (reduction == tg::Reduction::none) return losses;
    return {reduction == tg::Reduction::sum ? total : total / counted};
  }
  std::vector<double> of_probabilities(const std::vector<double>& target,
                                       tg::Reduction reduction) const {
    std::vector<double> losses;
    double total = 0;
    for (std::int64_t n = 0; n < rows; ++n) {
      const auto first = target.begin() + n * classes;
      losses.push_back(row(n, {first, first + classes}));
      total += losses.back();
    }
    if (reduction == tg::Reduction::none) return losses;
    return {reduction == tg::Reduction::sum ? total : total / static_cast<double>(rows)};
  }
};

void check_close(const Tensor& found, const std::vector<double>& expected) {
  const std::vector<double> values = values_of(found);
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    CHECK(values[i] == Approx(expected[i]).epsilon(found.dtype() == tg::float64 ? 1e-13 : 1e-5));
}

}  // namespace

TEST_CASE("cross_entropy: NaN in an ignored row stays there, whatever the options") {
  const Input logits({NaN, inf, 0, 0}, {2, 2}, {0, 0, -0.5, 0.5});
  const double log_2 = 0.69314718055994531;
  check_at("plain", loss(tg::tensor({-100, 0})), {logits}, {log_2});
  check_at("weighted", loss(tg::tensor({-100, 0}), {.weight = tg::tensor({2.0, 3.0})}), {logits},
           {log_2});
  check_at("smoothed", loss(tg::tensor({1, 0}), {.ignore_index = 1, .label_smoothing = 0.5}),
           {Input({NaN, inf, 0, 0}, {2, 2}, {0, 0, -0.25, 0.25})}, {log_2});
  const Tensor rows = tg::tensor({{0.0, 0.0, 1.0}, {1.0, 0.0, 0.0}});
  const Tensor weight = tg::tensor({1.0, 0.0, 0.0});
  check_at("of no probability", loss(tg::tensor({{0.0, 0.0}, {1.0, 0.0}})),
           {Input({NaN, inf, 0, 0}, {2, 2}, {0, 0, -0.25, 0.25})}, {log_2 / 2});
  check_at("probable, without weight", loss(rows, {.weight = weight}),
           {Input({NaN, inf, 0, 0, 0, 0}, {2, 3}, {0, 0, 0, -1. / 3, 1. / 6, 1. / 6})},
           {std::log(3.0) / 2});
  const auto masked = [&](const std::vector<Tensor>& x) {
    const Tensor each =
        tg::cross_entropy(x[0], tg::tensor({1, 0}), {.reduction = tg::Reduction::none});
    return tg::where(tg::tensor({false, true}), each, 0.0);
  };
  check_at("masked afterwards", masked, {Input({NaN, inf, 0, 0}, {2, 2}, {0, 0, -0.5, 0.5})},
           {0, log_2});
}

TEST_CASE("cross_entropy: a class out of range is an error that says which and where") {
  const Tensor logits = tg::zeros({3, 4});
  CHECK_THROWS_AS(tg::cross_entropy(logits, tg::tensor({0, 4, 1})), tg::IndexError);
  CHECK_THROWS_WITH(
      tg::cross_entropy(logits, tg::tensor({0, 4, 1})),
      ContainsSubstring("cross_entropy") && ContainsSubstring("4") && ContainsSubstring("1"));
  CHECK_THROWS_AS(tg::cross_entropy(logits, tg::tensor({0, -1, 1})), tg::IndexError);
  CHECK_NOTHROW(tg::cross_entropy(logits, tg::tensor({0, -100, 1})));
  CHECK_NOTHROW(tg::cross_entropy(logits, tg::tensor({0, -1, 1}), {.ignore_index = -1}));
}

TEST_CASE("cross_entropy: every combination of options agrees with its definition") {
  const std::vector<std::int64_t> classes{2, 0, 1, 1};
  const std::vector<double> probabilities{0.2, 0.3, 0.5, 0,      1,      0,
                                          0.6, 0.3, 0.1, 1 / 3., 1 / 3., 1 / 3.};
  Reference reference{4,  3, {0.3, -1.2, 2, 0.4, 0.1, -0.6, 1.5, -2, 0.7, 0, 0.9, -0.3},
                      {}, 0, -100};
  const Tensor logits = tg::tensor(reference.logits, {4, 3});
  for (const tg::DType dtype : {tg::float32, tg::float64}) {
    for (const auto& weight : {std::vector<double>{}, std::vector<double>{1, 3, 0.5}}) {
      for (const double smoothing : {0.0, 0.1, 1.0}) {
        for (const std::int64_t ignored : {-100, 1, 0}) {
          for (const auto reduction :
               {tg::Reduction::none, tg::Reduction::mean, tg::Reduction::sum}) {
            reference.weight = weight.empty() ? std::vector<double>(3, 1.0) : weight;
            reference.smoothing = smoothing;
            reference.ignored = ignored;
            const tg::CrossEntropyOptions options{
                .weight = weight.empty() ? Tensor() : tg::tensor(weight, dtype),
                .ignore_index = ignored,
                .reduction = reduction,
                .label_smoothing = smoothing};
            CAPTURE(weight.size(), smoothing, ignored, static_cast<int>(reduction), name(dtype));
            check_close(tg::cross_entropy(logits.to(dtype), tg::tensor(classes), options),
                        reference.of_classes(classes, reduction));
            check_close(tg::cross_entropy(logits.to(dtype),
                                          tg::tensor(probabilities, {4, 3}, dtype), options),
                        reference.of_probabilities(probabilities, reduction));
          }
        }
      }
    }
  }
}

TEST_CASE(
    "cross_entropy: the gradient of every combination of options, at first and second order") {
  const Tensor logits =
      tg::tensor({{0.3, -1.2, 2.0}, {0.4, 0.1, -0.6}}, tg::float64).requires_grad_();
  const Tensor classes = tg::tensor({2, 1});
  const Tensor probabilities = tg::tensor({{0.2, 0.3, 0.5}, {0.0, 1.0, 0.0}}, tg::float64);
  for (const bool weighted : {false, true}) {
    for (const double smoothing : {0.0, 0.1}) {
      for (const std::int64_t ignored : {-100, 1}) {
        for (const auto reduction :
             {tg::Reduction::none, tg::Reduction::mean, tg::Reduction::sum}) {
          for (const Tensor& target : {classes, probabilities}) {
            const tg::CrossEntropyOptions options{
                .weight = weighted ? tg::tensor({1.0, 3.0, 0.5}, tg::float64) : Tensor(),
                .ignore_index = ignored,
                .reduction = reduction,
                .label_smoothing = smoothing};
            const auto result =
                tg::gradcheck(loss(target, options), {logits}, {.second_order = true});
            CAPTURE(weighted, smoothing, ignored, static_cast<int>(reduction),
                    name(target.dtype()));
            INFO(result.message());
            CHECK(result);
          }
        }
      }
    }
  }
}

TEST_CASE("cross_entropy of images: classes and their one-hot probabilities agree") {
  const Tensor logits = tg::randn({2, 3, 5}, tg::float64);
  const Tensor classes = tg::randint(0, 3, {2, 5});
  const Tensor one_hot = tg::permute(tg::one_hot(classes, 3), {0, 2, 1}).to(tg::float64);
  for (const tg::Reduction reduction :
       {tg::Reduction::mean, tg::Reduction::sum, tg::Reduction::none}) {
    for (const double smoothing : {0.0, 0.2}) {
      const tg::CrossEntropyOptions options{.reduction = reduction, .label_smoothing = smoothing};
      CHECK(tg::allclose(tg::cross_entropy(logits, classes, options),
                         tg::cross_entropy(logits, one_hot, options), 1e-12));
    }
  }
}
