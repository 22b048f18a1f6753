#include "nn/losses/operators.h"

#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "nn/losses/losses.h"

namespace tapegrad::nn {

namespace {

using Inputs = std::vector<Tensor>;

/// Evenly from `low` to `high`, in an order that is neither up nor down.
Tensor spread(const Shape& shape, double low, double high, int step) {
  const Tensor place = arange(static_cast<double>(shape.numel()), float64) * step;
  const double count = static_cast<double>(shape.numel());
  const Tensor wrapped = place - count * (place / count).to(int64).to(float64);
  return reshape(low + (high - low) * wrapped / count, shape).clone().requires_grad_();
}

constexpr Convention kConventions[] = {
    {"binary_cross_entropy", "losses",
     "the true value where certain and right; -1e12 where certain and wrong, whose value is 100; 0 "
     "for weight 0"},
    {"binary_cross_entropy_with_logits", "losses",
     "0 at an infinite logit on the right side, and for weight 0, whatever is there"},
    {"l1_loss", "losses", "0 where equal"},
    {"smooth_l1_loss", "losses", "1 or -1 at beta; beta 0 is l1_loss, 0 where equal"},
    {"huber_loss", "losses", "delta or -delta at delta"},
    {"hinge_embedding_loss", "losses", "-1 at the margin"},
    {"kl_div", "losses", "0 where the target is 0"},
    {"mse_loss", "losses", "other shapes are an error; the mean of nothing is NaN"},
    {"nll_loss", "losses", "0 for ignored rows, whose mean is NaN if there are no others"},
    {"BatchNorm1d", "layers", "0 where all are equal; one value per channel is an error"},
};

}  // namespace

std::span<const Convention> conventions() { return kConventions; }

std::vector<OperatorInfo> operators() {
  const Tensor weight = spread({3}, 0.5, 2, 1).detach();
  std::vector<OperatorInfo> all{
      {"binary_cross_entropy",
       {{"a matrix",
         {spread({3, 4}, 0.1, 0.9, 5), spread({3, 4}, 0.2, 0.8, 7)},
         [](const Inputs& in) {
           return binary_cross_entropy(in[0], in[1], {.reduction = Reduction::none});
         }},
        {"a weighted mean",
         {spread({2, 3}, 0.1, 0.9, 5), spread({2, 3}, 0.2, 0.8, 1)},
         [weight](const Inputs& in) {
           return binary_cross_entropy(in[0], in[1], {.weight = weight});
         }}}},
      {"binary_cross_entropy_with_logits",
       {{"a matrix",
         {spread({3, 4}, -2, 2, 5), spread({3, 4}, 0.2, 0.8, 7)},
         [](const Inputs& in) {
           return binary_cross_entropy_with_logits(in[0], in[1], {.reduction = Reduction::none});
         }},
        {"weights",
         {spread({2, 3}, -2, 2, 5), spread({2, 3}, 0.2, 0.8, 1)},
         [weight](const Inputs& in) {
           return binary_cross_entropy_with_logits(in[0], in[1],
                                                   {.weight = weight, .pos_weight = weight});
         }}}},
  };
  for (OperatorInfo& info : all) info.family = "losses";
  return all;
}

}  // namespace tapegrad::nn
