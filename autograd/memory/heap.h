#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "autograd/memory/block_cache.h"
#include "autograd/memory/block_source.h"

// Internal: the slabs of one thread. See block_cache.h for the whole.

namespace tapegrad::detail {

/// Slabs, linked both ways.
struct SlabList {
  Slab* first = nullptr;

  void push(Slab& slab) noexcept;
  void remove(Slab& slab) noexcept;
};

/// The slabs of a thread. Only that thread takes blocks from the current slabs, and it counts what
/// it takes and gives back in `Slab::live`, without a lock. All else is done under the mutex: which
/// slab is current, the lists, and what other threads returned. So another thread may empty the
/// inbox of an idle one, and take a slab away that it finds without blocks in use: nobody can be
/// at work in such a slab, unless it is a current one.
class Heap : public BlockHeap {
 public:
  // ---- For the heap's own thread.
  /// Gets another current slab for a class that has no block left. False when there is no memory.
  bool refill(int size_class) noexcept;
  /// See `slab_drained`.
  void drained(Slab& slab) noexcept;
  /// Gives back the current slabs that are empty.
  void give_back_empty() noexcept;
  void enter() noexcept { has_thread_.store(true); }
  void leave() noexcept;

  // ---- For all threads.
  /// Takes a block of one of its slabs, into the inbox.
  void give(void* block, bool big) noexcept;
  /// Gives slabs back to the pool in which other threads returned the last blocks.
  void collect_all() noexcept;

  Heap* next = nullptr;       ///< of all heaps
  Heap* next_idle = nullptr;  ///< of those without a thread

 private:
  /// Classes whose current slab became empty; the oldest entry is the first to go. So a thread
  /// keeps at most this many empty slabs, and who needs a block again and again finds it.
  template <int count>
  struct AtHand {
    int classes[count] = {};
    int added = 0;
    /// Returns what had to go, or -1.
    int add(int size_class) noexcept {
      int& entry = classes[added % count];
      const int gone = added < count ? -1 : entry;
      entry = size_class;
      added = added + 1 < 2 * count ? added + 1 : count;
      return gone;
    }
  };

  void note_empty(Slab& slab) noexcept;
  void take_in() noexcept;
  void give_up_current(int size_class) noexcept;
  void settle(Slab& slab) noexcept;
  void collect() noexcept;
  void release_if_empty(Slab& slab) noexcept;
  void unlink(Slab& slab) noexcept;

  // Of its thread.
  AtHand<16> small_at_hand_;
  AtHand<2> big_at_hand_;
  bool at_hand_[SizeClasses::kClasses] = {};  ///< is in one of these

  // Under the mutex.
  std::mutex mutex_;
  SlabList usable_[SizeClasses::kClasses];
  SlabList returned_;

  // Of all threads.
  std::atomic<Slab::Free*> inbox_[2] = {};  // blocks of small slabs and of big ones
  std::atomic<std::uint32_t> given_{0};
  std::atomic<bool> has_thread_{true};
};

/// What a thread knows of itself.
struct BlockThread {
  enum class Life : std::uint8_t { unknown, known, ended };
  Life life = Life::unknown;
  Heap* heap = nullptr;
  BlockSource* source = nullptr;
};
extern thread_local constinit BlockThread block_thread;

/// Gives the calling thread a heap, if there is memory for one, until it ends.
void enter_thread() noexcept;

/// All heaps there are. They are never destroyed.
struct HeapRegistry {
  std::mutex mutex;
  Heap* all = nullptr;
  Heap* idle = nullptr;  ///< those without a thread
};
HeapRegistry& heap_registry() noexcept;

}  // namespace tapegrad::detail
