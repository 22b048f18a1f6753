#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "nn/data/csv/csv.h"

// Internal: the bytes of a CSV file become fields.

namespace tapegrad::nn::detail {

struct CsvField {
  std::string_view text;  ///< without quotes and the blanks around it
  std::int64_t line = 0;  ///< where it begins, from 1
};

/// Cuts a file into records, which are lines except where a quoted field has line breaks. A copy
/// goes on from where the original is.
class CsvScanner {
 public:
  /// Skips the byte order mark and `options.skiprows` lines. `path`, which is for messages, and
  /// `text` must outlive this object. Errors: `FileError` for UTF-16.
  CsvScanner(const std::string& path, std::string_view text, const CsvOptions& options);

  /// The fields of the next record that is not blank, valid until the next call; false when there
  /// is none. Errors: `FileError` for a quote that does not end, for text after one, and for more
  /// than 2^20 fields.
  bool next(std::vector<CsvField>& fields);

 private:
  bool at_end() const noexcept { return at_ == end_; }
  bool is(char c) const noexcept { return at_ != end_ && *at_ == c; }
  bool ends_record() const noexcept;
  bool ends_line() const noexcept;
  void skip_blanks() noexcept;
  void skip_line() noexcept;
  std::string_view plain_field() noexcept;
  std::string_view quoted_field(std::size_t number);

  std::string_view path_;
  const char* at_;
  const char* end_;
  std::int64_t line_ = 1;
  char delimiter_, quote_, comment_;
  std::array<bool, 256> ends_field_{};  ///< the bytes that end a field without quotes
  std::deque<std::string> doubled_;     ///< fields of this record in which quotes were doubled
};

}  // namespace tapegrad::nn::detail
