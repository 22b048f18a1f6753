#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "nn/report/spec.h"

// Internal: what the data of several kinds of charts have in common.

namespace tapegrad::report::detail {

using Json = nlohmann::ordered_json;

/// Makes the data of one chart, and gathers what is to be said about it.
class SpecWriter {
 public:
  /// `kind` is the name of the aggregate, for errors.
  SpecWriter(const char* kind, const std::string& title) : kind_(kind), title_(title) {}

  /// How errors begin: "report::Lines 'Loss': the series 'training'".
  std::string where(std::string_view part = {}, std::string_view name = {}) const;
  /// Throws `ShapeError` unless `values` are as many as `expected`, or none where they are optional.
  void require_length(const std::string& where, const char* what, const Numbers& values,
                      std::size_t expected, bool optional = true) const;

  Json axis(const Axis& axis) const;
  Json series(const Series& series, const Axis& x, const Axis& y);
  Json all_series(const std::vector<Series>& list, const Axis& x, const Axis& y);
  Json marks(const std::vector<Mark>& list) const;
  /// Points `[N, 2]` by class: {points: [[x, y], ...], classes: [...], names: [...]}.
  Json classed_points(const Tensor& points, const Numbers& classes,
                      const std::vector<std::string>& names);

  /// Says what cannot be drawn of `values`, which are `name`'s.
  void note(const std::string& name, const Numbers& values, const Axis& axis);
  void note(std::string text) { notes_.push_back(std::move(text)); }

  /// The whole; `json` gets the kind of its own.
  Spec finish(const std::string& caption, const char* kind, const Json& json);

 private:
  const char* kind_;
  std::string title_;
  std::vector<std::string> notes_;
};

/// A number of JSON; null for NaN, and the texts "inf" and "-inf".
Json number(double value);
Json numbers(const Numbers& values);
/// Bytes as base64 (RFC 4648).
std::string base64(const std::vector<unsigned char>& bytes);

}  // namespace tapegrad::report::detail
