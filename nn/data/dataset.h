#pragma once

/// @file
/// Data sets in memory, parts of them, and columns brought to one scale. Anything with `size()` and
/// `batch(indices)` is a data set, too.
///
///     nn::TensorDataset data(tg::randn({100, 3}), tg::randint(0, 2, {100}));
///     auto [train, test] = nn::train_test_split(data, 0.2);
///     const nn::Standardizer scale = nn::Standardizer::fit(data.inputs());

#include <concepts>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad::nn {

/// @addtogroup data
/// @{

/// Some examples of a dataset: `auto [x, y] = dataset.batch(indices);`
struct Batch {
  Tensor inputs;   ///< `[B, ...]`
  Tensor targets;  ///< `[B, ...]`
};

/// What `DataLoader` and the splits take: a number of examples, and a batch of any of them. Copies
/// should be cheap: share the storage.
template <class D>
concept Dataset = std::copyable<D> &&
    requires(const D& dataset, std::span<const std::int64_t> indices) {
  { dataset.size() } -> std::convertible_to<std::int64_t>;
  dataset.batch(indices);
};

/// Inputs and targets in memory: example i is row i of both.
class TensorDataset {
 public:
  /// Shares both tensors. Errors: `ShapeError` for numbers (rank 0) and for different first
  /// dimensions.
  TensorDataset(Tensor inputs, Tensor targets);

  /// Number of examples.
  std::int64_t size() const { return inputs_.size(0); }
  /// The rows `indices`, in that order. Errors: `IndexError`.
  Batch batch(std::span<const std::int64_t> indices) const;
  /// The tensors that it was made of.
  /// @{
  const Tensor& inputs() const noexcept { return inputs_; }
  const Tensor& targets() const noexcept { return targets_; }
  /// @}

 private:
  Tensor inputs_;
  Tensor targets_;
};

namespace detail {
void check_subset(std::int64_t size, std::span<const std::int64_t> indices);
std::vector<std::int64_t> pick(const std::vector<std::int64_t>& from,
                               std::span<const std::int64_t> indices);
std::vector<std::vector<std::int64_t>> split_indices(std::int64_t size,
                                                     const std::vector<std::int64_t>& lengths,
                                                     std::uint64_t seed);
std::int64_t test_size(std::int64_t size, double test_fraction);
}  // namespace detail

/// The examples `indices` of another dataset.
template <Dataset D>
class Subset {
 public:
  /// Errors: `IndexError` for an index that `dataset` does not have.
  Subset(D dataset, std::vector<std::int64_t> indices)
      : dataset_(std::move(dataset)), indices_(std::move(indices)) {
    detail::check_subset(dataset_.size(), indices_);
  }

  /// Number of examples in the subset.
  std::int64_t size() const noexcept { return static_cast<std::int64_t>(indices_.size()); }
  /// A batch of the other dataset; `indices` count within the subset. Errors: `IndexError`.
  auto batch(std::span<const std::int64_t> indices) const {
    return dataset_.batch(detail::pick(indices_, indices));
  }
  /// The dataset that it is a part of.
  const D& dataset() const noexcept { return dataset_; }
  /// The places of its examples there.
  const std::vector<std::int64_t>& indices() const noexcept { return indices_; }

 private:
  D dataset_;
  std::vector<std::int64_t> indices_;
};

/// Cuts a dataset at random into parts of the given lengths; the same `seed` gives the same parts.
/// Errors: `ValueError` unless the lengths are not negative and add up to the dataset's size.
template <Dataset D>
std::vector<Subset<D>> random_split(const D& dataset, const std::vector<std::int64_t>& lengths,
                                    std::uint64_t seed = 0) {
  std::vector<Subset<D>> parts;
  for (auto& indices : detail::split_indices(dataset.size(), lengths, seed))
    parts.emplace_back(dataset, std::move(indices));
  return parts;
}

/// A training and a test part, `.first` and `.second`; the test part has round(size *
/// test_fraction) examples drawn at random. Errors: `ValueError` unless 0 <= test_fraction <= 1.
template <Dataset D>
std::pair<Subset<D>, Subset<D>> train_test_split(const D& dataset, double test_fraction = 0.25,
                                                 std::uint64_t seed = 0) {
  const std::int64_t test = detail::test_size(dataset.size(), test_fraction);
  auto parts = random_split(dataset, {dataset.size() - test, test}, seed);
  return {std::move(parts[0]), std::move(parts[1])};
}

/// Shift and scale that give every column of the training data mean 0 and standard deviation 1.
///
/// Fit it on the training part alone and apply it to all parts, so that nothing of the test data
/// leaks.
struct Standardizer {
  Tensor mean;  ///< shape of one row
  Tensor std;   ///< shape of one row; 1 for columns that are constant

  /// Learns from rows `[N, ...]`. The deviation is that of the population (divided by N).
  /// Errors: `ShapeError` for no rows, `DTypeError` for integers.
  static Standardizer fit(const Tensor& rows);
  /// (rows - mean) / std.
  Tensor apply(const Tensor& rows) const;
  /// rows * std + mean, the way back.
  Tensor undo(const Tensor& rows) const;
};

/// @}

}  // namespace tapegrad::nn
