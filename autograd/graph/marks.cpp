#include "autograd/graph/marks.h"

#include <algorithm>
#include <cmath>

namespace tapegrad::detail {

bool has_trouble(const RecordInput& input) { return input.not_finite && input.not_finite->any(); }

Mark joined(Mark a, Mark b) {
  const Mark worse = std::max(a, b);
  return worse >= Mark::added && a != b ? Mark::changed : worse;
}

namespace {

/// What is with values.
std::vector<Mark> value_marks(const std::vector<RecordInfo>& list) {
  // What is unknown is taken to hand on what it gets, and then to be between if it does.
  std::vector<char> before(list.size()), after(list.size());
  std::vector<Mark> marks(list.size(), Mark::none);
  const auto source = [](const RecordInput& input) {
    return static_cast<std::size_t>(input.record);
  };
  for (std::size_t i = 0; i < list.size(); ++i) {
    for (const RecordInput& input : list[i].inputs) {
      if (input.kind != RecordInput::Kind::record) {
        before[i] |= has_trouble(input);
        continue;
      }
      const RecordInfo& from = list[source(input)];
      before[i] |= from.not_finite ? from.not_finite->any() : before[source(input)];
    }
    if (list[i].not_finite && list[i].not_finite->any())
      marks[i] = before[i] ? Mark::trouble : Mark::first_trouble;
  }
  for (std::size_t i = list.size(); i-- > 0;) {
    if (!list[i].not_finite && before[i] && after[i]) marks[i] = Mark::between;
    const bool hands_on = list[i].not_finite ? list[i].not_finite->any() : after[i];
    for (const RecordInput& input : list[i].inputs)
      if (input.kind == RecordInput::Kind::record) after[source(input)] |= hands_on;
  }
  return marks;
}

/// With gradients, which come from the end.
std::vector<Mark> gradient_marks(const std::vector<RecordInfo>& list) {
  std::vector<char> behind(list.size());
  std::vector<Mark> marks(list.size(), Mark::none);
  for (std::size_t i = list.size(); i-- > 0;) {
    const bool bad = list[i].gradient_norm && !std::isfinite(*list[i].gradient_norm);
    if (bad) marks[i] = behind[i] ? Mark::trouble : Mark::first_trouble;
    for (const RecordInput& input : list[i].inputs)
      if (bad && input.kind == RecordInput::Kind::record)
        behind[static_cast<std::size_t>(input.record)] = 1;
  }
  return marks;
}

}  // namespace

std::vector<Mark> trouble_marks(const std::vector<RecordInfo>& list, DotDirection direction) {
  if (direction == DotDirection::backward) return gradient_marks(list);
  std::vector<Mark> marks = value_marks(list);
  if (direction == DotDirection::forward) return marks;
  const std::vector<Mark> more = gradient_marks(list);
  for (std::size_t i = 0; i < list.size(); ++i) marks[i] = joined(marks[i], more[i]);
  return marks;
}

}  // namespace tapegrad::detail
