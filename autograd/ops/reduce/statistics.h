#pragma once

/// @file
/// Further reductions: medians, quantiles, covariances, differences, integrals, and those that pass
/// NaN by.
///
///     tg::Tensor x = tg::randn({100});
///     tg::Tensor quartiles = tg::quantile(x, tg::tensor({0.25, 0.5, 0.75}));
///     tg::Tensor integral = tg::trapezoid(tg::sin(tg::linspace(0, 3.14, 100)), {.dx = 0.0314});

#include <optional>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup reductions
/// @{

/// What `var_mean` returns.
struct VarAndMean {
  Tensor var;   ///< as `var` gives it
  Tensor mean;  ///< as `mean` gives it
};
/// What `std_mean` returns.
struct StdAndMean {
  Tensor std;   ///< as `std` gives it
  Tensor mean;  ///< as `mean` gives it
};
/// What `aminmax` returns.
struct MinAndMax {
  Tensor min;  ///< as `amin` gives it
  Tensor max;  ///< as `amax` gives it
};

/// One element or more is true over `dims`; false for nothing. `bool`, never recorded. Other types
/// count as `x != 0`, so that NaN is true.
Tensor any(const Tensor& x, const Dims& dims, Flag keepdim = false);
/// Every element is true over `dims`; true for nothing. As `any`.
Tensor all(const Tensor& x, const Dims& dims, Flag keepdim = false);
/// How many elements over `dims` are not 0 (int64); NaN is not. Never recorded.
Tensor count_nonzero(const Tensor& x, const Dims& dims = {});
/// The sum of the elements that are not NaN; these get gradient 0. That of nothing is 0.
Tensor nansum(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
/// The mean of the elements that are not NaN; these get gradient 0. That of nothing is NaN. Errors:
/// `DTypeError` unless floating-point.
Tensor nanmean(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
/// `var` and `mean`. Errors: `DTypeError` unless floating-point.
VarAndMean var_mean(const Tensor& x, const Dims& dims = {}, Integer correction = 1,
                    Flag keepdim = false);
/// `std` and `mean`. Errors: `DTypeError` unless floating-point.
StdAndMean std_mean(const Tensor& x, const Dims& dims = {}, Integer correction = 1,
                    Flag keepdim = false);
/// `amin` and `amax`: NaN is both; equal elements share each gradient evenly. Errors: `ShapeError`
/// over an empty dimension.
MinAndMax aminmax(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);

/// The median of all elements, of an even number the lower one; NaN where there is one. Equal
/// elements share the gradient evenly. That of no floating-point elements is NaN. Errors:
/// `ShapeError` for no elements of another type.
Tensor median(const Tensor& x);
/// The same along `dim`, with the index (int64) of one such element, which alone gets the gradient;
/// the first NaN wins. Errors: `ShapeError` over an empty dimension.
ValuesAndIndices median(const Tensor& x, int dim, Flag keepdim = false);
/// As `median`, of the elements that are not NaN; NaN where all are.
/// @{
Tensor nanmedian(const Tensor& x);
ValuesAndIndices nanmedian(const Tensor& x, int dim, Flag keepdim = false);
/// @}
/// The most frequent element along `dim`, the smallest of several, and the index (int64) of the
/// last such, which alone gets the gradient. NaN equals nothing. Errors: `ShapeError` over an empty
/// dimension.
ValuesAndIndices mode(const Tensor& x, int dim = -1, Flag keepdim = false);

/// What a quantile is between two elements.
enum class Interpolation {
  linear,   ///< on the line between both
  lower,    ///< the smaller one
  higher,   ///< the larger one
  nearest,  ///< the nearer one; halfway, that at the even place
  midpoint  ///< in the middle of both
};
/// The value below which the share `q` of all elements lies: that at place q (n - 1) of their
/// order. `q` is a number, a 0-d tensor, or a vector, whose quantiles are the first dimension of
/// the result. NaN where an element is NaN. The gradient goes to the two elements beside the place,
/// and to `q`. Errors: `DTypeError` unless floating-point, and `q` of the same type or a number;
/// `ValueError` for a `q` outside [0, 1]; `ShapeError` for nothing.
Tensor quantile(const Tensor& x, const Tensor& q,
                Interpolation interpolation = Interpolation::linear);
/// The same, with all dimensions kept, of size 1, when `keepdim`: `quantile(x, q, std::nullopt,
/// true)`.
Tensor quantile(const Tensor& x, const Tensor& q, std::nullopt_t dim, Flag keepdim,
                Interpolation interpolation = Interpolation::linear);
/// The same along `dim`.
Tensor quantile(const Tensor& x, const Tensor& q, int dim, Flag keepdim = false,
                Interpolation interpolation = Interpolation::linear);
/// As `quantile`, of the elements that are not NaN; NaN where all are.
/// @{
Tensor nanquantile(const Tensor& x, const Tensor& q,
                   Interpolation interpolation = Interpolation::linear);
Tensor nanquantile(const Tensor& x, const Tensor& q, std::nullopt_t dim, Flag keepdim,
                   Interpolation interpolation = Interpolation::linear);
Tensor nanquantile(const Tensor& x, const Tensor& q, int dim, Flag keepdim = false,
                   Interpolation interpolation = Interpolation::linear);
/// @}

/// How `diff` takes differences.
struct DiffOptions {
  std::int64_t n = 1;   ///< how often
  int dim = -1;         ///< along which dimension
  Tensor prepend = {};  ///< entries before the first, or undefined
  Tensor append = {};   ///< entries after the last, or undefined
};
/// x[i + 1] - x[i], `n` times: each time there is one entry less. Of bool `logical_xor`. `n` = 0
/// gives `x` itself. Errors: `ShapeError` for a number; `ValueError` for a negative `n`.
Tensor diff(const Tensor& x, const DiffOptions& options = {});

/// Where the values of `trapezoid` stand, when they are evenly spaced.
struct TrapezoidOptions {
  double dx = 1;  ///< the distance between two
  int dim = -1;   ///< along which dimension
};
/// The integral of `y` by the trapezoidal rule, the sum of (y[i] + y[i + 1]) / 2 dx. Integers give
/// the default type. Errors: `ShapeError` for a number.
Tensor trapezoid(const Tensor& y, const TrapezoidOptions& options = {});
/// The same for values at the places `x`, a vector of that many, or of a shape that broadcasts to
/// that of `y`.
Tensor trapezoid(const Tensor& y, const Tensor& x, int dim = -1);
/// The integrals up to each place but the first.
/// @{
Tensor cumulative_trapezoid(const Tensor& y, const TrapezoidOptions& options = {});
Tensor cumulative_trapezoid(const Tensor& y, const Tensor& x, int dim = -1);
/// @}

/// How `cov` counts observations.
struct CovOptions {
  std::int64_t correction = 1;  ///< divides by their number minus this
  Tensor fweights = {};         ///< how often each one was made (int64 vector), or undefined
  Tensor aweights = {};         ///< how much each one counts (vector), or undefined
};
/// The covariances `[n, n]` of `n` variables, the rows of `x`, whose columns are observations; of a
/// vector its variance. Errors: `DTypeError` unless floating-point, and for weights of the wrong
/// type; `ShapeError` for more dimensions, and for weights that do not fit; `ValueError` for
/// negative weights.
Tensor cov(const Tensor& x, const CovOptions& options = {});
/// The correlations `[n, n]`, which are the covariances in units of both deviations, within
/// [-1, 1]; of a vector 1. Errors: as for `cov`.
Tensor corrcoef(const Tensor& x);

/// @}

}  // namespace tapegrad
