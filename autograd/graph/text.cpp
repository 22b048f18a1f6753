#include "autograd/graph/text.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "autograd/base/fail.h"
#include "autograd/graph/graph.h"
#include "autograd/tensor/require.h"

// Listings as text.

namespace tapegrad {

namespace detail {

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

std::string with_commas(std::int64_t number) {
  std::string text = fmt::format("{}", number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string trouble_text(const NotFinite& count) {
  std::string text = count.nan > 0 ? with_commas(count.nan) + " NaN" : "";
  if (count.infinite > 0) text += (text.empty() ? "" : ", ") + with_commas(count.infinite) + " inf";
  return text;
}

std::string counted(std::size_t number, const char* what) {
  return fmt::format("{} {}{}", with_commas(static_cast<std::int64_t>(number)), what,
                     number == 1 ? "" : "s");
}

std::string gradient_text(double norm) {
  return std::isnan(norm) ? "gradient NaN" : fmt::format("gradient {:.3g}", norm);
}

std::string format_table(const std::vector<std::vector<std::string>>& rows, bool right) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      if (right && (i == 0 || last))
        text += fmt::format("{:>{}}", row[i], widths[i]);
      else
        text += last ? row[i] : fmt::format("{:<{}}", row[i], widths[i]);
      text += last ? "\n" : "  ";
    }
  }
  return text;
}

}  // namespace detail

namespace {

std::string input_text(const RecordInput& input, const TensorNames& names) {
  if (input.kind == RecordInput::Kind::record) return fmt::format("#{}", input.record);
  if (!input.id) return "-";
  for (const auto& [name, tensor] : names) {
    if (tensor.id() == input.id) return name;
  }
  if (input.value) return fmt::format("{:g}", *input.value);
  return to_string(input.shape);
}

}  // namespace

std::string format_records(const Tensor& tensor, const TensorNames& names,
                           const RecordsOptions& options) try {
  const std::vector<RecordInfo> list = records(tensor, options);
  std::vector<std::string> head{"#", "scope", "operator", "output", "inputs"};
  if (options.values) head.push_back("values");
  if (options.gradients) head.push_back("gradient");
  if (options.repeats) head.push_back("same as");
  head.push_back("saved");
  std::vector<std::vector<std::string>> rows{head};
  std::int64_t bytes = 0;
  for (const RecordInfo& info : list) {
    std::string inputs;
    for (const RecordInput& input : info.inputs)
      inputs += (inputs.empty() ? "" : ", ") + input_text(input, names);
    std::vector<std::string> row{fmt::format("{}", rows.size() - 1), info.scope, info.name,
                                 info.outputs == 1 ? fmt::format("{} {}", info.shape, info.dtype)
                                                   : fmt::format("{} outputs", info.outputs),
                                 info.released ? "released" : inputs};
    if (options.values)
      row.push_back(!info.not_finite         ? "not kept"
                    : info.not_finite->any() ? detail::trouble_text(*info.not_finite)
                                             : "finite");
    if (options.gradients)
      row.push_back(info.gradient_norm ? fmt::format("{:.3g}", *info.gradient_norm) : "none");
    if (options.repeats) row.push_back(info.same_as < 0 ? "" : fmt::format("#{}", info.same_as));
    row.push_back(detail::readable_bytes(info.bytes_saved));
    rows.push_back(std::move(row));
    bytes += info.bytes_added;
  }
  return fmt::format("{}{} records; they keep {} beside the leaves\n", detail::format_table(rows),
                     list.size(), detail::readable_bytes(bytes));
} catch (...) {
  detail::rethrow_for("format_records");
}

}  // namespace tapegrad
