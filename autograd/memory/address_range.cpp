#include "autograd/memory/address_range.h"

#include <cstdint>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#define TAPEGRAD_HAVE_MMAP
#endif

namespace tapegrad::detail {

#if defined(TAPEGRAD_HAVE_MMAP)

namespace {

/// The first multiple of `unit` at `at` or above.
char* round_up(char* at, std::size_t unit) noexcept {
  return at + (unit - reinterpret_cast<std::uintptr_t>(at) % unit) % unit;
}

}  // namespace

bool AddressRange::grow(std::size_t bytes) noexcept {
  if (!begin_) {
    // Without MAP_NORESERVE, which would have the system promise what it has not.
    void* addresses =
        mmap(nullptr, bytes_ + kHugePage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (addresses == MAP_FAILED) return false;
    begin_ = end_ = round_up(static_cast<char*>(addresses), kHugePage);
#if defined(MADV_HUGEPAGE)
    madvise(begin_ + small_pages_, bytes_ - small_pages_, MADV_HUGEPAGE);
#endif
  }
  if (bytes > static_cast<std::size_t>(begin_ + bytes_ - end_)) return false;
  if (mprotect(end_, bytes, PROT_READ | PROT_WRITE) != 0) return false;
  end_ += bytes;
  return true;
}

std::size_t AddressRange::give_back(char* begin, char* end) noexcept {
  constexpr std::size_t page = 4096;
  begin = round_up(begin, page);
  end -= reinterpret_cast<std::uintptr_t>(end) % page;
  if (begin >= end) return 0;
  const auto bytes = static_cast<std::size_t>(end - begin);
  return madvise(begin, bytes, MADV_DONTNEED) == 0 ? bytes : 0;
}

#else

bool AddressRange::grow(std::size_t) noexcept { return false; }
std::size_t AddressRange::give_back(char*, char*) noexcept { return 0; }

#endif

}  // namespace tapegrad::detail
