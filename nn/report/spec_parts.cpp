#include "nn/report/spec_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "autograd/base/fail.h"

namespace tapegrad::report::detail {

namespace {

constexpr const char* kLineNames[] = {"solid", "dashed", "dotted", "none"};
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

Json number(double value) {
  if (std::isnan(value)) return nullptr;
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  // Nine digits tell every float32 from the next, and are fewer than its decimals as a double.
  return std::strtod(fmt::format("{:.9g}", value).c_str(), nullptr);
}

Json numbers(const Numbers& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

std::string base64(const std::vector<unsigned char>& bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    unsigned group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 3; ++i) group = group << 8 | (i < count ? bytes[at + i] : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text += i <= count ? kBase64[group >> (18 - 6 * i) & 63U] : '=';
  }
  return text;
}

std::string SpecWriter::where(std::string_view part, std::string_view name) const {
  std::string text = fmt::format("report::{} '{}'", kind_, title_);
  if (!part.empty()) text += fmt::format(": {} '{}'", part, name);
  return text;
}

void SpecWriter::require_length(const std::string& where, const char* what, const Numbers& values,
                                std::size_t expected, bool optional) const {
  if (values.size() == expected || (optional && values.empty())) return;
  fail<ShapeError>("{} has {} numbers in '{}' where {} are needed", where, values.size(), what,
                   expected);
}

Json SpecWriter::axis(const Axis& axis) const {
  Json json{{"label", axis.label}};
  if (!axis.unit.empty()) json["unit"] = axis.unit;
  if (axis.log) json["log"] = true;
  if (axis.percent) json["percent"] = true;
  for (const auto& [name, end] : {std::pair("low", axis.low), std::pair("high", axis.high)}) {
    if (!end) continue;
    if (!std::isfinite(*end) || (axis.log && *end <= 0))
      fail<ValueError>("{}: the axis cannot end at {} ({})", where(), *end, name);
    json[name] = number(*end);
  }
  if (axis.low && axis.high && !(*axis.low < *axis.high))
    fail<ValueError>("{}: the axis goes from {} to {}, which is no range", where(), *axis.low,
                     *axis.high);
  return json;
}

Json SpecWriter::series(const Series& series, const Axis& x, const Axis& y) {
  const std::string at = where("the series", series.name);
  require_length(at, "x", series.x, series.y.size());
  require_length(at, "low", series.low, series.y.size());
  require_length(at, "high", series.high, series.y.size());
  if (series.low.empty() != series.high.empty())
    fail<ShapeError>("{} has one edge of its band alone: give both, low and high", at);
  if (series.shade && !(*series.shade >= 0 && *series.shade <= 1))
    fail<ValueError>("{} has the shade {}, which is not between 0 and 1", at, *series.shade);
  note(series.name, series.x, x);
  note(series.name, series.y, y);
  Json json{{"name", series.name},
            {"colour", series.colour.empty() ? series.name : series.colour},
            {"line", kLineNames[static_cast<std::size_t>(series.line)]}};
  if (!series.x.empty()) json["x"] = numbers(series.x);
  json["y"] = numbers(series.y);
  if (!series.low.empty()) {
    json["low"] = numbers(series.low);
    json["high"] = numbers(series.high);
  }
  if (series.shade) json["shade"] = number(*series.shade);
  if (series.points) json["points"] = true;
  return json;
}

Json SpecWriter::all_series(const std::vector<Series>& list, const Axis& x, const Axis& y) {
  Json json = Json::array();
  for (const Series& each : list) json.push_back(series(each, x, y));
  return json;
}

Json SpecWriter::marks(const std::vector<Mark>& list) const {
  Json json = Json::array();
  for (const Mark& mark : list) {
    if (!std::isfinite(mark.x) || (mark.y && !std::isfinite(*mark.y)))
      fail<ValueError>("{}: the mark '{}' is at no finite place", where(), mark.label);
    Json each{{"x", number(mark.x)}, {"label", mark.label}};
    if (mark.y) each["y"] = number(*mark.y);
    if (!mark.colour.empty()) each["colour"] = mark.colour;
    json.push_back(std::move(each));
  }
  return json;
}

Json SpecWriter::classed_points(const Tensor& points, const Numbers& classes,
                                const std::vector<std::string>& names) {
  if (points.dim() != 2 || points.size(1) != 2)
    fail<ShapeError>("{}: points are [N, 2], not {}", where(), points.shape());
  const auto count = static_cast<std::size_t>(points.size(0));
  require_length(where(), "classes", classes, count);
  double most = 0;
  for (const double each : classes) {
    if (!(each >= 0 && each < 1000) || each != std::floor(each) ||
        (!names.empty() && each >= static_cast<double>(names.size())))
      fail<IndexError>("{}: {} is no class of {}", where(), each,
                       names.empty() ? std::string("0, 1, 2, ...")
                                     : fmt::format("the {} that have names", names.size()));
    most = std::max(most, each);
  }
  const Numbers flat(points);
  Json places = Json::array();
  std::size_t lost = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double x = flat[2 * i], y = flat[2 * i + 1];
    if (!std::isfinite(x) || !std::isfinite(y)) ++lost;
    places.push_back({number(x), number(y)});
  }
  if (lost > 0)
    note(fmt::format("{} of {} points {} not finite, and left out.", lost, count,
                     lost == 1 ? "is" : "are"));
  Json class_names = Json::array();
  for (std::size_t i = 0; i <= static_cast<std::size_t>(most) || i < names.size(); ++i)
    class_names.push_back(i < names.size() ? names[i] : fmt::format("class {}", i));
  if (classes.empty() && names.empty()) class_names = {"points"};
  return {{"points", std::move(places)},
          {"classes", numbers(classes)},
          {"names", std::move(class_names)}};
}

void SpecWriter::note(const std::string& name, const Numbers& values, const Axis& axis) {
  std::size_t infinite = 0, missing = 0, unpositive = 0;
  for (const double value : values) {
    infinite += std::isinf(value);
    missing += std::isnan(value);
    unpositive += axis.log && std::isfinite(value) && value <= 0;
  }
  const auto say = [&](std::size_t count, std::string_view what, std::string_view so) {
    if (count > 0)
      note(fmt::format("{}: {} of {} numbers {} {}, {}.", name, count, values.size(),
                       count == 1 ? "is" : "are", what, so));
  };
  say(infinite, "infinite", "drawn as arrows at the edge");
  say(missing, "NaN", "left out");
  say(unpositive, "not above 0", "left out of the logarithmic axis");
}

Spec SpecWriter::finish(const std::string& caption, const char* kind, const Json& json) {
  return {.title = title_,
          .caption = caption,
          .kind = kind,
          .json = json.dump(-1, ' ', false, Json::error_handler_t::replace),
          .notes = std::move(notes_)};
}

}  // namespace tapegrad::report::detail
