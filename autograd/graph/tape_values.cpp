#include "autograd/graph/tape_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "autograd/base/format.h"
#include "autograd/tensor/door/launch.h"
#include "autograd/tensor/value_range.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::detail {

TapeValues::TapeValues(std::span<Record* const> records, const Tensor& result) {
  for (const Record* record : records) {
    if (const Saved* own = record->slot(0); own && own->value() && !own->changed())
      outputs_.emplace(record, own->value());
    for (std::uint32_t i = 0; i < record->input_count; ++i) {
      const Record* before = record->edge(i).record();
      const Saved* slot = before ? record->slot(i + 1) : nullptr;
      if (slot && slot->value() && !slot->changed()) outputs_.emplace(before, slot->value());
    }
  }
  if (const Record* last = record_of(*impl_of(result))) outputs_.emplace(last, impl_of(result));
}

const Impl* TapeValues::output_of(const Record& record) const noexcept {
  const auto found = outputs_.find(&record);
  return found == outputs_.end() ? nullptr : found->second;
}

std::optional<NotFinite> TapeValues::not_finite(const Impl* value) {
  if (!value || !is_floating_point(value->dtype)) return {};
  const auto [found, is_new] = counted_.try_emplace(value);
  if (is_new) {
    const ValueRange range = range_of(*value);
    found->second = {range.nan, range.infinite()};
  }
  return found->second;
}

namespace {

bool same_elements(const Impl& a, const Impl& b) {
  if (a.dtype != b.dtype || a.shape() != b.shape()) return false;
  return visit_dtype(a.dtype, [&]<class T>(T) {
    return launch(
        "equal",
        [](const T* x, const T* y, std::int64_t n) {
          return std::equal(x, x + n, y, [](T p, T q) { return p == q || (p != p && q != q); });
        },
        Elements<T, Access::read>{&a}, Elements<T, Access::read>{&b}, a.numel());
  });
}

/// False where the tape has what both made, or kept for their rules, and it is not the same. Where
/// not all inputs are known, true only if it has, and it is.
bool may_be_same(const Record& a, const Record& b, const TapeValues& values, bool all_known) {
  const auto differ = [](const Impl* x, const Impl* y) { return x && y && !same_elements(*x, *y); };
  const Impl *x = values.output_of(a), *y = values.output_of(b);
  if (differ(x, y) || (!all_known && !(x && y))) return false;
  if (a.slots().size() != b.slots().size()) return false;
  for (std::size_t i = 0; i < a.slots().size(); ++i)
    if (differ(a.slots()[i].value(), b.slots()[i].value())) return false;
  return true;
}

}  // namespace

std::vector<std::int64_t> find_repeats(std::span<Record* const> records,
                                       std::span<const RecordInfo> list, const TapeValues& values) {
  std::vector<std::int64_t> same(list.size(), -1);
  std::unordered_map<std::string, std::vector<std::size_t>> known;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const RecordInfo& info = list[i];
    if (info.released) continue;
    bool all_known = true;
    std::string key = fmt::format("{} {} {}", info.name, info.shape, info.dtype);
    for (const RecordInput& input : info.inputs) {
      if (input.kind == RecordInput::Kind::record) {
        const std::int64_t first = same[static_cast<std::size_t>(input.record)];
        key += fmt::format(" #{}", first >= 0 ? first : input.record);
      } else if (input.value) {
        key += fmt::format(" {}", *input.value);
      } else {
        all_known &= input.id != nullptr;
        key += fmt::format(" {}", input.id);
      }
    }
    std::vector<std::size_t>& firsts = known[std::move(key)];
    const auto first = std::ranges::find_if(firsts, [&](std::size_t each) {
      return may_be_same(*records[each], *records[i], values, all_known);
    });
    if (first != firsts.end())
      same[i] = static_cast<std::int64_t>(*first);
    else
      firsts.push_back(i);
  }
  return same;
}

}  // namespace tapegrad::detail
