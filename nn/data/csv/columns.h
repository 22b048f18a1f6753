#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nn/data/csv/csv.h"
#include "nn/data/csv/scan.h"

// Internal: what is read of each column of a CSV file, and what is said of a field that is not what
// its column holds.

namespace tapegrad::nn::detail {

struct CsvColumnPlan {
  enum class Kind { open, numbers, classes };

  std::size_t at = 0;  ///< its place in the file
  Kind kind = Kind::open;
  bool target = false;
  bool listed = false;  ///< in the option classes
  bool named = false;   ///< with names for its classes
  std::map<std::string, std::int64_t, std::less<>> codes = {};

  /// Numbers the classes of a column without given names anew, in the order of their names. Returns
  /// the new number of each, and sets `names`.
  std::vector<std::int64_t> sort(std::vector<std::string>& names, char decimal) const;
};

/// The columns of one file, by its first lines.
class CsvPlan {
 public:
  /// `scanner` is at the first record, and then at the first row of values.
  CsvPlan(const std::string& path, const CsvOptions& options, CsvScanner& scanner);

  std::vector<std::string> header;     ///< of all columns of the file; empty without
  std::vector<CsvColumnPlan> columns;  ///< those that are read, in order; the target is the last
  std::vector<std::size_t> left_out;   ///< places of the columns that text = drop leaves out

  /// Errors: `FileError` unless a record has as many fields as the first.
  void check_width(const std::vector<CsvField>& fields) const {
    if (fields.size() != width_) refuse_width(fields);
  }
  /// Errors: `FileError` for a number in a column of `left_out`, which must hold text alone.
  void check_left_out(const std::vector<CsvField>& fields) const;
  /// Whether `na_values` lists the text.
  bool is_na(std::string_view text) const noexcept;
  /// Throws the `FileError` for a field of numbers that is not one of `dtype`.
  [[noreturn]] void refuse_number(const CsvColumnPlan& column, const CsvField& field) const;
  /// The number of a class, which is new or not. Errors: `FileError` for what is none.
  std::int64_t code(CsvColumnPlan& column, const CsvField& field) const;

 private:
  bool is_header(const std::vector<CsvField>& fields);
  bool is_of_pandas(const std::vector<CsvField>& fields) const;
  std::size_t find(const CsvColumn& column, const char* option) const;
  void choose_columns();
  void find_kinds(CsvScanner scanner);

  // Messages, in messages.cpp.
  std::string shown(std::size_t column) const;
  std::string delimiter_in(std::string_view text) const;
  std::string way_out(const CsvColumnPlan& column, const CsvField& field) const;
  std::string missing_way(std::string_view text) const;
  std::string no_numbers_way(std::size_t column) const;
  std::string width_way(const std::vector<CsvField>& fields) const;
  std::string comment_way(const std::vector<CsvField>& fields) const;
  [[noreturn]] void refuse(std::size_t column, const CsvField& field, const std::string& expected,
                           const std::string& way) const;
  [[noreturn]] void refuse_width(const std::vector<CsvField>& fields) const;
  [[noreturn]] void refuse_class(const CsvColumnPlan& column, const CsvField& field) const;
  [[noreturn]] void refuse_left_out(std::size_t column, const CsvField& field) const;
  [[noreturn]] void refuse_header(const char* why, const std::string& more) const;
  [[noreturn]] void refuse_numbered_names() const;
  [[noreturn]] void refuse_empty() const;

  const std::string& path_;
  const CsvOptions& options_;
  std::size_t width_ = 0;
  std::int64_t first_line_ = 0;  ///< of values that may be a header
  bool by_look_ = false;         ///< the header was told by what it looks like
};

}  // namespace tapegrad::nn::detail
