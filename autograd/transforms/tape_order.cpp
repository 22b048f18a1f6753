#include "autograd/transforms/tape_order.h"

#include <algorithm>

namespace tapegrad::detail {

namespace {

bool earlier(const Record* a, const Record* b) noexcept { return a->sequence < b->sequence; }

}  // namespace

void TapeOrder::begin(std::uint64_t latest) noexcept {
  std::fill(window_.begin() + static_cast<std::ptrdiff_t>(next_),
            window_.begin() + static_cast<std::ptrdiff_t>(std::max(next_, end_)), nullptr);
  latest_ = latest;
  next_ = end_ = found_ = looked_at_ = 0;
  past_ = kPast;
  room_ = std::min(window_.size(), kPast);
  far_.clear();
  far_latest_ = 0;
  met_.clear();
}

void TapeOrder::end() noexcept {
  begin(0);
  if (met_.capacity() + window_.capacity() + far_.capacity() > 1 << 17) *this = {};
}

Record** TapeOrder::other_place(std::uint64_t at) {
  // What is looked at grows with the records that are known, however sparse their sequences are.
  const std::size_t most = 4 * (found_ + far_.size()) + kPast;
  if (at >= room_ && looked_at_ + at < most) {
    if (window_.size() < at + kMore) window_.resize(at + kMore);
    room_ = at + kMore;
    return &window_[at];
  }
  if (far_.size() == far_.capacity()) far_.reserve(2 * far_.size() + 16);
  return nullptr;
}

void TapeOrder::forget_past() noexcept {
  if (next_ < window_.size() - next_) {  // more would have to move than has been seen
    past_ = 2 * next_;
    return;
  }
  const auto past = static_cast<std::ptrdiff_t>(next_), end = static_cast<std::ptrdiff_t>(end_);
  std::move(window_.begin() + past, window_.begin() + end, window_.begin());
  std::fill(window_.begin() + std::max(past, end - past), window_.begin() + end, nullptr);
  latest_ -= next_;
  end_ -= next_;
  room_ -= next_;
  looked_at_ += next_;
  next_ = 0;
  past_ = kPast;
}

void TapeOrder::put_far(Record& record) noexcept {
  far_.push_back(&record);
  std::push_heap(far_.begin(), far_.end(), earlier);
  far_latest_ = far_.front()->sequence;
}

Record* TapeOrder::next_far() noexcept {
  std::pop_heap(far_.begin(), far_.end(), earlier);
  Record* record = far_.back();
  far_.pop_back();
  far_latest_ = far_.empty() ? 0 : far_.front()->sequence;
  if (next_ >= end_) {  // the window begins again behind it
    latest_ = record->sequence;
    looked_at_ += next_;
    next_ = end_ = room_ = 0;
    past_ = kPast;
  }
  met_.push_back(record);  // room: next()
  ++found_;
  return record;
}

}  // namespace tapegrad::detail
