#include "autograd/memory/slab_pool.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

#include "autograd/memory/address_range.h"
#include "autograd/memory/immortal.h"
#include "autograd/memory/slab.h"

namespace tapegrad::detail {

namespace {

/// A set of small numbers that gives the lowest one.
class NumberSet {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  /// Makes room for the numbers below `count`. Errors: `std::bad_alloc`.
  void reserve(std::size_t count) {
    if (words_.size() < (count + 63) / 64) words_.resize(2 * ((count + 63) / 64));
  }
  void set(std::size_t number, bool in) noexcept {
    const std::uint64_t bit = std::uint64_t{1} << number % 64;
    std::uint64_t& word = words_[number / 64];
    word = in ? word | bit : word & ~bit;
    if (in) first_ = std::min(first_, number / 64);
  }
  std::size_t lowest() noexcept {
    for (; first_ < words_.size(); ++first_) {
      if (const std::uint64_t word = words_[first_])
        return 64 * first_ + static_cast<std::size_t>(std::countr_zero(word));
    }
    return kNone;
  }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t first_ = 0;  // all words before it are empty
};

/// Addresses are managed in chunks of 1 MB, each of which is a big slab, or 16 small ones, or free.
class SlabPool {
 public:
  void* acquire(bool big) noexcept {
    const std::lock_guard lock(mutex_);
    // A small one comes from a chunk that is in pieces already, if there is one.
    std::size_t chunk = big ? NumberSet::kNone : split_.lowest();
    if (chunk == NumberSet::kNone) chunk = whole_.lowest();
    if (chunk == NumberSet::kNone) chunk = grow();
    const auto bytes = static_cast<std::int64_t>(Slab::size(big));
    used_ += bytes;
    if (chunk != NumberSet::kNone) {
      const int piece = std::countr_zero(chunks_[chunk].free);
      take(chunk, big ? kAll : 1u << piece);
      return addresses_.begin() + chunk * Slab::kBigBytes +
             static_cast<std::size_t>(piece) * Slab::kSmallBytes;
    }
    // Where there are no ranges of addresses.
    ++system_calls_;
    void* slab = std::aligned_alloc(Slab::size(big), Slab::size(big));
    if (!slab) used_ -= bytes;
    return slab;
  }

  void release(void* slab, bool big) noexcept {
    const std::lock_guard lock(mutex_);
    used_ -= static_cast<std::int64_t>(Slab::size(big));
    if (!addresses_.contains(slab)) return std::free(slab);
    const auto at = static_cast<std::size_t>(static_cast<char*>(slab) - addresses_.begin());
    const std::size_t number = at / Slab::kBigBytes;
    const unsigned pieces = big ? kAll : 1u << at % Slab::kBigBytes / Slab::kSmallBytes;
    Chunk& chunk = chunks_[number];
    chunk.free |= static_cast<std::uint16_t>(pieces);
    chunk.held |= static_cast<std::uint16_t>(pieces);
    kept_.add(bytes_of(pieces));
    sort_in(number);
    if (keeps_too_much()) give_back(number, pieces);
  }

  void trim(std::int64_t limit) noexcept {
    const std::lock_guard lock(mutex_);
    for (std::size_t number = chunks_.size(); number-- > 0 && keeps_more_than(limit);)
      give_back(number, chunks_[number].held);
  }

  KeptStats stats() noexcept {
    const std::lock_guard lock(mutex_);
    return {used_, kept_.get(), system_calls_};
  }

 private:
  static constexpr std::size_t kReserved = std::size_t{1} << 38;
  static constexpr std::size_t kSmallPages = std::size_t{16} << 20;  // before there are huge ones
  static constexpr std::size_t kMostGrowth = 64;                     // chunks at once
  static constexpr unsigned kAll = 0xffff;

  /// Its 16 pieces, a bit for each: those that are free, and of these the ones with memory.
  struct Chunk {
    std::uint16_t free, held;
  };

  static std::size_t bytes_of(unsigned pieces) noexcept {
    return static_cast<std::size_t>(std::popcount(pieces)) * Slab::kSmallBytes;
  }

  /// Opens more addresses, an eighth of what there is; returns the first new chunk.
  std::size_t grow() noexcept {
    const std::size_t old = chunks_.size();
    const std::size_t more = std::clamp(old / 8, std::size_t{1}, kMostGrowth);
    try {
      if (chunks_.capacity() < old + more) chunks_.reserve(2 * (old + more));
      split_.reserve(old + more);
      whole_.reserve(old + more);
    } catch (const std::bad_alloc&) {
      return NumberSet::kNone;
    }
    ++system_calls_;
    if (!addresses_.grow(more * Slab::kBigBytes)) return NumberSet::kNone;
    for (std::size_t number = old; number < old + more; ++number) {
      chunks_.push_back({kAll, 0});
      sort_in(number);
    }
    return old;
  }

  void take(std::size_t number, unsigned pieces) noexcept {
    Chunk& chunk = chunks_[number];
    kept_.remove(bytes_of(chunk.held & pieces));
    chunk.free &= static_cast<std::uint16_t>(~pieces);
    chunk.held &= static_cast<std::uint16_t>(~pieces);
    sort_in(number);
  }

  /// Puts a chunk whose pieces have changed into the set where it belongs.
  void sort_in(std::size_t number) noexcept {
    const unsigned free = chunks_[number].free;
    whole_.set(number, free == kAll);
    split_.set(number, free != 0 && free != kAll);
  }

  /// Gives back the memory of free pieces: of neighbours in one call.
  void give_back(std::size_t number, unsigned pieces) noexcept {
    char* chunk = addresses_.begin() + number * Slab::kBigBytes;
    while (pieces) {
      const int first = std::countr_zero(pieces);
      const int count = std::countr_one(pieces >> first);
      char* begin = chunk + static_cast<std::size_t>(first) * Slab::kSmallBytes;
      const auto run = ((1u << count) - 1) << first;
      if (AddressRange::give_back(begin, begin + bytes_of(run)) == 0) return;
      kept_.remove(bytes_of(run));
      chunks_[number].held &= static_cast<std::uint16_t>(~run);
      pieces &= ~run;
    }
  }

  std::mutex mutex_;
  AddressRange addresses_{kReserved, kSmallPages};
  std::vector<Chunk> chunks_;
  NumberSet split_, whole_;  // chunks with some free pieces, and with no others
  KeptBytes kept_;
  std::int64_t used_ = 0, system_calls_ = 0;
};

SlabPool& pool() noexcept { return immortal<SlabPool>(); }

}  // namespace

void* acquire_slab(bool big) noexcept { return pool().acquire(big); }
void release_slab(void* slab, bool big) noexcept { pool().release(slab, big); }
void trim_slabs(std::int64_t limit) noexcept { pool().trim(limit); }
KeptStats slab_stats() noexcept { return pool().stats(); }

}  // namespace tapegrad::detail
