#include "tests/benchmarks/malloc_count.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>

#ifdef __linux__
#include <malloc.h>
#endif

namespace {

std::atomic<bool> counting{false};
std::atomic<std::int64_t> calls{0}, live{0}, peak{0};

}  // namespace

#ifdef __GLIBC__

namespace {

void* count_new(void* block) {
  if (block && counting.load(std::memory_order_relaxed)) {
    calls.fetch_add(1, std::memory_order_relaxed);
    const auto bytes = static_cast<std::int64_t>(malloc_usable_size(block));
    const std::int64_t now = live.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    std::int64_t most = peak.load(std::memory_order_relaxed);
    while (now > most && !peak.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
    }
  }
  return block;
}

void count_gone(void* block) {
  if (block && counting.load(std::memory_order_relaxed))
    live.fetch_sub(static_cast<std::int64_t>(malloc_usable_size(block)), std::memory_order_relaxed);
}

}  // namespace

// A program may define malloc; then every library that it loads calls this one (glibc's manual,
// "Replacing malloc"). The names on the right are glibc's own.
extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t bytes) noexcept { return count_new(__libc_malloc(bytes)); }
void* calloc(std::size_t count, std::size_t bytes) noexcept {
  return count_new(__libc_calloc(count, bytes));
}
void* realloc(void* block, std::size_t bytes) noexcept {
  count_gone(block);
  return count_new(__libc_realloc(block, bytes));
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  return count_new(__libc_memalign(alignment, bytes));
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  return memalign(alignment, bytes);
}
int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) noexcept {
  void* made = memalign(alignment, bytes);
  if (!made) return ENOMEM;
  *block = made;
  return 0;
}
void free(void* block) noexcept {
  count_gone(block);
  __libc_free(block);
}

}  // extern "C"

#endif

namespace bench {

CountMallocs::CountMallocs() {
  calls = 0;
  live = 0;
  peak = 0;
  counting = true;
}

CountMallocs::~CountMallocs() { counting = false; }

MallocCounts CountMallocs::counts() const { return {calls, live, peak}; }

void CountMallocs::restart_peak() { peak = live.load(); }

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kLargest = 32 << 20;  // glibc's DEFAULT_MMAP_THRESHOLD_MAX
  mallopt(M_MMAP_THRESHOLD, kLargest);
  mallopt(M_TRIM_THRESHOLD, 2 * kLargest);
#endif
}

bool mallocs_are_counted() {
#ifdef __GLIBC__
  return true;
#else
  return false;
#endif
}

}  // namespace bench
