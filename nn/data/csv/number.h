#pragma once

#include <string_view>

// Internal: the fields of a CSV file become numbers.

namespace tapegrad::nn::detail {

enum class CsvNumber {
  good,
  none,     ///< no number
  range,    ///< a number, but out of the range of the type
  inexact,  ///< an integer that the type does not hold
};

/// Reads all of `text` into `value`, which is changed only if that is good. `decimal` is the only
/// decimal mark. Blanks around the number, and a '+' before it, are skipped; a number too small for
/// the type is 0. `T` is float, double or std::int64_t.
template <class T>
CsvNumber csv_number(std::string_view text, char decimal, T& value);

/// Whether `text` is meant as a number, be it one that does not fit the type that is asked for, or
/// in a spelling that is not read here ("1,5", "1'000", "0x10", "5%"), or several with another
/// delimiter than was asked for ("1;2").
bool csv_looks_numeric(std::string_view text, char decimal);

inline bool csv_is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view csv_trim(std::string_view text);

}  // namespace tapegrad::nn::detail
