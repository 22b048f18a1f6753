#pragma once

#include "nn/nn.h"
#include "tests/conventions/rows.h"

// Losses and normalisation. Rows of the specification of functions that do not exist here:
// margin_ranking_loss, gaussian_nll_loss, normalize, group_norm, pooling, embedding. Errors are in
// conventions_test.cpp; all options of cross_entropy together in cross_entropy_test.cpp.

namespace conventions {

namespace nn = tapegrad::nn;

/// Constants of the type of the inputs.
inline Tensor like(const Tensor& x, List values) {
  return tg::tensor(std::vector<double>(values), x.dtype());
}

inline constexpr nn::Reduction none = nn::Reduction::none;

// Rows are lines, as the specification has them.
// clang-format off

inline constexpr Row kLosses[] = {
    // op, points, function, {input, gradient, shape}..., value, second derivative, PyTorch
    {"cross_entropy", "logits far apart",
     [](Inputs x) { return nn::cross_entropy(x[0], tg::tensor({0})); },
     {{{0, 1000}, {-1, 1}, {1, 2}}}, {1000}},
    {"cross_entropy", "one row, logits far apart",
     [](Inputs x) { return nn::cross_entropy(x[0], tg::tensor(0)); },
     {{{0, 1000}, {-1, 1}}}, {1000}},
    {"cross_entropy", "the right one far ahead",
     [](Inputs x) { return nn::cross_entropy(x[0], tg::tensor({1})); },
     {{{0, 1000}, {0, 0}, {1, 2}}}, {0}},
    {"cross_entropy", "all targets ignored, the rows",
     [](Inputs x) {
       return nn::cross_entropy(x[0], tg::tensor({-100, -100}), {.reduction = none}); },
     {{{1, 2, 3, 4}, {0, 0, 0, 0}, {2, 2}}}, {0, 0}},
    {"cross_entropy", "no batch, the rows",
     [](Inputs x) {
       return nn::cross_entropy(x[0], tg::zeros({0}, tg::int64), {.reduction = none}); },
     {{{}, {}, {0, 3}}}, {}},
    {"cross_entropy", "all targets ignored, the mean",
     [](Inputs x) { return nn::cross_entropy(x[0], tg::tensor({-100, -100})); },
     {{{1, 2, 3, 4}, {0, 0, 0, 0}, {2, 2}}}, {NaN}},
    {"cross_entropy", "all targets ignored, the mean with smoothing",
     [](Inputs x) {
       return nn::cross_entropy(x[0], tg::tensor({-100, -100}), {.label_smoothing = 0.2}); },
     {{{1, 2, 3, 4}, {0, 0, 0, 0}, {2, 2}}}, {NaN}, {}, nullptr, 0, false},
    {"cross_entropy", "all targets ignored, the sum",
     [](Inputs x) {
       return nn::cross_entropy(x[0], tg::tensor({-100}), {.reduction = nn::Reduction::sum}); },
     {{{1, 2}, {0, 0}, {1, 2}}}, {0}},
    {"cross_entropy", "no batch, the mean",
     [](Inputs x) { return nn::cross_entropy(x[0], tg::zeros({0}, tg::int64)); },
     {{{}, {}, {0, 3}}}, {NaN}},
    {"cross_entropy", "no batch, the sum",
     [](Inputs x) {
       return nn::cross_entropy(x[0], tg::zeros({0}, tg::int64),
         {.reduction = nn::Reduction::sum}); }, {{{}, {}, {0, 3}}}, {0}},
    {"cross_entropy", "weights",
     [](Inputs x) {
       return nn::cross_entropy(x[0], tg::tensor({0, 1}), {.weight = like(x[0], {1, 3})}); },
     {{{1, 2, 2, 0}, {-0.18276464465750122, 0.18276464465750122, 0.66059780848341176,
     -0.66059780848341187}, {2, 2}}}, {1.9235114301617853}},
    {"cross_entropy", "smoothing",
     [](Inputs x) { return nn::cross_entropy(x[0], tg::tensor(0), {.label_smoothing = 0.1}); },
     {{{1, 2, 3}, {-0.84330276016295291, 0.21139513772146432, 0.63190762244148846}}},
     {2.3076059644443805}},
    {"cross_entropy", "probabilities",
     [](Inputs x) { return nn::cross_entropy(x[0], tg::reshape(like(x[0], {0.3, 0.7}), {1, 2})); },
     {{{1, 2}, {-0.031058578630004885, 0.031058578630004885}, {1, 2}}}, {0.61326168751822285}, {},
     nullptr, 1e-6},
    {"cross_entropy", "-inf at the target",
     [](Inputs x) { return nn::cross_entropy(x[0], tg::tensor({0})); },
     {{{-inf, 0}, {-1, 1}, {1, 2}}}, {inf}},
    {"cross_entropy", "-inf elsewhere",
     [](Inputs x) { return nn::cross_entropy(x[0], tg::tensor({1})); },
     {{{-inf, 0}, {0, 0}, {1, 2}}}, {0}},
    {"cross_entropy", "a class of weight 0, infinite logits",
     [](Inputs x) {
       return nn::cross_entropy(x[0], tg::tensor({1, 0}), {.weight = like(x[0], {1, 0})}); },
     {{{inf, NaN, 0, 0}, {0, 0, -0.5, 0.5}, {2, 2}}}, {0.69314718055994531}, {}, "NaN"},
    {"nll_loss", "all targets ignored, the mean",
     [](Inputs x) { return nn::nll_loss(x[0], tg::tensor({-100})); }, {{{-1, -2}, {0, 0}, {1, 2}}},
     {NaN}, {}, nullptr, 0, false},
    {"nll_loss", "all targets ignored, the sum",
     [](Inputs x) {
       return nn::nll_loss(x[0], tg::tensor({-100}), {.reduction = nn::Reduction::sum}); },
     {{{-1, -2}, {0, 0}, {1, 2}}}, {0}},
    {"nll_loss", "no batch, the mean",
     [](Inputs x) { return nn::nll_loss(x[0], tg::zeros({0}, tg::int64)); }, {{{}, {}, {0, 3}}},
     {NaN}},
    {"nll_loss", "an ignored row may hold anything",
     [](Inputs x) { return nn::nll_loss(x[0], tg::tensor({-100, 1})); },
     {{{NaN, -inf, -2, -1}, {0, 0, 0, -1}, {2, 2}}}, {1}},
    {"binary_cross_entropy", "p = 0, y = 1 and p = 1, y = 0: certain and wrong",
     [](Inputs x) {
       return nn::binary_cross_entropy(x[0], like(x[0], {1, 0}), {.reduction = none}); },
     {{{0, 1}, {-1e12, 1e12}}}, {100, 100}},
    {"binary_cross_entropy", "p = 1, y = 1 and p = 0, y = 0: certain and right",
     [](Inputs x) {
       return nn::binary_cross_entropy(x[0], like(x[0], {1, 0}), {.reduction = none}); },
     {{{1, 0}, {-1, 1}}}, {0, 0}, {1, 1}, "0, 0"},
    {"binary_cross_entropy", "weight 0 masks",
     [](Inputs x) {
       return nn::binary_cross_entropy(x[0], like(x[0], {1, 1, 0}), {.weight = like(x[0], {1, 0,
         0}), .reduction = none}); }, {{{0.5, inf, NaN}, {-2, 0, 0}}}, {0.69314718055994531, 0, 0},
     {4, 0, 0}, "an error, or NaN"},
    {"binary_cross_entropy_with_logits", "1000 on the wrong side, the mean",
     [](Inputs x) { return nn::binary_cross_entropy_with_logits(x[0], like(x[0], {1, 0})); },
     {{{-1000, 1000}, {-0.5, 0.5}}}, {1000}, {0, 0}},
    {"binary_cross_entropy_with_logits", "1000 on the right side, the mean",
     [](Inputs x) { return nn::binary_cross_entropy_with_logits(x[0], like(x[0], {1, 0})); },
     {{{1000, -1000}, {0, 0}}}, {0}, {0, 0}},
    {"binary_cross_entropy_with_logits", "infinite on the wrong side",
     [](Inputs x) {
       return nn::binary_cross_entropy_with_logits(x[0], like(x[0], {1, 0}),
                                                   {.reduction = none}); },
     {{{-inf, inf}, {-1, 1}}}, {inf, inf}},
    {"binary_cross_entropy_with_logits", "infinite on the right side",
     [](Inputs x) {
       return nn::binary_cross_entropy_with_logits(x[0], like(x[0], {1, 0}),
         {.reduction = none}); }, {{{inf, -inf}, {0, 0}}}, {0, 0}, {0, 0}, "NaN"},
    {"binary_cross_entropy_with_logits", "weight 0 masks",
     [](Inputs x) {
       return nn::binary_cross_entropy_with_logits( x[0], like(x[0], {1, 1, 0}),
         {.weight = like(x[0], {1, 0, 0}), .reduction = none}); }, {{{0, -inf, NaN}, {-0.5, 0, 0}}},
     {0.69314718055994531, 0, 0}, {0.25, 0, 0}, "NaN"},
    {"binary_cross_entropy_with_logits", "pos_weight 0 masks a positive element",
     [](Inputs x) {
       return nn::binary_cross_entropy_with_logits( x[0], like(x[0], {1, 1}), {.reduction = none,
         .pos_weight = like(x[0], {1, 0})}); }, {{{0, -inf}, {-0.5, 0}}}, {0.69314718055994531, 0},
     {0.25, 0}, "NaN"},
    {"l1_loss", "equal", [](Inputs x) { return nn::l1_loss(x[0], x[1], {.reduction = none}); },
     {{{1, 3, -1}, {0, 1, -1}}, {{1, 1, 1}, {0, -1, 1}}}, {0, 2, 2}},
    {"smooth_l1_loss", "at beta and beyond",
     [](Inputs x) {
       return nn::smooth_l1_loss(x[0], tg::zeros_like(x[0]), {.reduction = none, .beta = 2}); },
     {{{2, -2, 0, 1, -inf}, {1, -1, 0, 0.5, -1}}}, {1, 1, 0, 0.25, inf}},
    {"smooth_l1_loss", "beta 0, equal",
     [](Inputs x) {
       return nn::smooth_l1_loss(x[0], like(x[0], {1, 1, 1}), {.reduction = none, .beta = 0}); },
     {{{1, 3, -1}, {0, 1, -1}}}, {0, 2, 2}, {}, "-1"},
    {"smooth_l1_loss", "beta below any quotient, equal",
     [](Inputs x) {
       return nn::smooth_l1_loss(x[0], like(x[0], {1, 1, 1}), {.reduction = none,
         .beta = 1e-320}); }, {{{1, 3, -1}, {0, 1, -1}}}, {0, 2, 2}},
    {"huber_loss", "at delta and beyond",
     [](Inputs x) {
       return nn::huber_loss(x[0], tg::zeros_like(x[0]), {.reduction = none, .delta = 2}); },
     {{{2, -2, 0, 1, inf}, {2, -2, 0, 1, 2}}}, {2, 2, 0, 0.5, inf}},
    {"hinge_embedding_loss", "at the margin and beyond",
     [](Inputs x) {
       return nn::hinge_embedding_loss(x[0], like(x[0], {-1, -1, 1}), {.reduction = none}); },
     {{{1, 2, 0.5}, {-1, 0, 1}}}, {0, 0, 0.5}},
    {"kl_div", "target 0",
     [](Inputs x) { return nn::kl_div(x[0], like(x[0], {0, 0, 0.5}), {.reduction = none}); },
     {{{-1, -inf, -2}, {0, 0, -0.5}}}, {0, 0, 0.6534264097200273}},
    {"mse_loss", "nothing, the mean",
     [](Inputs x) { return nn::mse_loss(x[0], tg::zeros_like(x[0])); }, {{{}, {}, {0}}}, {NaN}},
    {"cosine_similarity", "a zero vector",
     [](Inputs x) { return tg::cosine_similarity(x[0], x[1]); },
     {{{0, 0}, {0, 0}, {1, 2}}, {{1, 2}, {0, 0}, {1, 2}}}, {0}, {}, "1e8"},
    {"layer_norm", "equal elements", [](Inputs x) { return tg::layer_norm(x[0], {3}); },
     {{{5, 5, 5, 5, 5, 5}, {0, 0, 0, 0, 0, 0}, {2, 3}}}, {0, 0, 0, 0, 0, 0}},
    {"BatchNorm1d", "equal elements, training",
     [](Inputs x) { return nn::BatchNorm1d{2, {.dtype = x[0].dtype()}}(x[0]); },
     {{{5, 1, 5, 1, 5, 1}, {0, 0, 0, 0, 0, 0}, {3, 2}}}, {0, 0, 0, 0, 0, 0}},
    {"dropout", "p = 1", [](Inputs x) { return tg::dropout(x[0], 1.0); }, {{{3, 4}, {0, 0}}},
     {0, 0}},
    {"dropout", "p = 0", [](Inputs x) { return tg::dropout(x[0], 0.0); }, {{{3, 4}, {1, 1}}},
     {3, 4}},
    {"dropout", "in evaluation", [](Inputs x) { return tg::dropout(x[0], 0.5, false); },
     {{{3, 4}, {1, 1}}}, {3, 4}},
};

// clang-format on

}  // namespace conventions
