#pragma once

#include <string>
#include <vector>

#include "tests/benchmarks/measure.h"

namespace bench {

enum class Unit { seconds, bytes, count };

/// One line of the table.
struct Row {
  std::string name;
  Figures figures;
  Unit unit = Unit::seconds;
};

/// The lines of one case: most have one.
struct Rows : std::vector<Row> {
  using std::vector<Row>::vector;
  Rows(Row row) : std::vector<Row>{std::move(row)} {}
};

/// Prints lines as they come, as a table that Markdown understands, and keeps them.
class Table {
 public:
  /// `title` goes above the columns.
  explicit Table(std::string title) : title_(std::move(title)) {}
  void add(const Row& row);
  /// Errors: `std::runtime_error` when the file cannot be written.
  void write_json(const std::string& file) const;

 private:
  std::string title_;
  std::vector<Row> rows_;
};

}  // namespace bench
