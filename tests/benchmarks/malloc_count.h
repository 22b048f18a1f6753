#pragma once

#include <cstdint>

namespace bench {

/// What this program asked of malloc and its relatives while it was counting; C++'s `new` and both
/// libraries come to them in the end. Memory mapped by the BLAS for itself is not in it.
struct MallocCounts {
  std::int64_t calls = 0;       ///< blocks asked for
  std::int64_t live_bytes = 0;  ///< held now, beyond what was held when counting began
  std::int64_t peak_bytes = 0;  ///< most that was held since `restart_peak`
};

/// Counts while it lives; outside, a call of malloc pays for one test of a flag. There may be one
/// at a time.
class CountMallocs {
 public:
  CountMallocs();
  ~CountMallocs();
  CountMallocs(const CountMallocs&) = delete;
  CountMallocs& operator=(const CountMallocs&) = delete;

  MallocCounts counts() const;
  void restart_peak();
};

/// Makes malloc keep what it has, as glibc does by itself once a program has freed a block of 32 MB
/// (mallopt(3), M_MMAP_THRESHOLD). Without it libtorch, which has no cache of its own, takes
/// between one and two times as long for the same step, depending on what ran before.
void keep_freed_memory();

/// False where malloc cannot be replaced, which needs glibc; then all counts are 0.
bool mallocs_are_counted();

}  // namespace bench
