#include "autograd/graph/plan.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <unordered_map>
#include <utility>

namespace tapegrad::detail {

ScopePath split_scope(const std::string& scope) {
  ScopePath path;
  for (std::size_t start = 0; start < scope.size();) {
    const std::size_t end = std::min(scope.find('.', start), scope.size());
    path.push_back(scope.substr(start, end - start));
    start = end + 1;
  }
  return path;
}

namespace {

constexpr std::size_t kOpen = std::numeric_limits<std::size_t>::max();

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  a = (a ^ b) * 0x9E37'79B9'7F4A'7C15;
  return a ^ (a >> 29);
}
std::uint64_t text_hash(const std::string& text) { return std::hash<std::string>{}(text); }

bool is_below(const ScopePath& path, const ScopePath& top, std::size_t length) {
  return length >= top.size() && std::equal(top.begin(), top.end(), path.begin());
}

/// A module path, taken apart once for all records of it.
struct ModulePlace {
  ScopePath path;
  std::vector<std::uint64_t> hashes;  ///< of its beginnings, where a number is like any other
  bool opened = false;                ///< it was asked for
  std::size_t least = 0;              ///< no module above this depth may be closed
  std::size_t closed = kOpen;         ///< the depth at which it was asked to be
};

class Planner {
 public:
  Planner(const std::vector<RecordInfo>& list, const DotOptions& options)
      : list_(list),
        most_(static_cast<std::size_t>(std::max<std::int64_t>(options.most_operators, 0))) {
    std::unordered_map<std::string, std::size_t> known;
    for (const RecordInfo& info : list) {
      const auto [found, is_new] = known.try_emplace(info.scope, places_.size());
      if (is_new) places_.push_back(place_of(info.scope, options));
      const ModulePlace& place = places_[found->second];
      deepest_ = std::max(deepest_, place.path.size());
      place_of_record_.push_back(found->second);
      std::uint64_t signature = mixed(text_hash(info.name), place.hashes.back());
      for (const std::int64_t size : info.shape)
        signature = mixed(signature, static_cast<std::uint64_t>(size));
      signature = mixed(signature, static_cast<std::uint64_t>(info.dtype) + 1);
      signatures_.push_back(place.opened ? mixed(signature, signatures_.size()) : signature);
    }
  }

  std::vector<PlanItem> plan() const {
    std::vector<PlanItem> all = closed_at(kOpen);
    if (most_ == 0 || drawn(all) <= most_) return all;
    fold(all);
    if (drawn(all) <= most_ / 2) return all;
    for (std::size_t depth = deepest_; depth > 0; --depth) {
      std::vector<PlanItem> items = closed_at(depth);
      if (drawn(items) <= most_ && drawn(items) >= kFew) return items;
    }
    if (drawn(all) <= most_) return all;
    std::vector<PlanItem> items;
    for (std::size_t depth = deepest_; depth > 0; --depth) {
      items = closed_at(depth);
      fold(items);
      if (drawn(items) <= most_) return items;
    }
    return put_together(deepest_ == 0 ? std::move(all) : std::move(items), most_);
  }

 private:
  static constexpr std::size_t kFew = 10;       // boxes say less than what is repeated in them
  static constexpr std::size_t kSaved = 4;      // boxes that one for all must save
  static constexpr std::size_t kLongest = 256;  // items that are found to be repeated

  static ModulePlace place_of(const std::string& scope, const DotOptions& options) {
    ModulePlace place;
    place.path = split_scope(scope);
    std::uint64_t hash = 1;
    place.hashes.push_back(hash);
    for (const std::string& part : place.path) {
      const bool number = part.find_first_not_of("0123456789") == part.npos;
      place.hashes.push_back(hash = mixed(hash, number ? 2 : text_hash(part)));
    }
    for (const std::string& each : options.open) {
      const ScopePath top = split_scope(each);
      place.opened |= is_below(place.path, top, place.path.size());
      // What is above one that is open is open, too.
      std::size_t common = 0;
      while (common < std::min(top.size(), place.path.size()) && top[common] == place.path[common])
        ++common;
      place.least = std::max(place.least, common == top.size() ? 0 : common + 1);
    }
    for (const std::string& each : options.closed) {
      const ScopePath top = split_scope(each);
      if (!top.empty() && is_below(place.path, top, place.path.size()))
        place.closed = std::min(place.closed, top.size());
    }
    return place;
  }

