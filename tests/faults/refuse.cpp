// The `operator new` of this program, and the source of its blocks, which refuse what they are told
// to.

#include <cstdlib>
#include <new>
#include <utility>

#include "autograd/memory/block_source.h"
#include "tests/faults/faults.h"

namespace {

/// What the thread is told.
struct Plan {
  bool on = false;
  bool rest = false;
  bool refused = false;
  int left = 0;  // allocations until the first that is refused

  bool refuses() noexcept {
    if (!on || left-- > 0) return false;
    if (refused && !rest) return false;
    refused = true;
    return true;
  }
};
thread_local constinit Plan plan;

void* allocate(std::size_t bytes) noexcept {
  return plan.refuses() ? nullptr : std::malloc(bytes > 0 ? bytes : 1);
}
void* allocate(std::size_t bytes, std::size_t alignment) noexcept {
  return plan.refuses()
             ? nullptr
             : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}
void* found(void* memory) {
  if (!memory) throw std::bad_alloc();
  return memory;
}

struct Source final : tapegrad::detail::BlockSource {
  void* acquire(std::size_t bytes, std::size_t alignment) noexcept override {
    return allocate(bytes, alignment);
  }
  void release(void* memory, std::size_t, std::size_t) noexcept override { std::free(memory); }
};
Source& source() {
  static Source& instance = *new Source;  // blocks may outlive statics
  return instance;
}

}  // namespace

namespace faults {

void start(int first, Refused refused) {
  tapegrad::detail::set_block_source(&source());
  plan = {.on = true, .rest = refused == Refused::rest, .refused = false, .left = first};
}

bool stop() {
  plan.on = false;
  tapegrad::detail::set_block_source(nullptr);
  return plan.refused;
}

Spared::Spared() : before_(std::exchange(plan.on, false)) {}
Spared::~Spared() { plan.on = before_; }

}  // namespace faults

void* operator new(std::size_t bytes) { return found(allocate(bytes)); }
void* operator new[](std::size_t bytes) { return found(allocate(bytes)); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept { return allocate(bytes); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return found(allocate(bytes, static_cast<std::size_t>(alignment)));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment) {
  return found(allocate(bytes, static_cast<std::size_t>(alignment)));
}
void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(bytes, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t bytes, std::align_val_t alignment,
                     const std::nothrow_t&) noexcept {
  return allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
