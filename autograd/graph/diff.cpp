#include "autograd/graph/diff.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/graph/sketch.h"
#include "autograd/graph/text.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace {

using ChangeKind = GraphChange::Kind;
using Numbers = std::vector<std::size_t>;
using Matches = std::vector<std::int64_t>;  // for each of the second list its equal in the first

std::size_t index_of(std::int64_t number) { return static_cast<std::size_t>(number); }

/// Equal numbers for equal modules and operators.
std::pair<Numbers, Numbers> numbered(const std::vector<RecordInfo>& a,
                                     const std::vector<RecordInfo>& b) {
  std::map<std::string, std::size_t> known;
  const auto number = [&](const std::vector<RecordInfo>& list) {
    Numbers numbers;
    for (const RecordInfo& info : list)
      numbers.push_back(
          known.try_emplace(info.scope + ' ' + info.name, known.size()).first->second);
    return numbers;
  };
  Numbers first = number(a);
  return {std::move(first), number(b)};
}

/// As many pairs as there can be in one order, where not too much differs; else many.
class Matcher {
 public:
  Matcher(const Numbers& a, const Numbers& b) : a_(a), b_(b), found_(b.size(), -1) {}

  Matches matches() && {
    std::size_t first = 0, last_a = a_.size(), last_b = b_.size();
    while (first < std::min(last_a, last_b) && a_[first] == b_[first]) pair(first, first), ++first;
    while (last_a > first && last_b > first && a_[last_a - 1] == b_[last_b - 1])
      pair(--last_a, --last_b);
    match(first, last_a, first, last_b);
    return std::move(found_);
  }

 private:
  static constexpr std::int64_t kMost = 2000;  // differences, which take 16 MB

  void pair(std::size_t i, std::size_t j) { found_[j] = static_cast<std::int64_t>(i); }

  /// What differs too much is halved.
  void match(std::size_t first_a, std::size_t last_a, std::size_t first_b, std::size_t last_b) {
    if (shortest(first_a, last_a, first_b, last_b)) return;
    const std::size_t middle_a = (first_a + last_a) / 2, middle_b = (first_b + last_b) / 2;
    match(first_a, middle_a, first_b, middle_b);
    match(middle_a, last_a, middle_b, last_b);
  }

  bool shortest(std::size_t first_a, std::size_t last_a, std::size_t first_b, std::size_t last_b) {
    const auto n = static_cast<std::int64_t>(last_a - first_a);
    const auto m = static_cast<std::int64_t>(last_b - first_b);
    const auto equal = [&](std::int64_t x, std::int64_t y) {
      return x < n && y < m && a_[first_a + index_of(x)] == b_[first_b + index_of(y)];
    };
    // rounds[d][k + d]: how far in `a` with d differences on the diagonal k = x - y.
    std::vector<std::vector<std::int32_t>> rounds;
    for (std::int64_t d = 0; d <= std::min(n + m, kMost); ++d) {
      std::vector<std::int32_t> far(index_of(2 * d + 1), 0);
      for (std::int64_t k = -d; k <= d; k += 2) {
        std::int64_t x = 0;
        if (d > 0) x = step(rounds.back(), d, k).first;
        while (equal(x, x - k)) ++x;
        far[index_of(k + d)] = static_cast<std::int32_t>(x);
        if (x < n || x - k < m) continue;
        rounds.push_back(std::move(far));
        trace(rounds, first_a, first_b, k);
        return true;
      }
      rounds.push_back(std::move(far));
    }
    return false;
  }

  /// From the round before `d` to diagonal `k`: where in `a`, and whether that came from k + 1.
  static std::pair<std::int64_t, bool> step(const std::vector<std::int32_t>& before, std::int64_t d,
                                            std::int64_t k) {
    const auto far = [&](std::int64_t diagonal) -> std::int64_t {
      const std::int64_t i = diagonal + d - 1;
      return i < 0 || i >= std::ssize(before) ? -1 : before[index_of(i)];
    };
    const bool down = k == -d || (k != d && far(k - 1) < far(k + 1));
    return {down ? far(k + 1) : far(k - 1) + 1, down};
  }

  void trace(const std::vector<std::vector<std::int32_t>>& rounds, std::size_t first_a,
             std::size_t first_b, std::int64_t k) {
    for (auto d = std::ssize(rounds) - 1; d >= 0; --d) {
      std::int64_t x = rounds[index_of(d)][index_of(k + d)];
      const auto [start, down] =
          d > 0 ? step(rounds[index_of(d - 1)], d, k) : std::pair<std::int64_t, bool>{0, false};
      while (x > start) --x, pair(first_a + index_of(x), first_b + index_of(x - k));
      k += down ? 1 : -1;
    }
  }

  const Numbers &a_, &b_;
  Matches found_;
};

