#pragma once

/// @file
/// Batches of a data set, in order or shuffled; an epoch is a loop over it.
///
///     nn::TensorDataset data(tg::randn({100, 3}), tg::randint(0, 2, {100}));
///     nn::DataLoader loader(data, {.batch_size = 32, .shuffle = true, .seed = 1});
///     for (const auto& [x, y] : loader) fmt::print("{}\n", x.shape());

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "autograd/tensor/require.h"
#include "nn/data/dataset.h"
#include "nn/module/state.h"

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

/// @cond
namespace detail {
/// Batches of an epoch. Errors: `ValueError` unless batch_size >= 1.
std::int64_t count_batches(std::int64_t size, const DataLoaderOptions& options);

/// Where a loader is: `batch` is the next one of `epoch`, and `after` the epoch behind that.
struct LoaderPlace {
  std::int64_t epoch = 0, batch = 0, after = 1;
};
/// One epoch that is gone through.
struct LoaderRun {
  const void* loader;
  std::vector<std::int64_t> order;
  LoaderPlace place;
  bool ended;
  std::uint64_t got = 0;  ///< when its last batch was got, as a number that grows
};
std::shared_ptr<LoaderRun> start_run(const void* loader, std::int64_t size,
                                     const DataLoaderOptions& options, LoaderPlace place);

/// Errors: `ValueError` for a negative epoch.
LoaderPlace place_of_epoch(std::int64_t epoch);
StateDict loader_state(std::int64_t size, const DataLoaderOptions& options, LoaderPlace place);
/// Errors: see `DataLoader::load_state`.
LoaderPlace loaded_place(std::int64_t size, const DataLoaderOptions& options,
                         const StateDict& state);
}  // namespace detail
/// @endcond

/// Cuts a dataset into batches:
///
///     nn::DataLoader loader(dataset, {.batch_size = 64, .shuffle = true, .seed = 1});
///     for (auto [x, y] : loader) ...
///
/// Each loop over it is an epoch. With `shuffle` the order of epoch e is drawn from (seed, e), so
/// that `set_epoch(e)` resumes a run at an epoch exactly, and `load_state` also in the middle of
/// one. The dataset is copied; datasets share their storage.
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
  std::int64_t epoch() const noexcept { return next_.epoch; }
  /// Goes to the beginning of an epoch; that of `epoch()` stays where it is, which after
  /// `load_state` may be in the middle. Errors: `ValueError` for a negative one.
  void set_epoch(std::int64_t epoch) {
    if (epoch != next_.epoch) next_ = detail::place_of_epoch(epoch);
  }

  /// What `load_state` needs to go on: in a loop, behind the batch that it got last, else at the
  /// next epoch; a loop that was left by `break` has ended.
  StateDict state() const { return detail::loader_state(dataset_.size(), options_, place()); }
  /// The next loop goes on where `state()` was asked for: it has the batches of that epoch that
  /// were left, none if that was the last one. Errors: `ValueError` for the state of a loader with
  /// other options or another number of examples, which are named, and for what is no such state;
  /// `ShapeError`; then nothing has changed.
  void load_state(const StateDict& state) {
    tapegrad::detail::allocating_for("DataLoader", [&] { prepare_load(state)(); });
  }

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

    /// Makes the batch. Where that throws, the loader is where it was; the same can be asked for
    /// again.
    value_type operator*() const {
      const std::int64_t size = loader_->options_.batch_size;
      const std::int64_t first = batch_ * size;
      const std::span<const std::int64_t> order(run_->order);
      const std::int64_t count = std::min(size, static_cast<std::int64_t>(order.size()) - first);
      value_type batch = tapegrad::detail::allocating_for("DataLoader", [&] {
        return loader_->dataset_.batch(
            order.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
      });
      run_->place.batch = batch_ + 1;
      run_->got = ++loader_->got_;
      return batch;
    }
    /// Goes to the next batch.
    /// @{
    Iterator& operator++() noexcept {
      run_->ended = ++batch_ == loader_->size();
      return *this;
    }
    void operator++(int) noexcept { ++*this; }
    /// @}
    /// True after the last batch.
    friend bool operator==(const Iterator& a, std::default_sentinel_t) noexcept {
      return a.batch_ == a.loader_->size();
    }

   private:
    friend DataLoader;
    Iterator(const DataLoader* loader, std::shared_ptr<detail::LoaderRun> run)
        : loader_(loader), run_(std::move(run)), batch_(run_->place.batch) {}

    const DataLoader* loader_;
    std::shared_ptr<detail::LoaderRun> run_;
    std::int64_t batch_;
  };

  /// Starts the next epoch, or goes on with one that was loaded.
  Iterator begin() {
    return tapegrad::detail::allocating_for("DataLoader", [&] {
      auto run = detail::start_run(this, dataset_.size(), options_, next_);
      std::erase_if(runs_, [](const auto& each) { return each.expired(); });
      runs_.push_back(run);
      next_ = {next_.after, 0, next_.after + 1};
      return Iterator(this, std::move(run));
    });
  }
  /// Behind the last batch of any epoch.
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  friend class Checkpoint;
  /// Has the errors of `load_state`; what it returns loads, and has none.
  std::function<void()> prepare_load(const StateDict& state) {
    return [this, place = detail::loaded_place(dataset_.size(), options_, state)] {
      next_ = place;
      runs_.clear();
    };
  }
  /// That of the loop, of those in the middle of an epoch, that got a batch last: there may be
  /// loops in loops. One that nobody goes on with has ended; so has, for this loader, one of the
  /// loader that it is a copy of.
  detail::LoaderPlace place() const {
    std::shared_ptr<detail::LoaderRun> last;
    for (const auto& each : runs_) {
      const auto run = each.lock();
      if (run && run->loader == this && !run->ended && (!last || run->got > last->got)) last = run;
    }
    return last ? detail::LoaderPlace{last->place.epoch, last->place.batch, next_.epoch} : next_;
  }

  D dataset_;
  DataLoaderOptions options_;
  std::int64_t batches_;
  detail::LoaderPlace next_;
  std::vector<std::weak_ptr<detail::LoaderRun>> runs_;
  mutable std::uint64_t got_ = 0;
};

/// @}

}  // namespace tapegrad::nn
