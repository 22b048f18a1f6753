#include "autograd/memory/large_heap.h"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <new>
#include <vector>

#include "autograd/memory/address_range.h"
#include "autograd/memory/immortal.h"

namespace tapegrad::detail {

namespace {

constexpr std::size_t kAlignment = 64;

/// Bytes [begin, end) that are free, of which about `held` may still have memory behind them.
struct Range {
  char *begin, *end;
  std::size_t held;
  std::size_t size() const noexcept { return static_cast<std::size_t>(end - begin); }
};

/// Best fit over a sorted list of free ranges. There are tens of them; where a program makes
/// thousands, smaller blocks do without the heap, so that the search stays short beside their use.
///
/// The addresses are reserved once, without memory behind them, and opened as the heap grows: then
/// the system is asked, and may refuse. Each block begins with its size.
class LargeHeap {
 public:
  void* acquire(std::size_t bytes) noexcept {
    if (bytes > kReserved) return nullptr;
    const std::size_t size = (bytes + 2 * kAlignment - 1) / kAlignment * kAlignment;
    const std::lock_guard lock(mutex_);
    if (bytes < kNeverSmall && free_.size() > kManyRanges) return nullptr;
    if (!make_room()) return nullptr;
    // What is at the end may have no memory behind it yet, so it comes last.
    const bool open_end = !free_.empty() && free_.back().end == addresses_.end();
    const auto inner_end = free_.end() - open_end;
    auto best = free_.end();
    for (auto range = free_.begin(); range != inner_end; ++range) {
      if (range->size() >= size && (best == free_.end() || range->size() < best->size()))
        best = range;
    }
    if (best == free_.end()) {
      if (!(open_end && free_.back().size() >= size) && !grow(size)) return nullptr;
      best = free_.end() - 1;
    }
    char* block = best->begin;
    best->begin += size;
    const std::size_t held = std::min(best->held, size);
    best->held -= held;
    kept_.remove(held);
    if (best->begin == best->end) free_.erase(best);
    used_ += size;
    ++blocks_;
    *new (block) std::size_t = size;
    return block + kAlignment;
  }

  void release(void* pointer) noexcept {
    char* block = static_cast<char*>(pointer) - kAlignment;
    const std::lock_guard lock(mutex_);
    const std::size_t size = *reinterpret_cast<std::size_t*>(block);
    --blocks_;
    used_ -= size;
    kept_.add(size);
    auto after = std::partition_point(free_.begin(), free_.end(),
                                      [=](const Range& range) { return range.begin < block; });
    // Joined with the ranges before and behind it, where they touch.
    if (after != free_.begin() && (after - 1)->end == block) {
      --after;
      after->end += size;
      after->held += size;
    } else {
      after = free_.insert(after, Range{block, block + size, size});  // room: make_room()
    }
    if (after + 1 != free_.end() && after->end == (after + 1)->begin) {
      after->end = (after + 1)->end;
      after->held += (after + 1)->held;
      free_.erase(after + 1);
    }
    if (keeps_too_much()) give_back(*after);
  }

  void trim(std::int64_t limit) noexcept {
    const std::lock_guard lock(mutex_);
    for (auto range = free_.rbegin(); range != free_.rend(); ++range) {
      // What is held is an estimate, so that to keep nothing is to ask for all of it.
      if (limit > 0 && !keeps_more_than(limit)) return;
      give_back(*range);
    }
  }

  KeptStats stats() noexcept {
    const std::lock_guard lock(mutex_);
    return {static_cast<std::int64_t>(used_), kept_.get(), growths_};
  }

 private:
  static constexpr std::size_t kReserved = std::size_t{1} << 40;
  static constexpr std::size_t kStep = std::size_t{2} << 20;
  static constexpr std::size_t kManyRanges = 200;
  static constexpr std::size_t kNeverSmall = std::size_t{64} << 10;

  /// Each block in use may become a range of its own; `release` must not have to allocate for it.
  bool make_room() noexcept {
    if (free_.capacity() >= blocks_ + 3) return true;
    try {
      free_.reserve(2 * blocks_ + 16);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  /// Opens addresses at the end, so that the last free range has `size` bytes at least.
  bool grow(std::size_t size) noexcept {
    const bool continues = !free_.empty() && free_.back().end == addresses_.end();
    const std::size_t missing = continues ? size - free_.back().size() : size;
    const std::size_t more = (missing + kStep - 1) / kStep * kStep;
    if (!addresses_.grow(more)) return false;
    ++growths_;
    char* end = addresses_.end();
    if (continues)
      free_.back().end = end;
    else
      free_.push_back({end - more, end, 0});
    return true;
  }

  void give_back(Range& range) noexcept {
    // Whole pages; the ends may share theirs with blocks in use.
    const std::size_t given = AddressRange::give_back(range.begin, range.end);
    if (given == 0) return;
    const std::size_t held = std::min(range.held, range.size() - given);
    kept_.remove(range.held - held);
    range.held = held;
  }

  std::mutex mutex_;
  std::vector<Range> free_;  // by address
  AddressRange addresses_{kReserved, 0};
  KeptBytes kept_;
  std::size_t used_ = 0;
  std::size_t blocks_ = 0;  // in use
  std::int64_t growths_ = 0;
};

LargeHeap& heap() { return immortal<LargeHeap>(); }

}  // namespace

void* acquire_large(std::size_t bytes) noexcept { return heap().acquire(bytes); }
void release_large(void* block) noexcept { heap().release(block); }
void trim_large(std::int64_t limit) noexcept { heap().trim(limit); }
KeptStats large_stats() noexcept { return heap().stats(); }

}  // namespace tapegrad::detail
