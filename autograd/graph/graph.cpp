#include "autograd/graph/graph.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "autograd/base/fail.h"
#include "autograd/graph/gradient_norms.h"
#include "autograd/graph/tape_values.h"
#include "autograd/tape/record.h"
#include "autograd/tensor/door/launch.h"
#include "autograd/tensor/require.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad {

namespace {

using detail::Impl;
using detail::Record;

/// Everything behind `last`, in the order of the tape. Without recursion: chains may be long.
std::vector<Record*> collect(Record* last) {
  std::vector<Record*> found;
  if (!last) return found;
  std::unordered_set<const Record*> seen{last};
  found.push_back(last);
  for (std::size_t next = 0; next < found.size(); ++next) {
    Record* record = found[next];
    for (const detail::Edge& edge : record->edges()) {
      Record* before = edge.record();
      if (before && seen.insert(before).second) found.push_back(before);
    }
  }
  std::sort(found.begin(), found.end(),
            [](const Record* a, const Record* b) { return a->sequence < b->sequence; });
  return found;
}

std::optional<double> number_in(const Impl& value) {
  if (value.numel() != 1) return {};
  return visit_dtype(value.dtype, [&]<class T>(T) {
    return detail::launch(
        "item", [](const T* x) { return static_cast<double>(*x); },
        detail::Elements<T, detail::Access::read>{&value});
  });
}

RecordInput input_of(Record& record, std::uint32_t index,
                     const std::unordered_map<const Record*, std::int64_t>& position) {
  RecordInput input;
  const detail::Edge& edge = record.edge(index);
  if (edge) {
    input.shape = edge.shape();
    input.dtype = edge.dtype();
  }
  if (const Record* before = edge.record()) {
    input.kind = RecordInput::Kind::record;
    input.record = position.at(before);
  } else if (edge) {
    input.kind = RecordInput::Kind::leaf;
    input.id = edge.leaf();
  } else if (const Impl* value = record.saved(index + 1)) {
    input.id = value;
    input.shape = value->shape();
    input.dtype = value->dtype;
    if (!record.slot(index + 1)->changed()) input.value = number_in(*value);
  }
  return input;
}

std::int64_t bytes_of(const Impl& value) {
  return value.numel() * static_cast<std::int64_t>(size_of(value.dtype));
}

/// Fills in what `options` asks for.
void look_further(std::vector<RecordInfo>& list, const std::vector<Record*>& found,
                  const Tensor& tensor, const RecordsOptions& options) {
  if (options.values || options.repeats) {
    detail::TapeValues values(found, tensor);
    for (std::size_t i = 0; options.values && i < list.size(); ++i) {
      list[i].not_finite = values.not_finite(values.output_of(*found[i]));
      for (std::uint32_t at = 0; at < list[i].inputs.size(); ++at) {
        RecordInput& input = list[i].inputs[at];
        if (const Impl* leaf = found[i]->edge(at).leaf())
          input.not_finite = values.not_finite(leaf);
        else if (input.id && !found[i]->slot(at + 1)->changed())
          input.not_finite = values.not_finite(found[i]->saved(at + 1));
      }
    }
    if (options.repeats) {
      const std::vector<std::int64_t> same = detail::find_repeats(found, list, values);
      for (std::size_t i = 0; i < list.size(); ++i) list[i].same_as = same[i];
    }
  }
  if (!options.gradients) return;
  const detail::GradientNorms norms = detail::gradient_norms(found, tensor);
  const auto put = [](const auto& map, const auto* key, std::optional<double>& place) {
    if (const auto norm = map.find(key); norm != map.end()) place = norm->second;
  };
  for (std::size_t i = 0; i < list.size(); ++i) {
    put(norms.of_records, found[i], list[i].gradient_norm);
    for (std::uint32_t at = 0; at < list[i].inputs.size(); ++at)
      if (const Impl* leaf = found[i]->edge(at).leaf())
        put(norms.of_leaves, leaf, list[i].inputs[at].gradient_norm);
  }
}

}  // namespace

std::vector<RecordInfo> records(const Tensor& tensor, const RecordsOptions& options) try {
  detail::require_defined(tensor, "records");
  const std::vector<Record*> found = collect(detail::record_of(*detail::impl_of(tensor)));
  std::unordered_map<const Record*, std::int64_t> position;
  std::unordered_set<const Impl*> counted;  // owners of data that is already accounted for
  for (Record* record : found) {
    position.emplace(record, static_cast<std::int64_t>(position.size()));
    for (const detail::Edge& edge : record->edges()) {
      if (const Impl* leaf = edge.leaf()) counted.insert(leaf->owner());
    }
  }
  std::vector<RecordInfo> list;
  list.reserve(found.size());
  for (Record* record : found) {
    RecordInfo info;
    info.sequence = record->sequence;
    info.name = record->name();
    if (record->port)
      info.name += fmt::format("[{}]", static_cast<const detail::Port*>(record)->output_index);
    if (record->several) info.outputs = static_cast<std::int64_t>(record->parts().size());
    info.shape = record->shape();
    info.dtype = record->dtype;
    info.scope = record->scope ? record->scope : "";
    info.released = record->released;
    for (std::uint32_t i = 0; i < record->input_count && !record->released; ++i)
      info.inputs.push_back(input_of(*record, i, position));
    std::unordered_set<const Impl*> saved;
    for (const detail::Saved& slot : record->slots()) {
      const Impl* value = slot.value();
      if (!value || !saved.insert(value).second) continue;
      info.bytes_saved += bytes_of(*value);
      if (counted.insert(value->owner()).second) info.bytes_added += bytes_of(*value);
    }
    list.push_back(std::move(info));
  }
  look_further(list, found, tensor, options);
  return list;
} catch (...) {
  detail::rethrow_for("records");
}

}  // namespace tapegrad
