#include "autograd/ops/linalg/equation.h"

#include <algorithm>
#include <array>

#include "autograd/base/fail.h"

namespace tapegrad::detail {

namespace {

constexpr int label_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  return -1;
}

std::vector<int> with_ellipsis(const Subscripts& from, int first, int last) {
  std::vector<int> labels;
  labels.reserve(from.labels.size() + static_cast<std::size_t>(last - first));
  for (const int label : from.labels) {
    if (label != kEllipsis) labels.push_back(label);
    if (label == kEllipsis)
      for (int i = first; i < last; ++i) labels.push_back(kEllipsis + i);
  }
  return labels;
}

}  // namespace

std::string Equation::describe(int label) {
  if (label >= kEllipsis) return fmt::format("dimension {} of the ellipses", label - kEllipsis);
  return fmt::format("'{}'", static_cast<char>(label < 26 ? 'A' + label : 'a' + label - 26));
}

Subscripts Equation::read(std::size_t begin, std::size_t end) const {
  Subscripts found;
  found.labels.reserve(end - begin);
  for (std::size_t i = begin; i < end; ++i) {
    const char c = text[i];
    if (c == ' ') continue;
    found.text += c;
    if (c == '.') {
      if (i + 2 >= end || text.compare(i, 3, "...") != 0)
        fail<ValueError>("einsum: \"{}\": the dot at position {} is no ellipsis, which has three",
                         text, i);
      if (found.has_ellipsis)
        fail<ValueError>(
            "einsum: \"{}\": at position {} is a second ellipsis; one is for all "
            "dimensions without a letter",
            text, i);
      found.text += "..";
      found.labels.push_back(kEllipsis);
      found.has_ellipsis = true;
      i += 2;
      continue;
    }
    const int label = label_of(c);
    if (label < 0)
      fail<ValueError>(
          "einsum: \"{}\": '{}' at position {} is no subscript; subscripts are letters and "
          "\"...\", "
          "with ',' between operands and \"->\" before the result",
          text, c, i);
    found.labels.push_back(label);
  }
  return found;
}

Equation::Equation(const std::string& equation) : text(equation) {
  const std::size_t arrow = text.find("->"), left = std::min(arrow, text.size());
  operands.reserve(2);
  for (std::size_t begin = 0; begin <= left;) {
    const std::size_t end = std::min(text.find(',', begin), left);
    operands.push_back(read(begin, end));
    begin = end + 1;
  }
  explicit_result = arrow != text.npos;
  if (!explicit_result) return;
  result = read(arrow + 2, text.size());
  for (std::size_t i = 0; i < result.labels.size(); ++i) {
    const int label = result.labels[i];
    if (std::count(result.labels.begin(), result.labels.end(), label) > 1)
      fail<ValueError>("einsum: \"{}\": the result has {} twice; name it once", text,
                       describe(label));
    const auto has = [&](const Subscripts& one) {
      return std::count(one.labels.begin(), one.labels.end(), label) > 0;
    };
    if (label != kEllipsis && std::none_of(operands.begin(), operands.end(), has))
      fail<ValueError>("einsum: \"{}\": the result has {}, which no operand has", text,
                       describe(label));
  }
}

std::vector<int> Equation::labels_of(std::size_t i, const Shape& shape, int width) const {
  const Subscripts& own = operands[i];
  const int extra = shape.rank() - own.letters();
  if (extra < 0 || (extra > 0 && !own.has_ellipsis))
    fail<ShapeError>("einsum: \"{}\": operand {}, \"{}\", has {} letters, but its shape is {}{}",
                     text, i, own.text, own.letters(), shape,
                     extra > 0 ? "; \"...\" stands for other dimensions" : "");
  return with_ellipsis(own, width - extra, width);
}

Dims Equation::result_labels(int width) const {
  std::vector<int> labels;
  if (explicit_result) {
    labels = with_ellipsis(result, 0, width);
  } else {
    std::array<int, kEllipsis> count{};
    for (const Subscripts& operand : operands)
      for (const int label : operand.labels)
        if (label != kEllipsis) ++count[static_cast<std::size_t>(label)];
    for (int i = 0; i < width; ++i) labels.push_back(kEllipsis + i);
    for (int i = 0; i < kEllipsis; ++i)
      if (count[static_cast<std::size_t>(i)] == 1) labels.push_back(i);
  }
  if (labels.size() > kMaxRank)
    fail<ShapeError>("einsum: \"{}\": the result has {} dimensions; a tensor has at most {}", text,
                     labels.size(), kMaxRank);
  Dims dims;
  for (const int label : labels) dims.push_back(label);
  return dims;
}

}  // namespace tapegrad::detail
