#include "nn/optim/core/held_tensors.h"

#include <cstddef>
#include <mutex>
#include <unordered_set>

namespace tapegrad::nn::detail {

namespace {

/// Each tensor as often as an optimizer holds it.
struct HeldTensors {
  std::mutex mutex;
  std::unordered_multiset<const void*> ids;
};

HeldTensors& held_tensors() {
  // Made before an optimizer has parameters, so it is there when that goes.
  static HeldTensors held;
  return held;
}

}  // namespace

void hold_tensors(const std::vector<const void*>& ids) {
  HeldTensors& held = held_tensors();
  const std::lock_guard lock(held.mutex);
  std::size_t added = 0;
  try {
    for (; added < ids.size(); ++added) held.ids.insert(ids[added]);
  } catch (...) {
    while (added > 0) held.ids.erase(held.ids.find(ids[--added]));
    throw;
  }
}

void release_tensor(const void* id) noexcept {
  HeldTensors& held = held_tensors();
  const std::lock_guard lock(held.mutex);
  if (const auto found = held.ids.find(id); found != held.ids.end()) held.ids.erase(found);
}

bool optimizer_holds(const void* id) {
  HeldTensors& held = held_tensors();
  const std::lock_guard lock(held.mutex);
  return held.ids.contains(id);
}

}  // namespace tapegrad::nn::detail
