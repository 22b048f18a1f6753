#include "nn/data/dataset.h"

#include <fmt/format.h>

#include <cmath>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "nn/data/loader.h"

namespace tapegrad::nn {

TensorDataset::TensorDataset(Tensor inputs, Tensor targets)
    : inputs_(std::move(inputs)), targets_(std::move(targets)) {
  if (inputs_.dim() == 0 || targets_.dim() == 0)
    fail<ShapeError>("TensorDataset: inputs {} and targets {} need a first dimension of examples",
                     inputs_.shape(), targets_.shape());
  if (inputs_.size(0) != targets_.size(0))
    fail<ShapeError>("TensorDataset: inputs {} and targets {} differ in the number of examples",
                     inputs_.shape(), targets_.shape());
}

Batch TensorDataset::batch(std::span<const std::int64_t> indices) const {
  const Tensor index = tensor(indices);
  return {index_select(inputs_, 0, index), index_select(targets_, 0, index)};
}

namespace detail {

void check_subset(std::int64_t size, std::span<const std::int64_t> indices) {
  for (std::size_t i = 0; i < indices.size(); ++i)
    if (indices[i] < 0 || indices[i] >= size)
      fail<IndexError>("Subset: index {} at position {} is outside a dataset of {} examples",
                       indices[i], i, size);
}

std::vector<std::int64_t> pick(const std::vector<std::int64_t>& from,
                               std::span<const std::int64_t> indices) {
  check_subset(static_cast<std::int64_t>(from.size()), indices);
  std::vector<std::int64_t> picked(indices.size());
  for (std::size_t i = 0; i < indices.size(); ++i)
    picked[i] = from[static_cast<std::size_t>(indices[i])];
  return picked;
}

std::vector<std::vector<std::int64_t>> split_indices(std::int64_t size,
                                                     const std::vector<std::int64_t>& lengths,
                                                     std::uint64_t seed) {
  std::int64_t left = size;
  for (const std::int64_t length : lengths) {
    // Compared before the subtraction, so that huge lengths cannot overflow.
    if (length < 0) fail<ValueError>("random_split: a length of {} is negative", length);
    left = length > left ? -1 : left - length;
    if (left < 0) break;
  }
  if (left != 0)
    fail<ValueError>("random_split: the lengths [{}] do not add up to the {} examples",
                     fmt::join(lengths, ", "), size);
  // Epoch -1, so that a loader with the same seed shuffles differently.
  const std::vector<std::int64_t> order = epoch_order(size, seed, -1);
  std::vector<std::vector<std::int64_t>> parts;
  auto from = order.begin();
  for (const std::int64_t length : lengths) {
    parts.emplace_back(from, from + length);
    from += length;
  }
  return parts;
}

std::int64_t test_size(std::int64_t size, double test_fraction) {
  if (!(test_fraction >= 0 && test_fraction <= 1))
    fail<ValueError>("train_test_split: test_fraction must be in [0, 1], but is {}", test_fraction);
  return std::llround(static_cast<double>(size) * test_fraction);
}

}  // namespace detail

Standardizer Standardizer::fit(const Tensor& rows) {
  if (rows.dim() == 0 || rows.size(0) == 0)
    fail<ShapeError>("Standardizer: needs at least one row, but the data is {}", rows.shape());
  if (!is_floating_point(rows.dtype()))
    fail<DTypeError>("Standardizer: takes floating-point data, but this is {}; use to(float32)",
                     rows.dtype());
  const NoGrad no_grad;
  // From the distances to one row, which keep digits that a large common offset would take.
  const Tensor mean = rows[0] + tapegrad::mean(rows - rows[0], 0);
  const Tensor std = tapegrad::std(rows, 0, 0);
  return {mean, where(std > 0, std, ones_like(std))};
}

Tensor Standardizer::apply(const Tensor& rows) const { return (rows - mean) / std; }

Tensor Standardizer::undo(const Tensor& rows) const { return rows * std + mean; }

}  // namespace tapegrad::nn
