#include "autograd/transforms/targets.h"

#include <algorithm>

namespace tapegrad::detail {

Target* Targets::find_by_hash(const void* key) noexcept {
  for (std::size_t at = hash(key);; at = (at + 1) & (places_.size() - 1)) {
    const std::uint32_t index = places_[at];
    if (index == kFree) return nullptr;
    if (list_[index].key == key) return recent(list_[index]);
  }
}

void Targets::place(std::uint32_t index) noexcept {
  std::size_t at = hash(list_[index].key);
  while (places_[at] != kFree) at = (at + 1) & (places_.size() - 1);
  places_[at] = index;
}

void Targets::make_room() {
  if (count_ == list_.size()) list_.resize(2 * count_ + kFew);
  if (count_ < kFew || 2 * (count_ + 1) <= places_.size()) return;
  std::vector<std::uint32_t> more(std::bit_ceil(std::max(4 * kFew, 2 * places_.size())), kFree);
  places_.swap(more);
  for (std::uint32_t i = 0; i < count_; ++i) place(i);
}

}  // namespace tapegrad::detail
