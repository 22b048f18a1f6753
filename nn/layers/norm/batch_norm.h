#pragma once

/// @file
/// Batch normalisation: by the batch while training, by running statistics in evaluation.
///
///     nn::Sequential net{nn::Linear{4, 8}, nn::BatchNorm1d(8), tg::relu};
///     net(tg::randn({16, 4}));
///     nn::eval(net);

#include <cstdint>
#include <optional>
#include <string>

#include "autograd/tensor/create/default_dtype.h"
#include "autograd/tensor/tensor.h"
#include "nn/module/layer.h"

namespace tapegrad::nn {

/// @addtogroup layers
/// @{

/// The settings of `BatchNorm1d`.
struct BatchNormOptions {
  double eps = 1e-5;                     ///< added to the variance
  std::optional<double> momentum = 0.1;  ///< share of the new batch; none: the plain average of all
  bool affine = true;                    ///< learn a weight and a bias per channel
  bool track_running_stats = true;       ///< false: normalise by the batch in evaluation too
  DType dtype = get_default_dtype();     ///< of weight, bias and statistics
};

/// Normalises each channel of `[N, C]` or `[N, C, L]` over the other dimensions.
///
/// While training: by the mean and the biased variance of the batch, which also move `running_mean`
/// and (unbiased) `running_var`; in evaluation by these. Ioffe and Szegedy, ICML 2015, with
/// PyTorch's details. Errors: `ValueError` for an eps that is negative or not finite, for a
/// momentum outside [0, 1], and when trained with one value per channel; `ShapeError` for a
/// negative number of channels, another rank or another number of channels. Then the statistics
/// have not moved. A copy shares weight, bias and statistics but has a mode of its own: see
/// `train`.
class BatchNorm1d : public NamedLayer {
 public:
  /// For `num_features` channels, the C of the shapes.
  explicit BatchNorm1d(std::int64_t num_features, const BatchNormOptions& options = {});
  Tensor operator()(const Tensor& x) const;  ///< of the shape of `x`
  void visit(Visitor& f);                    ///< names weight, bias, the statistics and the mode
  std::string describe() const;              ///< "BatchNorm1d(64, eps=1e-05, momentum=0.1, ...)"

  Tensor weight;               ///< `[C]`, at first 1; undefined when not affine
  Tensor bias;                 ///< `[C]`, at first 0; undefined when not affine
  Tensor running_mean;         ///< `[C]`, at first 0; undefined when not tracked
  Tensor running_var;          ///< `[C]`, at first 1; undefined when not tracked
  Tensor num_batches_tracked;  ///< int64, how many batches moved them; undefined when not tracked

 private:
  void check(const Tensor& x) const;
  void track(const Tensor& mean, const Tensor& var, std::int64_t count) const;

  std::int64_t num_features_;
  double eps_;
  std::optional<double> momentum_;
  bool training_ = true;
};

/// @}

}  // namespace tapegrad::nn
