#pragma once

/// @file
/// How often elements are there, and where they would stand: `unique`, `bincount`, histograms,
/// searches.
///
///     tg::Tensor classes = tg::tensor({2, 0, 2, 1});
///     tg::Tensor counts = tg::bincount(classes), different = tg::unique(classes).output;
///     tg::Tensor bins = tg::bucketize(tg::tensor({0.3, 2.7}), tg::tensor({1.0, 2.0}));

#include <concepts>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup order
/// @{

/// What `unique` and `unique_consecutive` return.
struct UniqueElements {
  Tensor output;           ///< the different elements; ascending, or where they stood
  Tensor inverse_indices;  ///< for each element of the input, which of them it is (int64)
  Tensor counts;           ///< how often each of them is there (int64)
};
/// The different elements of `x` as a vector; each NaN is different. Never recorded.
UniqueElements unique(const Tensor& x);
/// Of which `unique` finds the different ones.
struct UniqueOptions {
  int dim = 0;  ///< the entries of this dimension
  /// Whether they are to be in order. They are so also where it is false, which allows any order.
  Flag sorted = true;
};
/// The different entries of a dimension, `unique(x, {.dim = 1})`: `output` holds them along it, in
/// the order of their first elements, where these are equal of their second ones, and so on; the
/// indices are a vector, one for each entry. Errors: `IndexError` unless it is a dimension of `x`.
UniqueElements unique(const Tensor& x, const UniqueOptions& options);

/// `unique(x)`, whose elements are in order also where `sorted` does not ask for that.
template <std::same_as<bool> Sorted>
UniqueElements unique(const Tensor& x, [[maybe_unused]] Sorted sorted) {
  return unique(x);
}

/// The elements of `x`, read one after the other, as a vector that has the first of each run of
/// equal ones: `output`, with the run of each element and the lengths as `unique` gives them. Each
/// NaN is a run of its own. Never recorded.
UniqueElements unique_consecutive(const Tensor& x);
/// The same with the entries of a dimension, along which `output` holds the first of each run of
/// equal ones. Errors: `IndexError` unless it is a dimension of `x`.
UniqueElements unique_consecutive(const Tensor& x, int dim);

/// How often each of 0, 1, ... is among `x` (int64 vector): at least `minlength` counts, int64, or
/// the sums of the `weights`, one for each element, of their type (integers and bool: `float64`).
/// Never recorded. Errors: `DTypeError`; `ShapeError`; `ValueError` for negative elements and a
/// negative `minlength`.
Tensor bincount(const Tensor& x, const Tensor& weights = {}, Integer minlength = 0);

/// How `histc` counts.
struct HistcOptions {
  std::int64_t bins = 100;  ///< how many
  double min = 0;           ///< where the first begins; where it equals `max`, the least element
  double max = 0;           ///< where the last one ends, which it includes; or the largest element
};
/// How many elements lie in each of `bins` equal parts of [min, max], of the type of `x`. Those
/// outside, and NaN, count nowhere. Never recorded. Errors: `DTypeError` unless floating-point;
/// `ValueError` for less than one bin, and bounds that are in the wrong order or not finite.
Tensor histc(const Tensor& x, const HistcOptions& options = {});

/// Where each of `values` would be put into the ascending `sorted_sequence`: before equal elements,
/// or behind them where `right` (int64, of the shape of `values`). NaN counts as larger than all
/// numbers. The sequence is a vector, or `[..., n]` for values `[..., m]`. Both are converted to
/// their common type. Never recorded. Errors: `ShapeError`.
Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& values, Flag right = false);
/// Where values go among elements that are equal to them.
enum class Side {
  left,  ///< before them
  right  ///< behind them
};
/// How `searchsorted` searches.
struct SearchsortedOptions {
  Side side = Side::left;  ///< before or behind equal elements
  /// The indices that sort the sequence, as `argsort` gives them, which then need not be sorted.
  Tensor sorter = {};
};
/// The same, with these options. Errors: also `DTypeError` and `ShapeError` unless the sorter is
/// int64, of the shape of the sequence; `IndexError` for what is no index.
Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& values,
                    const SearchsortedOptions& options);
/// `searchsorted(boundaries, x, right)`, for a vector of boundaries: between which of them each
/// element of `x` lies.
Tensor bucketize(const Tensor& x, const Tensor& boundaries, Flag right = false);
/// Whether each of `elements` is among `test_elements` (`bool`), or is not where `invert`. NaN is
/// not. `assume_unique` changes nothing. Never recorded.
Tensor isin(const Tensor& elements, const Tensor& test_elements, Flag assume_unique = false,
            Flag invert = false);

/// @}

}  // namespace tapegrad
