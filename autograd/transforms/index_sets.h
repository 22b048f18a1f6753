#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

// Internal: which inputs values depend on.

namespace tapegrad::detail {

/// Sets of indices, each kept once: a set is a number, and 0 is the empty one. Sets that were
/// united before are found by a look.
class IndexSets {
 public:
  using Set = std::uint32_t;

  IndexSets() : sets_(1) {}

  /// The set of `index` alone.
  Set single(std::int64_t index);
  Set unite(Set a, Set b);
  /// That of all of `sets`, which it sorts.
  Set unite(std::span<Set> sets);

  const std::vector<std::int64_t>& operator[](Set set) const { return sets_[set]; }

 private:
  std::vector<std::vector<std::int64_t>> sets_;  // each sorted
  std::unordered_map<std::uint64_t, Set> united_;
};

}  // namespace tapegrad::detail
