#pragma once

/// @file
/// How many threads share one large operation, and the loop by which they do. Results have the same
/// bits for every number.
///
///     tg::set_num_threads(2);
///     tg::sum(tg::ones({1000, 1000}));
///     tg::set_num_threads(1);

#include <atomic>
#include <cstdint>
#include <memory>
#include <type_traits>

#include "autograd/base/cxx20.h"
#include "autograd/base/threads/tile.h"

namespace tapegrad {

/// @addtogroup system
/// @{

namespace kernels::detail {

inline constinit std::atomic<int> thread_count{1};

using TileFunction = void (*)(void* context, std::int64_t tile);

/// Runs the tiles on the pool, or on the calling thread alone when the pool is taken.
void run_on_pool(std::int64_t tiles, TileFunction function, void* context);

}  // namespace kernels::detail

/// Largest value that `set_num_threads` takes.
inline constexpr int kMaxThreads = 1024;

/// Sets how many threads, the calling one included, share the work of one large operation.
/// The results have the same bits for every number of threads.
///
/// Errors: `ValueError` unless 1 <= n <= kMaxThreads.
void set_num_threads(int n);

/// The number of threads that one operation may use: 1 unless the program asked for more.
inline int num_threads() noexcept {
  return kernels::detail::thread_count.load(std::memory_order_relaxed);
}

namespace kernels {

/// To wake a thread takes some 10 us or more, in which one thread reads or writes a hundred
/// thousand numbers.
inline constexpr std::int64_t kElementsWorthThreads = tile_size(1 << 19);

/// True when an operation on so many numbers is to be shared among threads.
inline bool worth_threads(std::int64_t elements) noexcept {
  return elements >= kElementsWorthThreads && num_threads() != 1;
}

/// Calls `f(tile)` for every tile in [0, tiles), each once, in any order and on any thread, and
/// returns when all are done. What a tile covers is up to the caller and must not depend on
/// `num_threads()`.
///
/// The calling thread takes part. Calls inside `f`, and calls while another thread has the pool,
/// run on their own thread. Other threads compute in the floating-point environment of the caller.
/// If `f` throws, no further tiles start and the exception of the lowest tile that threw is thrown
/// again.
///
/// `elements` says how many numbers are read or written in all; few stay on the calling thread.
template <class F>
void parallel_for(std::int64_t tiles, F&& f, std::int64_t elements = kElementsWorthThreads) {
  if (tiles <= 1 || !worth_threads(elements)) {
    for (std::int64_t tile = 0; tile < tiles; ++tile) f(tile);
    return;
  }
  using Function = std::remove_reference_t<F>;
  void* context = const_cast<void*>(static_cast<const volatile void*>(std::addressof(f)));
  detail::run_on_pool(
      tiles, [](void* c, std::int64_t tile) { (*static_cast<Function*>(c))(tile); }, context);
}

}  // namespace kernels
/// @}

}  // namespace tapegrad
