#include "autograd/check/anomaly_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "autograd/base/format.h"

namespace tapegrad::detail {

namespace {

/// Beyond this size numbers are on their way out of the range, and it is told where they came from.
constexpr double kUsualSize = 1e4;

/// The most lines, and steps back, that help.
constexpr int kMostLines = 12, kMostSteps = 5;

bool usual(const ValueRange& range) {
  return range.finite() && std::max(-range.lowest, range.highest) <= kUsualSize;
}

/// What input `i` of a value that was made so is called.
std::string input_text(Made made, int i) {
  if (made == Made::rule) return "the gradient that came in";
  if (made == Made::update) return i == 0 ? "the parameter before" : "its gradient";
  if (made == Made::sum) return i == 0 ? "what was there" : "what the walk added";
  return fmt::format("input {}", i);
}

}  // namespace

std::string place_text(const char* path) { return path ? fmt::format(" at {}", path) : ""; }

std::string finding_text(const Impl& value, const ValueRange& range) {
  const std::int64_t n = value.numel();
  std::string text = fmt::format("{} among {} element{}", count_text(range), n, n == 1 ? "" : "s");
  const std::int64_t first = first_not_finite(value);
  if (n > 1 && first >= 0)
    text += fmt::format(", the first at {}", unravel_index(first, value.shape()));
  return text;
}

std::string origin_text(const Record& record) {
  return fmt::format(", from {}{},", record.name(), place_text(record.scope));
}

std::string AnomalyText::origin_text(const Note& note) const {
  const auto known = names_.find(note.value);
  const std::string name = known == names_.end() ? "" : fmt::format(", {}", known->second);
  const std::string place = place_text(note.path);
  switch (note.made) {
    case Made::operation:
      return fmt::format("{}, from {}{},", name, note.name, place);
    case Made::rule:
      return fmt::format(", from the rule of {}{},", note.name, place);
    case Made::sum:
      return ", summed over several walks,";
    case Made::update:
      return fmt::format("{}, from the step of {},", name, note.name);
    case Made::seed:
      return ", with which the walk began,";
    case Made::seed_or_rule:
      return "";
    case Made::given:
    case Made::given_or_operation:
      break;
  }
  if (!name.empty()) return name + ",";
  if (note.name) return fmt::format(", given by the program (last changed by {}),", note.name);
  return note.made == Made::given ? ", given by the program,"
                                  : ", given by the program or made long before,";
}

void AnomalyText::add_line(int depth, std::string_view what, const Shape& shape,
                           std::string_view rest) {
  text_ += fmt::format("\n{:{}}{} of shape {}{}", "", 2 * depth, what, shape, rest);
  ++lines_;
}

void AnomalyText::add(std::string_view what, const Shape& shape, std::string_view origin,
                      const ValueRange& range) {
  if (lines_ < kMostLines)
    add_line(1, what, shape, fmt::format("{} has {}", origin, to_string(range)));
}

void AnomalyText::add(std::string_view what, const Shape& shape, std::string_view origin) {
  if (lines_ < kMostLines) add_line(1, what, shape, fmt::format("{} has not been kept", origin));
}

void AnomalyText::add(std::string_view what, NoteId id, int depth) {
  const Note* note = notes_.at(id);
  if (!note || lines_ >= kMostLines) return;
  add_line(depth, what, note->shape.sizes(),
           fmt::format("{} has {}", origin_text(*note), to_string(note->range)));
  if (std::find(told_.begin(), told_.end(), id) != told_.end()) return;
  told_.push_back(id);
  // One step back is always of use; then what is unusual is followed.
  if (depth > kMostSteps || (depth > 1 && usual(note->range))) return;
  for (int i = 0; i < note->input_count; ++i)
    add(input_text(note->made, i), note->inputs[i], depth + 1);
}

void AnomalyText::add_inputs(const Note& note) {
  for (int i = 0; i < note.input_count; ++i) add(fmt::format("input {}", i), note.inputs[i], 1);
}

}  // namespace tapegrad::detail
