#pragma once

#include <cstddef>

// Internal: addresses that are reserved once and opened bit by bit, and that keep their place when
// the memory behind them goes back to the system.

namespace tapegrad::detail {

/// One range of addresses, of which [begin, end) can be used. It is never given up. Callers lock.
class AddressRange {
 public:
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;

  /// Of `bytes` bytes. From `small_pages` on, a multiple of `kHugePage`, the system may put pages
  /// of 2 MB behind them, which are faster and cost as much when one byte is used.
  constexpr AddressRange(std::size_t bytes, std::size_t small_pages) noexcept
      : bytes_(bytes), small_pages_(small_pages) {}

  /// Opens `bytes` bytes more at the end, or returns false: then the system has no memory, or
  /// knows no such ranges. It is asked to promise the memory, and may refuse.
  bool grow(std::size_t bytes) noexcept;
  /// Gives back the memory behind the whole pages in [begin, end), which read as 0 then. Returns
  /// how many bytes that were.
  static std::size_t give_back(char* begin, char* end) noexcept;

  char* begin() const noexcept { return begin_; }
  char* end() const noexcept { return end_; }
  bool contains(const void* address) const noexcept { return begin_ <= address && address < end_; }

 private:
  std::size_t bytes_, small_pages_;
  char *begin_ = nullptr, *end_ = nullptr;
};

}  // namespace tapegrad::detail
