#include "nn/layers/init.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"

namespace tapegrad::nn::init {

using tapegrad::detail::require_floating;

namespace {

void check_matrix(const char* name, const Tensor& tensor) {
  require_floating(tensor, name);
  if (tensor.dim() < 2) {
    fail<ShapeError>("{}: a weight [out, in, ...] of at least 2 dimensions is needed, got {}", name,
                     tensor.shape());
  }
}

struct Fans {
  double in, out;
};

Fans fans(const char* name, const Tensor& tensor) {
  check_matrix(name, tensor);
  const Shape& shape = tensor.shape();
  const auto rest = static_cast<double>(shape.slice(2, shape.rank()).numel());
  return {double(shape[1]) * rest, double(shape[0]) * rest};
}

double xavier_std(const char* name, const Tensor& tensor, double gain) {
  const Fans fan = fans(name, tensor);
  return gain * std::sqrt(2 / (fan.in + fan.out));
}

double kaiming_std(const char* name, const Tensor& tensor, const KaimingOptions& options) {
  const Fans fan = fans(name, tensor);
  return calculate_gain(options.nonlinearity, options.a) /
         std::sqrt(options.mode == FanMode::fan_in ? fan.in : fan.out);
}

/// A fan of 0 makes the deviation infinite; such a tensor has no elements.
Tensor& fill_uniform(Tensor& tensor, double std, Generator& generator) {
  if (tensor.numel() == 0) return tensor;
  const double bound = std::sqrt(3.0) * std;
  return init::uniform_(tensor, -bound, bound, generator);
}
Tensor& fill_normal(Tensor& tensor, double std, Generator& generator) {
  if (tensor.numel() == 0) return tensor;
  return init::normal_(tensor, 0, std, generator);
}

double normal_cdf(double z) { return 0.5 * std::erfc(-z * std::sqrt(0.5)); }

/// The z with Phi(z) = p, for 0 < p <= 1/2. Abramowitz and Stegun, formula 26.2.23 (error
/// below 4.5e-4), then two of Halley's steps, each of which triples the number of digits.
double lower_normal_quantile(double p) {
  const double t = std::sqrt(-2 * std::log(p));
  double z = (2.515517 + t * (0.802853 + t * 0.010328)) /
                 (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
             t;
  for (int step = 0; step < 2; ++step) {
    const double u = (normal_cdf(z) - p) * std::sqrt(2 * std::numbers::pi) * std::exp(0.5 * z * z);
    z -= u / (1 + 0.5 * z * u);
  }
  return z;
}

double normal_quantile(double p) {
  return p <= 0.5 ? lower_normal_quantile(p) : -lower_normal_quantile(1 - p);
}

}  // namespace

double calculate_gain(Nonlinearity nonlinearity, double negative_slope) {
  switch (nonlinearity) {
    case Nonlinearity::tanh:
      return 5.0 / 3;
    case Nonlinearity::relu:
      return std::sqrt(2.0);
    case Nonlinearity::leaky_relu:
      return std::sqrt(2 / (1 + negative_slope * negative_slope));
    case Nonlinearity::selu:
      return 0.75;
    case Nonlinearity::linear:
    case Nonlinearity::sigmoid:
      break;
  }
  return 1;
}

Tensor& uniform_(Tensor& tensor, double low, double high, Generator& generator) {
  const NoGrad no_grad;
  return tapegrad::uniform_(tensor, low, high, generator);
}

Tensor& normal_(Tensor& tensor, double mean, double std, Generator& generator) {
  const NoGrad no_grad;
  return tapegrad::normal_(tensor, mean, std, generator);
}

Tensor& constant_(Tensor& tensor, double value) {
  require_floating(tensor, "constant_");
  const NoGrad no_grad;
  return tensor.fill_(value);
}
Tensor& zeros_(Tensor& tensor) { return constant_(tensor, 0); }
Tensor& ones_(Tensor& tensor) { return constant_(tensor, 1); }

Tensor& xavier_uniform_(Tensor& tensor, double gain, Generator& generator) {
  return fill_uniform(tensor, xavier_std("xavier_uniform_", tensor, gain), generator);
}
Tensor& xavier_normal_(Tensor& tensor, double gain, Generator& generator) {
  return fill_normal(tensor, xavier_std("xavier_normal_", tensor, gain), generator);
}
Tensor& kaiming_uniform_(Tensor& tensor, const KaimingOptions& options, Generator& generator) {
  return fill_uniform(tensor, kaiming_std("kaiming_uniform_", tensor, options), generator);
}
Tensor& kaiming_normal_(Tensor& tensor, const KaimingOptions& options, Generator& generator) {
  return fill_normal(tensor, kaiming_std("kaiming_normal_", tensor, options), generator);
}

Tensor& orthogonal_(Tensor& tensor, double gain, Generator& generator) {
  check_matrix("orthogonal_", tensor);
  if (tensor.numel() == 0) return tensor;
  const NoGrad no_grad;
  const std::int64_t rows = tensor.size(0);
  const std::int64_t columns = tensor.numel() / rows;
  const std::int64_t count = std::min(rows, columns);

  // Gram-Schmidt on normally distributed rows, each step done twice, which keeps full precision
  // (Giraud, Langou and Rozloznik, 2005). Equal to QR with a positive diagonal of R, so no
  // direction is preferred (Mezzadri, 2007).
  Tensor q = randn({count, std::max(rows, columns)}, float64, generator);
  for (std::int64_t i = 0; i < count; ++i) {
    Tensor row = q.select(0, i);
    for (int pass = 0; pass < 2 && i > 0; ++pass) {
      const Tensor before = q.narrow(0, 0, i);
      row = row - matmul(matmul(before, row), before);
    }
    Tensor unit = q[i];  // shows the data of q
    unit.copy_(row / sqrt(sum(square(row))));
  }
  if (rows > columns) q = t(q);
  return tensor.copy_(reshape(q * gain, tensor.shape()));
}

Tensor& trunc_normal_(Tensor& tensor, double mean, double std, double a, double b,
                      Generator& generator) {
  require_floating(tensor, "trunc_normal_");
  if (!(std > 0) || !(a < b)) {
    fail<ValueError>("trunc_normal_: std must be above 0 and a below b, got std {}, a {} and b {}",
                     std, a, b);
  }
  // In the upper tail probabilities near 1 have few digits, so an interval above the mean is
  // mirrored.
  const bool mirror = a > mean;
  const double low = (mirror ? mean - b : a - mean) / std;
  const double high = (mirror ? mean - a : b - mean) / std;
  const double p_low = normal_cdf(low);
  const double p_high = normal_cdf(high);
  if (!(p_low < p_high)) {
    fail<ValueError>(
        "trunc_normal_: [{}, {}] is too many deviations from the mean {} to have any probability",
        a, b, mean);
  }
  const NoGrad no_grad;
  Tensor values = empty(tensor.shape(), float64);
  tapegrad::uniform_(values, p_low, p_high, generator);
  values.write<double>([&](std::span<double> elements) {
    for (double& element : elements) {
      const double z = normal_quantile(std::max(element, 1e-300));
      element = std::clamp(mean + (mirror ? -z : z) * std, a, b);
    }
  });
  return tensor.copy_(values);
}

}  // namespace tapegrad::nn::init
