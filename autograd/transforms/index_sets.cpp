#include "autograd/transforms/index_sets.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tapegrad::detail {

IndexSets::Set IndexSets::single(std::int64_t index) {
  sets_.push_back({index});
  return static_cast<Set>(sets_.size() - 1);
}

IndexSets::Set IndexSets::unite(Set a, Set b) {
  if (a == b || b == 0) return a;
  if (a == 0) return b;
  if (a > b) std::swap(a, b);
  const std::uint64_t key = std::uint64_t{a} << 32 | b;
  if (const auto found = united_.find(key); found != united_.end()) return found->second;
  std::vector<std::int64_t> both;
  std::set_union(sets_[a].begin(), sets_[a].end(), sets_[b].begin(), sets_[b].end(),
                 std::back_inserter(both));
  Set result = 0;
  if (both.size() == sets_[a].size()) {
    result = a;
  } else if (both.size() == sets_[b].size()) {
    result = b;
  } else {
    sets_.push_back(std::move(both));
    result = static_cast<Set>(sets_.size() - 1);
  }
  united_.emplace(key, result);
  return result;
}

IndexSets::Set IndexSets::unite(std::span<Set> sets) {
  std::sort(sets.begin(), sets.end());
  const auto end = std::unique(sets.begin(), sets.end());
  const std::span<Set> different = sets.first(static_cast<std::size_t>(end - sets.begin()));
  if (different.size() <= 2)
    return different.empty() ? 0 : unite(different.front(), different.back());
  std::vector<std::int64_t> all;
  for (const Set set : different) all.insert(all.end(), sets_[set].begin(), sets_[set].end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  for (const Set set : different)
    if (sets_[set].size() == all.size()) return set;
  sets_.push_back(std::move(all));
  return static_cast<Set>(sets_.size() - 1);
}

}  // namespace tapegrad::detail
