#include "nn/data/loader.h"

#include <numeric>
#include <string_view>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/random.h"
#include "autograd/tensor/require.h"
#include "nn/module/loaded_state.h"

namespace tapegrad::nn {

std::vector<std::int64_t> epoch_order(std::int64_t size, std::uint64_t seed, std::int64_t epoch) {
  // Epochs are far apart in the sequence of one generator: a permutation uses fewer than 2^40
  // blocks.
  Generator generator(seed);
  generator.set_position(static_cast<std::uint64_t>(epoch) << 40);
  const Tensor order = randperm(size, generator);
  const auto data = order.data<std::int64_t>();
  return {data.begin(), data.end()};
}

namespace detail {

std::int64_t count_batches(std::int64_t size, const DataLoaderOptions& options) {
  if (options.batch_size < 1)
    fail<ValueError>("DataLoader: batch_size must be at least 1, but is {}", options.batch_size);
  const bool partial = size % options.batch_size != 0;
  return size / options.batch_size + (partial && !options.drop_last);
}

std::shared_ptr<LoaderRun> start_run(const void* loader, std::int64_t size,
                                     const DataLoaderOptions& options, LoaderPlace place) {
  std::vector<std::int64_t> order;
  if (options.shuffle) {
    order = epoch_order(size, options.seed, place.epoch);
  } else {
    order.resize(static_cast<std::size_t>(size));
    std::iota(order.begin(), order.end(), 0);
  }
  const bool ended = place.batch == count_batches(size, options);
  return std::make_shared<LoaderRun>(LoaderRun{loader, std::move(order), place, ended});
}

namespace {

constexpr std::string_view kFamily = "loader", kKind = "DataLoader";

/// What makes the batches of an epoch what they are.
std::vector<Option> options_of(std::int64_t size, const DataLoaderOptions& options) {
  // As one number where a double holds it.
  const std::uint64_t seed = options.seed;
  const auto part = [seed](int from) {
    return static_cast<std::int64_t>(seed >> from & 0xffffffff);
  };
  return {{"examples", size},
          {"batch_size", options.batch_size},
          {"shuffle", options.shuffle},
          seed >> 53 ? Option("seed", {part(32), part(0)}) : Option("seed", seed),
          {"drop_last", options.drop_last}};
}

}  // namespace

LoaderPlace place_of_epoch(std::int64_t epoch) {
  constexpr std::int64_t kMost = std::int64_t{1} << 53;
  if (epoch < 0 || epoch >= kMost)
    fail<ValueError>("DataLoader: epochs are counted from 0 to 2^53, so there is no epoch {}",
                     epoch);
  return {epoch, 0, epoch + 1};
}

StateDict loader_state(std::int64_t size, const DataLoaderOptions& options, LoaderPlace place) try {
  StateDict state = state_of(kFamily, kKind);
  add_options(state, options_of(size, options));
  state.push_back({"epoch", tensor(place.epoch)});
  state.push_back({"batch", tensor(place.batch)});
  state.push_back({"epoch_after", tensor(place.after)});
  return state;
} catch (...) {
  tapegrad::detail::rethrow_for("DataLoader");
}

LoaderPlace loaded_place(std::int64_t size, const DataLoaderOptions& options,
                         const StateDict& state) try {
  LoadedState loaded(kFamily, kKind, state);
  loaded.require_options(options_of(size, options));
  const LoaderPlace place{loaded.require_count("epoch"), loaded.require_count("batch"),
                          loaded.require_count("epoch_after")};
  const std::int64_t batches = count_batches(size, options);
  if (loaded.fits() && place.batch > batches)
    loaded.misfit<ValueError>("the state is at batch {}, and an epoch has {}", place.batch,
                              batches);
  loaded.finish();
  return place;
} catch (...) {
  tapegrad::detail::rethrow_for("DataLoader");
}

}  // namespace detail

}  // namespace tapegrad::nn
