#pragma once

#include <string>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad::nn {

/// How a CSV file is read.
struct CsvOptions {
  enum class Header { automatic, yes, no };

  char delimiter = ',';
  /// automatic: the first line is a header if none of its fields is a number, in any format
  Header header = Header::automatic;
  DType dtype = DType::float32;  ///< of the values
};

/// A table of numbers.
struct CsvTable {
  std::vector<std::string> columns;  ///< names from the header; empty without one
  Tensor values;                     ///< `[rows, columns]`

  /// The values of one column, `[rows]`. Errors: `ValueError` for a name that is not there.
  Tensor column(const std::string& name) const;
};

/// Reads numbers from a text file, plain or gzip: one row a line, spaces around fields and empty
/// lines are skipped, "\r\n" ends a line too. Names in a header may be quoted; they cannot contain
/// the delimiter.
///
/// Errors: `FileError`, with file, line and column, for a field that is no number, for a line with
/// more or fewer fields than the first, and for a file without any row; `DTypeError` unless `dtype`
/// is `float32`, `float64` or `int64`.
CsvTable read_csv(const std::string& path, const CsvOptions& options = {});

}  // namespace tapegrad::nn
