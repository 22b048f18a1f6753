#pragma once

/// @file
/// Gradients kept within bounds, between `backward()` and the step.
///
///     nn::Linear net(3, 1);
///     nn::mse_loss(net(tg::ones({2, 3})), tg::zeros({2, 1})).backward();
///     const double norm = nn::clip_grad_norm_(nn::parameters(net), 1.0);

#include <vector>

#include "nn/module/module.h"

namespace tapegrad::nn {

/// @addtogroup optimizers
/// @{

/// Scales all gradients together, in place, so that their norm is at most `max_norm`; returns the
/// norm they had. Parameters without a gradient count for nothing.
///
/// The norm is that of one long vector: (sum |g|^norm_type)^(1/norm_type), or max |g| for an
/// infinite `norm_type`. As in PyTorch the scale is max_norm / (norm + 1e-6) where that is below 1,
/// and a norm that is NaN or infinite spoils the gradients, unless `error_if_nonfinite` asks for a
/// `ValueError` that names the parameter; then nothing has changed. Errors: `ValueError` unless
/// max_norm >= 0 and norm_type > 0.
double clip_grad_norm_(const std::vector<Parameter>& parameters, double max_norm,
                       double norm_type = 2, Flag error_if_nonfinite = false);

/// Limits each element of all gradients, in place, to [-clip_value, clip_value]; NaN stays.
/// Errors: `ValueError` unless clip_value >= 0.
void clip_grad_value_(const std::vector<Parameter>& parameters, double clip_value);

/// @}

}  // namespace tapegrad::nn
