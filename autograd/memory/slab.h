#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

// Internal: the memory that small blocks are cut from. See block_cache.h for the whole.

namespace tapegrad::detail {

/// Sizes of blocks: multiples of 8 up to `kFine` bytes, of 64 up to `kSmall`, above eight for each
/// doubling up to `kMost`. A class has a number of one byte; the last three numbers are no classes:
/// two say where else a block came from, one stands for another number that somebody else knows.
struct SizeClasses {
  static constexpr std::size_t kFine = 256, kSmall = 1024, kMost = std::size_t{64} << 10;
  static constexpr int kFineClasses = 32;
  static constexpr int kSmallClasses = kFineClasses + 12;
  static constexpr int kClasses = kSmallClasses + 8 * 6;
  static constexpr std::uint8_t kNoticed = 253;  ///< somebody wants to know, see noticed_block.h
  static constexpr std::uint8_t kSystem = 254;   ///< a block of its own, see system_block.h
  static constexpr std::uint8_t kLarge = 255;    ///< a block of the heap in large_heap.h

  /// The smallest class of at least `bytes` bytes, which are 1 to `kSmall`.
  [[gnu::always_inline]] static constexpr std::size_t of_small(std::size_t bytes) noexcept {
    return bytes <= kFine ? (bytes - 1) / 8 : (bytes - 1) / 64 + kFineClasses - 4;
  }
  /// The same of 1 to `kMost` bytes.
  static int of(std::size_t bytes) noexcept {
    if (bytes <= kSmall) return static_cast<int>(of_small(bytes));
    // bytes is in (2^doubling, 2^(doubling+1)]
    const int doubling = std::bit_width(bytes - 1) - 1;
    const auto eighth = static_cast<int>((bytes - 1) >> (doubling - 3)) - 8;
    return kSmallClasses + 8 * (doubling - 10) + eighth;
  }
  static constexpr std::size_t bytes(int size_class) noexcept {
    const auto number = static_cast<std::size_t>(size_class);
    if (size_class < kFineClasses) return 8 * (number + 1);
    if (size_class < kSmallClasses) return 64 * (number - kFineClasses + 5);
    const std::size_t above = number - kSmallClasses;
    return (9 + above % 8) << (above / 8 + 7);
  }
  /// True of the classes whose slabs have 1 MB.
  static bool big(int size_class) noexcept { return size_class >= kSmallClasses; }
};

/// A number that one thread writes and others may read: no read-modify-write cycle is needed.
template <class T>
class OwnedCount {
 public:
  /// Returns what it is then.
  [[gnu::always_inline]] T add(T change,
                               std::memory_order order = std::memory_order_relaxed) noexcept {
    const T value = get() + change;
    value_.store(value, order);
    return value;
  }
  /// For a number that all threads write.
  void add_shared(T change) noexcept { value_.fetch_add(change, std::memory_order_relaxed); }
  T get(std::memory_order order = std::memory_order_relaxed) const noexcept {
    return value_.load(order);
  }

 private:
  std::atomic<T> value_{0};
};

struct BlockHeap;

/// 64 KB, or 1 MB for blocks of more than 1 KB, of which this header is the start: an address with
/// its low bits cleared leads from a block to its slab. All blocks of a slab have one class.
struct Slab {
  static constexpr std::size_t kSmallBytes = std::size_t{64} << 10;
  static constexpr std::size_t kBigBytes = std::size_t{1} << 20;
  static constexpr std::size_t kHeader = 128;
  static constexpr std::uint32_t kNever = static_cast<std::uint32_t>(-1);

  struct Free {
    Free* next;
  };
  enum class State : std::uint8_t {
    current,   ///< its heap takes new blocks from it
    full,      ///< more than half of it is in use; in no list
    usable,    ///< at most half is in use: in its heap's list of such
    returned,  ///< other threads gave blocks back: in its heap's list of such
  };

  static constexpr std::size_t size(bool big) noexcept { return big ? kBigBytes : kSmallBytes; }
  [[gnu::always_inline]] static Slab& of(void* block, bool big) noexcept {
    return *reinterpret_cast<Slab*>(reinterpret_cast<std::uintptr_t>(block) & ~(size(big) - 1));
  }
  std::byte* begin() noexcept { return reinterpret_cast<std::byte*>(this) + kHeader; }

  // Of the thread that has the owner.
  BlockHeap* owner = nullptr;
  Free* free = nullptr;                       ///< what came back, the last one first
  std::byte *bump = nullptr, *end = nullptr;  ///< between them no block was handed out yet
  /// Blocks handed out, less those that this thread took back; those in `returned` still count.
  OwnedCount<std::uint32_t> live;
  std::uint32_t trigger = 0;  ///< when `live` falls to it, something is to be done, if not `kNever`
  std::uint32_t block_bytes = 0;
  std::uint32_t half = 0;  ///< of the blocks that there are
  std::uint8_t size_class = 0;

  // Under the owner's mutex.
  State state = State::current;
  std::uint32_t returned_count = 0;
  Free *returned = nullptr, *returned_last = nullptr;
  Slab *previous = nullptr, *next = nullptr;
};
static_assert(sizeof(Slab) <= Slab::kHeader);

}  // namespace tapegrad::detail