/// Calls `removed(i)`, `added(j)` and `both(i, j)` in an order that is right for both lists.
void for_both(const GraphDiff& diff, auto&& removed, auto&& added, auto&& both) {
  std::int64_t i = 0, j = 0;
  const std::int64_t last_i = std::ssize(diff.before), last_j = std::ssize(diff.after);
  while (i < last_i || j < last_j) {
    std::int64_t next = j;  // the next pair
    while (next < last_j && diff.matched[index_of(next)] < 0) ++next;
    for (const std::int64_t end = next < last_j ? diff.matched[index_of(next)] : last_i; i < end;
         ++i)
      removed(i);
    for (; j < next; ++j) added(j);
    if (j < last_j) both(i++, j++);
  }
}

std::string type_text(const RecordInfo& info) {
  return info.outputs == 1 ? fmt::format("{} {}", info.shape, info.dtype)
                           : fmt::format("{} outputs", info.outputs);
}

}  // namespace

GraphDiff graph_diff(const Tensor& before, const Tensor& after) try {
  detail::require_defined(before, "before", "graph_diff");
  detail::require_defined(after, "after", "graph_diff");
  constexpr RecordsOptions options{.repeats = true};
  GraphDiff diff{records(before, options), records(after, options), {}, {}};
  const auto [a, b] = numbered(diff.before, diff.after);
  diff.matched = Matcher(a, b).matches();
  for_both(
      diff,
      [&](std::int64_t i) { diff.changes.push_back({.kind = ChangeKind::removed, .before = i}); },
      [&](std::int64_t j) {
        const std::int64_t same_as = diff.after[index_of(j)].same_as;
        diff.changes.push_back({.kind = same_as < 0 ? ChangeKind::added : ChangeKind::twice,
                                .after = j,
                                .same_as = same_as});
      },
      [&](std::int64_t i, std::int64_t j) {
        const RecordInfo &x = diff.before[index_of(i)], &y = diff.after[index_of(j)];
        if (y.same_as >= 0 && x.same_as < 0)
          diff.changes.push_back(
              {.kind = ChangeKind::twice, .before = i, .after = j, .same_as = y.same_as});
        else if (type_text(x) != type_text(y))
          diff.changes.push_back({.kind = ChangeKind::reshaped, .before = i, .after = j});
      });
  return diff;
} catch (...) {
  detail::rethrow_for("graph_diff");
}

std::string format_graph_diff(const GraphDiff& diff) {
  if (diff.same())
    return fmt::format("No difference between the graphs of {} records\n", diff.after.size());
  std::vector<std::vector<std::string>> rows;
  std::array<std::size_t, 4> counts{};
  for (const GraphChange& change : diff.changes) {
    ++counts[static_cast<std::size_t>(change.kind)];
    const bool gone = change.kind == ChangeKind::removed;
    const RecordInfo& info =
        gone ? diff.before[index_of(change.before)] : diff.after[index_of(change.after)];
    std::string what = type_text(info);
    if (change.kind == ChangeKind::reshaped)
      what = fmt::format("{} -> {}", type_text(diff.before[index_of(change.before)]), what);
    if (change.kind == ChangeKind::twice) what += fmt::format(", as #{} does", change.same_as);
    constexpr std::array signs{"+ new", "- gone", "! shape", "2x"};
    rows.push_back({signs[static_cast<std::size_t>(change.kind)],
                    fmt::format("#{}", gone ? change.before : change.after), info.scope, info.name,
                    what});
  }
  return fmt::format(
      "{}{} records before, {} after: {} new, {} gone, {} of another shape, {} recorded twice\n",
      detail::format_table(rows, false), diff.before.size(), diff.after.size(), counts[0],
      counts[1], counts[2], counts[3]);
}

std::string to_dot(const GraphDiff& diff, const DotOptions& options) try {
  std::vector<RecordInfo> both;
  std::vector<std::int64_t> from_before(diff.before.size()), from_after(diff.after.size());
  const auto add = [&](const RecordInfo& info, const std::vector<std::int64_t>& places) {
    both.push_back(info);
    for (RecordInput& input : both.back().inputs)
      if (input.kind == RecordInput::Kind::record) input.record = places[index_of(input.record)];
  };
  for_both(
      diff,
      [&](std::int64_t i) {
        from_before[index_of(i)] = std::ssize(both);
        add(diff.before[index_of(i)], from_before);
      },
      [&](std::int64_t j) {
        from_after[index_of(j)] = std::ssize(both);
        add(diff.after[index_of(j)], from_after);
      },
      [&](std::int64_t i, std::int64_t j) {
        from_before[index_of(i)] = from_after[index_of(j)] = std::ssize(both);
        add(diff.after[index_of(j)], from_after);
      });
  std::vector<detail::Mark> marks(both.size(), detail::Mark::none);
  for (const GraphChange& change : diff.changes) {
    constexpr std::array kinds{detail::Mark::added, detail::Mark::removed, detail::Mark::changed,
                               detail::Mark::twice};
    const std::int64_t place = change.after < 0 ? from_before[index_of(change.before)]
                                                : from_after[index_of(change.after)];
    marks[index_of(place)] = kinds[static_cast<std::size_t>(change.kind)];
  }
  return detail::write_sketch(detail::sketch_of(both, marks, nullptr, options), options);
} catch (...) {
  detail::rethrow_for("to_dot");
}

}  // namespace tapegrad
