#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "nn/data/dataset.h"

namespace tapegrad::nn {

/// @addtogroup data
/// @{

/// A permutation of 0 ... size-1 that depends on `seed` and `epoch` alone.
std::vector<std::int64_t> epoch_order(std::int64_t size, std::uint64_t seed, std::int64_t epoch);

/// How a `DataLoader` goes through its dataset.
struct DataLoaderOptions {
  std::int64_t batch_size = 1;  ///< examples in a batch, at least 1
  bool shuffle = false;         ///< a new order each epoch
  std::uint64_t seed = 0;       ///< of the orders
  bool drop_last = false;       ///< leave out the last batch when it is smaller than the others
};

namespace detail {
/// Batches of an epoch. Errors: `ValueError` unless batch_size >= 1.
std::int64_t count_batches(std::int64_t size, const DataLoaderOptions& options);
std::vector<std::int64_t> loader_order(std::int64_t size, const DataLoaderOptions& options,
                                       std::int64_t epoch);
}  // namespace detail

/// Cuts a dataset into batches:
///
///     nn::DataLoader loader(dataset, {.batch_size = 64, .shuffle = true, .seed = 1});
///     for (auto [x, y] : loader) ...
///
/// Each loop over it is an epoch. With `shuffle` the order of epoch e is drawn from (seed, e), so
/// that `set_epoch(e)` resumes a run exactly. The dataset is copied; datasets share their storage.
template <Dataset D>
class DataLoader {
 public:
  /// Errors: `ValueError` unless batch_size >= 1.
  explicit DataLoader(D dataset, DataLoaderOptions options = {})
      : dataset_(std::move(dataset)),
        options_(options),
        batches_(detail::count_batches(dataset_.size(), options)) {}

  /// Batches of an epoch.
  std::int64_t size() const noexcept { return batches_; }
  /// The dataset that it goes through.
  const D& dataset() const noexcept { return dataset_; }
  /// What the constructor was given.
  const DataLoaderOptions& options() const noexcept { return options_; }
  /// The epoch that the next loop runs, counted from 0.
  std::int64_t epoch() const noexcept { return epoch_; }
  /// Goes to an epoch.
  void set_epoch(std::int64_t epoch) noexcept { epoch_ = epoch; }

  /// Makes the batches of one epoch, each when it is asked for.
  class Iterator {
   public:
    /// What `std::iterator_traits` asks for: an input iterator, whose value is a batch.
    /// @{
    using iterator_category = std::input_iterator_tag;
    using value_type = decltype(std::declval<const D&>().batch(std::span<const std::int64_t>()));
    using difference_type = std::ptrdiff_t;
    using reference = value_type;
    using pointer = void;
    /// @}

    /// Makes the batch.
    value_type operator*() const {
      const std::int64_t size = loader_->options_.batch_size;
      const std::int64_t first = batch_ * size;
      const std::int64_t count = std::min(size, static_cast<std::int64_t>(order_->size()) - first);
      return loader_->dataset_.batch(std::span(*order_).subspan(static_cast<std::size_t>(first),
                                                                static_cast<std::size_t>(count)));
    }
    /// Goes to the next batch.
    /// @{
    Iterator& operator++() noexcept {
      ++batch_;
      return *this;
    }
    void operator++(int) noexcept { ++batch_; }
    /// @}
    /// True after the last batch.
    friend bool operator==(const Iterator& a, std::default_sentinel_t) noexcept {
      return a.batch_ == a.loader_->size();
    }

   private:
    friend DataLoader;
    Iterator(const DataLoader* loader, std::vector<std::int64_t> order)
        : loader_(loader),
          order_(std::make_shared<const std::vector<std::int64_t>>(std::move(order))) {}

    const DataLoader* loader_;
    std::shared_ptr<const std::vector<std::int64_t>> order_;
    std::int64_t batch_ = 0;
  };

  /// Starts the next epoch.
  Iterator begin() {
    return Iterator(this, detail::loader_order(dataset_.size(), options_, epoch_++));
  }
  /// Behind the last batch of any epoch.
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  D dataset_;
  DataLoaderOptions options_;
  std::int64_t batches_;
  std::int64_t epoch_ = 0;
};

/// @}

}  // namespace tapegrad::nn
