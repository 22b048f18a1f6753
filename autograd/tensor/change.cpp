#include "autograd/tensor/change.h"

#include <array>
#include <atomic>
#include <cstring>
#include <mutex>

namespace tapegrad::detail {

namespace {

// By index. A name is there before anybody has its index.
constinit std::array<std::atomic<const char*>, 256> names{"nothing"};

}  // namespace

Change::Change(const char* name) {
  static constinit std::mutex mutex;
  const std::lock_guard lock(mutex);
  for (std::size_t i = 1; i < names.size(); ++i) {
    const char* known = names[i].load(std::memory_order_relaxed);
    if (known && std::strcmp(known, name) != 0) continue;
    if (!known) names[i].store(name, std::memory_order_release);
    index_ = static_cast<std::uint8_t>(i);
    return;
  }
  // More names than any program has ways to change a value: the last one stands for the rest.
  index_ = static_cast<std::uint8_t>(names.size() - 1);
}

const char* Change::name() const noexcept { return names[index_].load(std::memory_order_acquire); }

}  // namespace tapegrad::detail
