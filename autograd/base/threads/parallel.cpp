#include "autograd/base/threads/parallel.h"

#include <algorithm>
#include <cfenv>
#include <deque>
#include <exception>
#include <iterator>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

#if defined(__linux__)
#include <sched.h>
#endif

#include "autograd/base/fail.h"

namespace tapegrad {

namespace kernels::detail {
namespace {

/// Tells the processor that this is a waiting loop.
inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// The processor that the calling thread runs on; -1 where the system does not say.
int current_processor() noexcept {
#if defined(__linux__)
  return sched_getcpu();
#else
  return -1;
#endif
}

/// Keeps the thread that owns it off the processor of the thread it works for.
///
/// A thread that is woken may be put on the processor of its waker although another one idles.
/// Linux does so in virtual machines, where an idle processor looks as if the host had taken it,
/// and does it again at every wake-up: two threads are then as slow as one.
class Placement {
 public:
  void avoid([[maybe_unused]] int processor) noexcept {
#if defined(__linux__)
    if (processor == avoided_ || processor < 0 || current_processor() != processor) return;
    avoided_ = processor;
    cpu_set_t others = allowed_;
    CPU_CLR(static_cast<unsigned>(processor), &others);
    sched_setaffinity(0, sizeof others, &others);  // fails, rightly, when there is no other
#endif
  }

#if defined(__linux__)
  Placement() noexcept {
    if (sched_getaffinity(0, sizeof allowed_, &allowed_) != 0) CPU_ZERO(&allowed_);
  }

 private:
  cpu_set_t allowed_;
  int avoided_ = -1;
#endif
};

/// Asks `changed` for a few microseconds, about what it costs to put a thread to sleep and wake
/// it.
template <class Predicate>
bool spin_until(Predicate changed) noexcept {
  for (int i = 0; i < 200; ++i) {
    if (changed()) return true;
    relax();
  }
  return false;
}

enum Signal : int { kIdle, kOffer, kStop };

struct alignas(64) Worker {
  std::atomic<int> signal{kIdle};
  std::thread thread;
};

/// The threads and the one job that they share. Whoever sets `taken_` has all of it; a worker may
/// look at the job only after it has turned its own signal from offer to idle. An offer that no
/// worker has taken up when the tiles run out is withdrawn, so that nobody waits for a thread that
/// is still asleep.
class Pool {
 public:
  bool take() noexcept { return !taken_.exchange(true, std::memory_order_acquire); }

  /// Requires `take()`, which it undoes.
  void run(std::int64_t tiles, TileFunction function, void* context) {
    const std::int64_t wanted = std::min<std::int64_t>(num_threads(), tiles) - 1;
    grow(static_cast<std::size_t>(wanted));
    const int helpers = static_cast<int>(std::min<std::int64_t>(wanted, std::ssize(workers_)));

    function_ = function;
    context_ = context;
    tiles_ = tiles;
    failed_tile_ = std::numeric_limits<std::int64_t>::max();
    std::fegetenv(&environment_);
    next_tile_.store(0, std::memory_order_relaxed);
    caller_processor_.store(current_processor(), std::memory_order_relaxed);
    busy_.store(helpers, std::memory_order_relaxed);
    for (int i = 0; i < helpers; ++i) {
      worker(i).signal.store(kOffer, std::memory_order_release);
      worker(i).signal.notify_one();
    }
    // Small tiles would be done before anybody wakes, and a sanitizer would see one thread alone.
    while (kernels::kSmallTiles && helpers > 0 &&
           worker(0).signal.load(std::memory_order_relaxed) == kOffer)
      std::this_thread::yield();

    run_tiles();

    int withdrawn = 0;
    for (int i = 0; i < helpers; ++i)
      withdrawn += worker(i).signal.exchange(kIdle, std::memory_order_relaxed) == kOffer;
    busy_.fetch_sub(withdrawn, std::memory_order_relaxed);
    wait_for_helpers();

    std::exception_ptr failure = std::exchange(failure_, nullptr);
    taken_.store(false, std::memory_order_release);
    if (failure) std::rethrow_exception(std::move(failure));
  }

