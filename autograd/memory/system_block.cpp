#include "autograd/memory/system_block.h"

#include <atomic>
#include <cstdlib>
#include <new>

#if defined(TAPEGRAD_ADDRESS_SANITIZER)
#include <sanitizer/asan_interface.h>
#endif

namespace tapegrad::detail {

namespace {

constexpr std::size_t kHeaderBytes = 64;

/// What stands in front of a block. Only this file may look at it, and the address sanitizer sees
/// to that.
struct Header {
  std::size_t bytes;  // of all, with the header
  BlockSource* source;
};
static_assert(sizeof(Header) <= kHeaderBytes);

void hide([[maybe_unused]] void* header) noexcept {
#if defined(TAPEGRAD_ADDRESS_SANITIZER)
  __asan_poison_memory_region(header, kHeaderBytes);
#endif
}
void show([[maybe_unused]] void* header) noexcept {
#if defined(TAPEGRAD_ADDRESS_SANITIZER)
  __asan_unpoison_memory_region(header, kHeaderBytes);
#endif
}

constinit std::atomic<std::int64_t> system_bytes{0}, system_calls{0};

}  // namespace

void* acquire_system_block(std::size_t bytes, BlockSource* source) noexcept {
  // No system has that; the address sanitizer ends a program that asks.
  if (bytes >= std::size_t{1} << 40) return nullptr;
  const std::size_t all = (bytes + 2 * kHeaderBytes - 1) / kHeaderBytes * kHeaderBytes;
  system_calls.fetch_add(1, std::memory_order_relaxed);
  void* memory =
      source ? source->acquire(all, kHeaderBytes) : std::aligned_alloc(kHeaderBytes, all);
  if (!memory) return nullptr;
  system_bytes.fetch_add(static_cast<std::int64_t>(all), std::memory_order_relaxed);
  new (memory) Header{all, source};
  hide(memory);
  return static_cast<std::byte*>(memory) + kHeaderBytes;
}

void release_system_block(void* block) noexcept {
  void* memory = static_cast<std::byte*>(block) - kHeaderBytes;
  show(memory);
  const Header header = *static_cast<Header*>(memory);
  system_bytes.fetch_sub(static_cast<std::int64_t>(header.bytes), std::memory_order_relaxed);
  if (header.source) return header.source->release(memory, header.bytes, kHeaderBytes);
  std::free(memory);
}

SystemStats system_stats() noexcept {
  return {system_bytes.load(std::memory_order_relaxed),
          system_calls.load(std::memory_order_relaxed)};
}

}  // namespace tapegrad::detail