  /// All, with modules of this depth closed, but for those that were asked for.
  std::vector<PlanItem> closed_at(std::size_t depth) const {
    std::vector<PlanItem> items;
    std::size_t before = kOpen;  // the place of the last record, if its module is closed
    for (std::size_t i = 0; i < list_.size(); ++i) {
      const ModulePlace& place = places_[place_of_record_[i]];
      std::size_t at = place.opened || depth == kOpen ? kOpen : std::max(depth, place.least);
      at = std::min(at, place.closed);
      if (at > place.path.size() || at == 0) {
        items.push_back({.first = i, .signature = signatures_[i], .kept = place.opened});
        before = kOpen;
        continue;
      }
      if (before != kOpen && items.back().depth == at &&
          is_below(place.path, prefix(places_[before].path, at), place.path.size())) {
        ++items.back().count;
      } else {
        items.push_back({.kind = PlanItem::Kind::module,
                         .first = i,
                         .depth = at,
                         .signature = place.hashes[at]});
      }
      items.back().signature = mixed(items.back().signature, signatures_[i]);
      before = place_of_record_[i];
    }
    return items;
  }
  static ScopePath prefix(const ScopePath& path, std::size_t length) {
    return {path.begin(), path.begin() + static_cast<std::ptrdiff_t>(length)};
  }

  /// How many boxes they are, but for those that were asked for.
  static std::size_t drawn(const std::vector<PlanItem>& items) {
    std::size_t count = 0;
    for (const PlanItem& item : items)
      count += item.kind == PlanItem::Kind::repeat ? drawn(item.body) : !item.kept;
    return count;
  }

  /// Draws what is repeated in a row, at least three times, once, and within that likewise.
  static void fold(std::vector<PlanItem>& items) {
    std::vector<std::uint64_t> signatures;
    for (const PlanItem& item : items) signatures.push_back(item.signature);
    const std::size_t n = items.size();
    std::vector<PlanItem> folded;
    for (std::size_t i = 0; i < n;) {
      std::size_t period = 0, times = 0;
      for (std::size_t p = 1; p <= kLongest && i + 3 * p <= n; ++p) {
        if (period * (times + 1) > n - i) break;  // nothing is longer
        if (signatures[i] != signatures[i + p]) continue;
        std::size_t same = 1;
        while (i + p + same < n && signatures[i + same] == signatures[i + p + same]) ++same;
        const std::size_t found = same / p + 1;
        if (found >= 3 && (found - 1) * p >= kSaved && found * p > period * times)
          period = p, times = found;
      }
      if (times == 0) {
        folded.push_back(std::move(items[i++]));
        continue;
      }
      PlanItem repeat{
          .kind = PlanItem::Kind::repeat, .first = items[i].first, .count = 0, .times = times};
      for (std::size_t k = i; k < i + period * times; ++k) repeat.count += items[k].count;
      for (std::size_t k = i; k < i + period; ++k) {
        repeat.signature = mixed(repeat.signature, items[k].signature);
        repeat.body.push_back(std::move(items[k]));
      }
      repeat.signature = mixed(repeat.signature, times);
      fold(repeat.body);
      folded.push_back(std::move(repeat));
      i += period * times;
    }
    items = std::move(folded);
  }

  /// Puts neighbours together, so that there are about `most` boxes at most.
  static std::vector<PlanItem> put_together(std::vector<PlanItem> items, std::size_t most) {
    std::size_t records = 0, repeats = 0;
    for (const PlanItem& item : items) records += item.kept ? 0 : item.count;
    const std::size_t each = drawn(items) > most ? 2 * records / most + 1 : 0;
    std::vector<PlanItem> boxes;
    for (PlanItem& item : items) {
      if (!boxes.empty() && !item.kept && !boxes.back().kept &&
          boxes.back().count + item.count <= each) {
        boxes.back().kind = PlanItem::Kind::stretch;
        boxes.back().count += item.count;
        boxes.back().body.clear();
      } else {
        boxes.push_back(std::move(item));
      }
    }
    for (const PlanItem& box : boxes) repeats += box.kind == PlanItem::Kind::repeat;
    for (PlanItem& box : boxes)
      if (box.kind == PlanItem::Kind::repeat)
        box.body = put_together(std::move(box.body), std::max<std::size_t>(most / repeats, 2));
    return boxes;
  }

  const std::vector<RecordInfo>& list_;
  std::size_t most_;
  std::size_t deepest_ = 0;
  std::vector<ModulePlace> places_;
  std::vector<std::size_t> place_of_record_;
  std::vector<std::uint64_t> signatures_;
};

}  // namespace

std::vector<PlanItem> plan_picture(const std::vector<RecordInfo>& list, const DotOptions& options) {
  return Planner(list, options).plan();
}

}  // namespace tapegrad::detail
