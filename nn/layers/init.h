#pragma once

/// @file
/// How weights start. Layers start as those of PyTorch do; these are for other beginnings.
///
///     nn::Linear layer(64, 32);
///     nn::init::kaiming_normal_(layer.weight, {.nonlinearity = nn::init::Nonlinearity::relu});
///     nn::init::zeros_(layer.bias);

#include "autograd/tensor/create/random.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad::nn::init {

/// @addtogroup init
/// How weights start. Each function fills a floating-point tensor in place, without being recorded,
/// so that parameters may be given, and returns it. All errors leave the tensor as it was.
///
/// For weights `[out, in, ...]` fan_in is in times, and fan_out out times, the product of the
/// further sizes.
/// @{

/// The function that follows a weight.
enum class Nonlinearity {
  linear,      ///< none
  sigmoid,     ///< `sigmoid`
  tanh,        ///< `tanh`
  relu,        ///< `relu`
  leaky_relu,  ///< `leaky_relu`, with a slope beside
  selu         ///< the self-normalising ELU. Klambauer et al., NeurIPS 2017
};

/// Which fan the deviation is computed from, and so where the variance of the values is kept.
enum class FanMode {
  fan_in,  ///< in the forward pass
  fan_out  ///< in the backward pass
};

/// The factor by which a weight's standard deviation makes up for `nonlinearity`: 1, 1, 5/3,
/// sqrt(2), sqrt(2 / (1 + negative_slope^2)), 3/4 (PyTorch's values). He et al., ICCV 2015.
double calculate_gain(Nonlinearity nonlinearity, double negative_slope = 0.01);

/// Uniform on [low, high). Errors: those of `tapegrad::uniform_`, but for the recording.
Tensor& uniform_(Tensor& tensor, double low = 0, double high = 1,
                 Generator& generator = default_generator());
/// Normal. Errors: those of `tapegrad::normal_`, but for the recording.
Tensor& normal_(Tensor& tensor, double mean = 0, double std = 1,
                Generator& generator = default_generator());
/// Every element `value`. Errors: `DTypeError` unless floating-point.
Tensor& constant_(Tensor& tensor, double value);
Tensor& zeros_(Tensor& tensor);  ///< `constant_` with 0
Tensor& ones_(Tensor& tensor);   ///< `constant_` with 1

/// Uniform on +-gain sqrt(6 / (fan_in + fan_out)). Glorot and Bengio, AISTATS 2010, equation 16.
/// Errors: `ShapeError` for less than 2 dimensions.
Tensor& xavier_uniform_(Tensor& tensor, double gain = 1,
                        Generator& generator = default_generator());
/// Normal with standard deviation gain sqrt(2 / (fan_in + fan_out)). Errors: `ShapeError` for less
/// than 2 dimensions.
Tensor& xavier_normal_(Tensor& tensor, double gain = 1, Generator& generator = default_generator());

/// The settings of `kaiming_uniform_` and `kaiming_normal_`; the gain is `calculate_gain` of the
/// last and the first.
struct KaimingOptions {
  double a = 0;                                          ///< negative slope, for `leaky_relu`
  FanMode mode = FanMode::fan_in;                        ///< which fan
  Nonlinearity nonlinearity = Nonlinearity::leaky_relu;  ///< what follows the weight
};
/// Uniform on +-gain sqrt(3 / fan). He et al., "Delving deep into rectifiers", ICCV 2015. Errors:
/// `ShapeError` for less than 2 dimensions.
Tensor& kaiming_uniform_(Tensor& tensor, const KaimingOptions& options = {},
                         Generator& generator = default_generator());
/// Normal with standard deviation gain / sqrt(fan). Errors: `ShapeError` for less than 2
/// dimensions.
Tensor& kaiming_normal_(Tensor& tensor, const KaimingOptions& options = {},
                        Generator& generator = default_generator());

/// Rows that are orthogonal to each other (columns, where there are more rows than columns) and of
/// length `gain`, all such matrices being equally likely; further dimensions count as columns. Saxe
/// et al., ICLR 2014. Errors: `ShapeError` for less than 2 dimensions.
Tensor& orthogonal_(Tensor& tensor, double gain = 1, Generator& generator = default_generator());

/// Normal, with what lies outside [a, b] left out. The bounds are values, not multiples of `std`.
/// Errors: `ValueError` unless a < b and std > 0, and for an interval too far out to have any
/// probability.
Tensor& trunc_normal_(Tensor& tensor, double mean = 0, double std = 1, double a = -2, double b = 2,
                      Generator& generator = default_generator());

/// @}

}  // namespace tapegrad::nn::init
