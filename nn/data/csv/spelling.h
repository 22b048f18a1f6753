#pragma once

#include <string>
#include <string_view>

#include "nn/data/csv/csv.h"

// Internal: what a field of a CSV file that is no number may have been meant as. For messages.

namespace tapegrad::nn::detail {

/// Whether `text` is what marks a missing value in most tables ("", "?", "NA"). It becomes one only
/// if the options say so.
bool csv_is_usual_mark(std::string_view text);

/// Whether `text` begins or ends in a number ("5%", "$5", "2020-01-02", "A12"): that is not how a
/// missing value is marked.
bool csv_has_number(std::string_view text);

/// How to write a number as one that is read: for "5%", `"write it in the file as a plain number,
/// without the percent sign"`. Empty if `text` is no number with a sign, a unit, a thousands
/// separator, another decimal mark or in hexadecimal.
std::string csv_plain_way(std::string_view text, const CsvOptions& options);

/// A character for a message, between quotes.
std::string csv_written(char c);

}  // namespace tapegrad::nn::detail
