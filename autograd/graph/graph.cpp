#include "autograd/graph/graph.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "autograd/base/fail.h"
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

}  // namespace

std::vector<RecordInfo> records(const Tensor& tensor) try {
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
  return list;
} catch (...) {
  detail::rethrow_for("records");
}

namespace {

std::string readable_bytes(std::int64_t bytes) {
  constexpr std::array units{"B", "kB", "MB", "GB", "TB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (size >= 999.95 && unit + 1 < units.size()) {
    size /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", size, units[unit]);
}

std::string input_text(const RecordInput& input, const TensorNames& names) {
  if (input.kind == RecordInput::Kind::record) return fmt::format("#{}", input.record);
  if (!input.id) return "-";
  for (const auto& [name, tensor] : names) {
    if (tensor.id() == input.id) return name;
  }
  if (input.value) return fmt::format("{:g}", *input.value);
  return to_string(input.shape);
}

/// Columns as wide as their widest cell; the first and the last stand to the right.
std::string format_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool right = i == 0 || i + 1 == row.size();
      text += right ? fmt::format("{:>{}}", row[i], widths[i])
                    : fmt::format("{:<{}}", row[i], widths[i]);
      text += i + 1 == row.size() ? "\n" : "  ";
    }
  }
  return text;
}

}  // namespace

std::string format_records(const Tensor& tensor, const TensorNames& names) try {
  const std::vector<RecordInfo> list = records(tensor);
  std::vector<std::vector<std::string>> rows{
      {"#", "scope", "operator", "output", "inputs", "saved"}};
  std::int64_t bytes = 0;
  for (const RecordInfo& info : list) {
    std::string inputs;
    for (const RecordInput& input : info.inputs)
      inputs += (inputs.empty() ? "" : ", ") + input_text(input, names);
    rows.push_back({fmt::format("{}", rows.size() - 1), info.scope, info.name,
                    info.outputs == 1 ? fmt::format("{} {}", info.shape, info.dtype)
                                      : fmt::format("{} outputs", info.outputs),
                    info.released ? "released" : inputs, readable_bytes(info.bytes_saved)});
    bytes += info.bytes_added;
  }
  return fmt::format("{}{} records; they keep {} beside the leaves\n", format_table(rows),
                     list.size(), readable_bytes(bytes));
} catch (...) {
  detail::rethrow_for("format_records");
}

}  // namespace tapegrad
