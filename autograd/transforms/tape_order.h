#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "autograd/tape/record.h"

// Internal: in which order a walk meets the records of the tape.

namespace tapegrad::detail {

/// Records behind one another, latest first, while a walk finds them.
///
/// A record's sequence is greater than that of every record it depends on, and grows by one with
/// each record that a thread makes. So those yet to be seen stand in a window of places, one for
/// each sequence, in which nothing is sorted, and the walk reads records in the order of their
/// addresses. What has no place there (far older, or of another thread with the same sequence)
/// waits in a heap.
class TapeOrder {
 public:
  /// Empty again, beginning at the sequence of the latest record.
  void begin(std::uint64_t latest) noexcept;

  /// Makes room for `record`, for `put`, which then does not fail. Errors: `std::bad_alloc`.
  [[gnu::always_inline]] Record** place_for(const Record& record) {
    const std::uint64_t at = latest_ - record.sequence;
    if (at < room_ && at >= next_ && !window_[at]) return &window_[at];
    return other_place(at);
  }
  /// Has `record` come out of `next`, once.
  [[gnu::always_inline]] void put(Record& record, Record** place) noexcept {
    if (!place) return put_far(record);
    *place = &record;
    end_ = std::max(end_, static_cast<std::size_t>(place - window_.data()) + 1);
  }
  /// The latest of those that were put here and have not come out, or nullptr. It is then the last
  /// of `met()`. Errors: `std::bad_alloc`, and nothing has come out.
  [[gnu::always_inline]] Record* next() {
    if (met_.size() == met_.capacity()) met_.reserve(met_.size() + met_.size() / 2 + 64);
    while (next_ < end_ && latest_ - next_ > far_latest_) {
      if (Record* record = std::exchange(window_[next_++], nullptr)) {
        met_.push_back(record);
        ++found_;
        if (next_ >= past_) [[unlikely]]
          forget_past();
        return record;
      }
    }
    return far_.empty() ? nullptr : next_far();
  }

  /// What has come out, latest first. The walk takes out what is gone.
  std::vector<Record*>& met() noexcept { return met_; }
  /// Calls `f` for those that have not come out.
  template <class F>
  void for_waiting(F&& f) const {
    for (std::size_t i = next_; i < end_; ++i)
      if (window_[i]) f(*window_[i]);
    for (Record* record : far_) f(*record);
  }
  /// How many places of the window have been looked at, however the records were recorded: at most
  /// four for each record, and a few thousand.
  std::size_t looked_at() const noexcept { return looked_at_ + next_; }
  /// Forgets all, and keeps the memory where there is little.
  void end() noexcept;

 private:
  static constexpr std::size_t kPast = 4096, kMore = 1024;  // places

  void forget_past() noexcept;
  Record** other_place(std::uint64_t at);
  void put_far(Record& record) noexcept;
  Record* next_far() noexcept;

  std::uint64_t latest_ = 0;      // the sequence of place 0
  std::size_t next_ = 0;          // the place to look at next;
  std::size_t past_ = kPast;      // at this one, the places behind it move to the front
  std::size_t room_ = 0;          // how many places may be used
  std::size_t end_ = 0;           // the end of those in which a record stands
  std::size_t found_ = 0;         // how many have come out
  std::size_t looked_at_ = 0;     // places, in windows before this one
  std::uint64_t far_latest_ = 0;  // the latest sequence in the heap; 0 is that of none
  std::vector<Record*> window_;   // by `latest_` - sequence; nullptr in all other places
  std::vector<Record*> far_;      // a heap
  std::vector<Record*> met_;
};

}  // namespace tapegrad::detail
