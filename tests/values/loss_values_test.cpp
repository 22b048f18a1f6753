// The values and gradients of losses, and the values of metrics, against those of other sources.

#include "nn/losses/losses.h"
#include "nn/metrics/metrics.h"
#include "tests/values/declared.h"
#include "tests/values/values.h"

using namespace values;
namespace nn = tapegrad::nn;

namespace {

/// A loss with options of type `Options`, which `set` takes from the case.
template <class Options, class Set>
Function loss(Tensor (*f)(const Tensor&, const Tensor&, const Options&), Set set) {
  return [=](const Case& c) {
    Options options;
    c.set("reduction", options.reduction);
    set(c, options);
    return Tensors{f(c.inputs[0], c.inputs[1], options)};
  };
}
void set_broadcast(const Case& c, auto& options) { c.set("broadcast", options.broadcast); }

Functions losses() {
  const auto plain = [](const Case& c, auto& options) { set_broadcast(c, options); };
  return {
      {"mse_loss", loss<nn::LossOptions>(nn::mse_loss, plain)},
      {"l1_loss", loss<nn::LossOptions>(nn::l1_loss, plain)},
      {"smooth_l1_loss", loss<nn::SmoothL1Options>(nn::smooth_l1_loss,
                                                   [](const Case& c, auto& options) {
                                                     set_broadcast(c, options);
                                                     c.set("beta", options.beta);
                                                   })},
      {"huber_loss", loss<nn::HuberOptions>(nn::huber_loss,
                                            [](const Case& c, auto& options) {
                                              set_broadcast(c, options);
                                              c.set("delta", options.delta);
                                            })},
      {"nll_loss", loss<nn::NllOptions>(nn::nll_loss,
                                        [](const Case& c, auto& options) {
                                          c.set("weight", options.weight);
                                          c.set("ignore_index", options.ignore_index);
                                        })},
      {"kl_div", loss<nn::KlDivOptions>(nn::kl_div,
                                        [](const Case& c, auto& options) {
                                          set_broadcast(c, options);
                                          c.set("log_target", options.log_target);
                                        })},
      {"hinge_embedding_loss", loss<nn::HingeEmbeddingOptions>(nn::hinge_embedding_loss,
                                                               [](const Case& c, auto& options) {
                                                                 c.set("margin", options.margin);
                                                               })},
      {"binary_cross_entropy",
       loss<nn::BceOptions>(nn::binary_cross_entropy,
                            [](const Case& c, auto& options) { c.set("weight", options.weight); })},
      {"binary_cross_entropy_with_logits",
       loss<nn::BceWithLogitsOptions>(nn::binary_cross_entropy_with_logits,
                                      [](const Case& c, auto& options) {
                                        c.set("weight", options.weight);
                                        c.set("pos_weight", options.pos_weight);
                                      })},
  };
}

Tensor number(double value) { return tg::tensor(value, tg::float64); }

nn::ScoreOptions score_options(const Case& c) {
  nn::ScoreOptions options;
  c.set("threshold", options.threshold);
  return options;
}

Functions metrics() {
  Functions table;
  table["predicted_classes"] = [](const Case& c) {
    return Tensors{nn::predicted_classes(c.inputs[0], score_options(c))};
  };
  table["accuracy"] = [](const Case& c) {
    return Tensors{number(nn::accuracy(c.inputs[0], c.inputs[1], score_options(c)))};
  };
  table["correct"] = [](const Case& c) {
    return Tensors{nn::correct(c.inputs[0], c.inputs[1], score_options(c))};
  };
  table["zero_one_loss"] = [](const Case& c) {
    return Tensors{number(nn::zero_one_loss(c.inputs[0], c.inputs[1], score_options(c)))};
  };
  table["confusion_matrix"] = [](const Case& c) {
    const Tensor &scores = c.inputs[0], &target = c.inputs[1];
    if (c.has("threshold"))
      return Tensors{nn::confusion_matrix(scores, target, -1, score_options(c))};
    if (c.has("num_classes"))
      return Tensors{nn::confusion_matrix(scores, target, c.get<std::int64_t>("num_classes"))};
    return Tensors{nn::confusion_matrix(scores, target)};
  };
  table["wilson_interval"] = [](const Case& c) {
    const nn::Interval interval =
        nn::wilson_interval(c.get<std::int64_t>("successes"), c.get<std::int64_t>("trials"));
    return Tensors{tg::tensor({interval.low, interval.high}, tg::float64)};
  };
  return table;
}

}  // namespace

TEST_CASE("losses give the values and gradients that other sources have") {
  check_section("losses", losses());
}

TEST_CASE("metrics give the values that other sources have") {
  check_section("metrics", metrics());
}

TEST_CASE("every loss and metric and every option of one has a case with values") {
  Declarations losses, metrics;
  losses.read("nn/losses/losses.h");
  CHECK(losses.functions.size() >= 9);
  check_complete("losses", losses, {});
  metrics.read("nn/metrics/metrics.h");
  CHECK(metrics.functions.size() >= 5);
  check_complete("metrics", metrics, {});
}
