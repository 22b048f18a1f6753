#pragma once

/// @file
/// A function at every point of a small grid, and which one is best.
///
///     const nn::SweepResult found =
///         nn::sweep({{"a", {1, 2}}, {"b", {3, 4}}}, [](const nn::SweepPoint& p) {
///           return p.number("a") * p.number("b");
///         });
///     fmt::print("{}", found.table());

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "autograd/base/cxx20.h"

namespace tapegrad::nn {

/// @addtogroup training
/// @{

/// One value of what a `sweep` varies: a number, or a text such as the name of an activation.
class SweepValue {
 public:
  /// A number.
  template <class T>
  requires std::is_arithmetic_v<T> SweepValue(T number) : value_(static_cast<double>(number)) {}
  /// A text.
  SweepValue(const char* text) : value_(std::string(text)) {}
  /// A text.
  SweepValue(std::string text) : value_(std::move(text)) {}

  /// The number, or nullptr for a text.
  const double* number() const noexcept { return std::get_if<double>(&value_); }
  /// The text, or nullptr for a number.
  const std::string* text() const noexcept { return std::get_if<std::string>(&value_); }
  /// As it is shown in a table.
  std::string str() const;
  bool operator==(const SweepValue&) const = default;  ///< same kind and value

 private:
  std::variant<double, std::string> value_;
};

/// What a `sweep` varies, and the values that it takes.
struct SweepAxis {
  std::string name;                ///< such as "lr"
  std::vector<SweepValue> values;  ///< at least one
};

/// One point of the grid of a `sweep`: a value for each axis.
class SweepPoint {
 public:
  /// Names of axes and the value of each.
  explicit SweepPoint(std::vector<std::pair<std::string, SweepValue>> values)
      : values_(std::move(values)) {}

  /// The number of an axis. Errors: `ValueError` for a name that is not there, and for a text.
  double number(std::string_view axis) const;
  /// The same as an integer. Errors: `ValueError` likewise, and for a number that is none.
  std::int64_t integer(std::string_view axis) const;
  /// The text of an axis. Errors: `ValueError` for a name that is not there, and for a number.
  const std::string& text(std::string_view axis) const;
  /// In the order of the axes.
  const std::vector<std::pair<std::string, SweepValue>>& values() const noexcept { return values_; }

 private:
  const SweepValue& find(std::string_view axis) const;

  std::vector<std::pair<std::string, SweepValue>> values_;
};

/// What came out at one point.
struct SweepRun {
  SweepPoint point;  ///< where
  double result;     ///< what the function returned there
};

/// The settings of `sweep`.
struct SweepOptions {
  bool max = false;               ///< more is better, as of an accuracy
  std::string result = "result";  ///< what the function returns, for tables: "validation loss"
  std::FILE* progress = nullptr;  ///< where to show a line for each point, such as stdout
};

/// What a `sweep` has found.
struct SweepResult {
  std::vector<SweepAxis> axes;  ///< what was varied
  std::vector<SweepRun> runs;   ///< the last axis goes fastest
  SweepOptions options;         ///< what was asked for

  /// The best point: the first of equal ones. Errors: `ValueError` without a run.
  const SweepRun& best() const;
  /// All runs, the best one first; equal ones as they came. They point into `runs`.
  std::vector<const SweepRun*> ranked() const;
  /// Whether one result is better than another. NaN is worse than anything.
  bool better(double a, double b) const;
  /// A line for each point, the best one first and marked.
  std::string table() const;
  /// A line for each point, with a head.
  std::string csv() const;
};

/// @cond
namespace detail {
/// What tables show: the names of the axes and of the result, then all runs, the best one first.
std::vector<std::vector<std::string>> sweep_rows(const SweepResult& found);
}  // namespace detail
/// @endcond

/// Calls `run` at every point of a small grid, and keeps what it returns:
///
///     const auto found = nn::sweep({{"lr", {0.1, 0.01}}, {"activation", {"relu", "tanh"}}},
///                                  [&](const nn::SweepPoint& p) {
///                                    return train(p.number("lr"), p.text("activation"));
///                                  });
///     fmt::print("{}", found.table());
///
/// Each run seeds what it draws, so that all have the same luck. Errors: `ValueError` for no axes,
/// an axis without values, and two of one name; what `run` throws ends the sweep.
SweepResult sweep(std::vector<SweepAxis> axes, const std::function<double(const SweepPoint&)>& run,
                  const SweepOptions& options = {});

/// @}

}  // namespace tapegrad::nn