  /// Ends the threads. Later calls find the pool taken and run on their own thread. When a job is
  /// running, as in a call of `exit` from inside a tile, the threads are left to the end of the
  /// process.
  void close() noexcept {
    if (!take()) return;
    for (Worker& w : workers_) {
      w.signal.store(kStop, std::memory_order_release);
      w.signal.notify_one();
    }
    for (Worker& w : workers_) w.thread.join();
  }

 private:
  Worker& worker(int i) noexcept { return workers_[static_cast<std::size_t>(i)]; }

  /// A system that has no more threads or memory to give means fewer helpers, not an error.
  void grow(std::size_t count) noexcept {
    while (workers_.size() < count) {
      try {
        Worker& fresh = workers_.emplace_back();
        fresh.thread = std::thread([this, &fresh] { serve(fresh); });
      } catch (...) {
        if (!workers_.empty() && !workers_.back().thread.joinable()) workers_.pop_back();
        return;
      }
    }
  }

  void serve(Worker& self) noexcept {
    Placement placement;
    for (;;) {
      const auto signalled = [&] { return self.signal.load(std::memory_order_relaxed) != kIdle; };
      if (!spin_until(signalled)) {
        self.signal.wait(kIdle, std::memory_order_relaxed);
        placement.avoid(caller_processor_.load(std::memory_order_relaxed));
      }
      const int signal = self.signal.exchange(kIdle, std::memory_order_acquire);
      if (signal == kStop) return;
      if (signal == kIdle) continue;  // withdrawn in the meantime
      std::fesetenv(&environment_);
      run_tiles();
      if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
    }
  }

  void run_tiles() noexcept {
    for (;;) {
      const std::int64_t tile = next_tile_.fetch_add(1, std::memory_order_relaxed);
      if (tile >= tiles_) return;
      try {
        function_(context_, tile);
      } catch (...) {
        // Tiles start in order, so that the lowest one that throws has always started.
        next_tile_.store(tiles_, std::memory_order_relaxed);
        const std::lock_guard lock(failure_mutex_);
        if (tile < failed_tile_) {
          failed_tile_ = tile;
          failure_ = std::current_exception();
        }
      }
    }
  }

  void wait_for_helpers() noexcept {
    const auto done = [&] { return busy_.load(std::memory_order_acquire) == 0; };
    if (spin_until(done)) return;
    for (int busy; (busy = busy_.load(std::memory_order_acquire)) != 0;)
      busy_.wait(busy, std::memory_order_acquire);
  }

  std::atomic<bool> taken_{false};
  std::deque<Worker> workers_;  // addresses stay; grows only

  TileFunction function_ = nullptr;
  void* context_ = nullptr;
  std::int64_t tiles_ = 0;
  std::fenv_t environment_{};
  std::mutex failure_mutex_;
  std::int64_t failed_tile_ = 0;
  std::exception_ptr failure_;
  alignas(64) std::atomic<std::int64_t> next_tile_{0};
  std::atomic<int> caller_processor_{-1};
  alignas(64) std::atomic<int> busy_{0};  // helpers that have not finished, asleep ones included
};

struct PoolCloser {
  Pool& pool;
  ~PoolCloser() { pool.close(); }
};

/// The pool is never destroyed, because the program's own static objects may compute in their
/// destructors. Nullptr where there is no memory for it.
Pool* the_pool() noexcept {
  try {
    static Pool& pool = *new Pool;
    static const PoolCloser closer{pool};
    return &pool;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

void run_on_pool(std::int64_t tiles, TileFunction function, void* context) {
  Pool* pool = the_pool();
  if (pool && pool->take()) return pool->run(tiles, function, context);
  for (std::int64_t tile = 0; tile < tiles; ++tile) function(context, tile);
}

}  // namespace kernels::detail

void set_num_threads(int n) {
  if (n < 1 || n > kMaxThreads)
    fail<ValueError>("set_num_threads: expected 1 to {} threads, got {}", kMaxThreads, n);
  kernels::detail::thread_count.store(n, std::memory_order_relaxed);
}

}  // namespace tapegrad
