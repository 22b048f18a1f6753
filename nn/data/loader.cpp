#include "nn/data/loader.h"

#include <numeric>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/random.h"

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

std::vector<std::int64_t> loader_order(std::int64_t size, const DataLoaderOptions& options,
                                       std::int64_t epoch) {
  if (options.shuffle) return epoch_order(size, options.seed, epoch);
  std::vector<std::int64_t> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

}  // namespace detail

}  // namespace tapegrad::nn
