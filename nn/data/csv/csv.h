#pragma once

/// @file
/// Tables from text files. Nothing is guessed silently: what is no number is an error that names
/// the option to set.
///
///     std::ofstream("flowers.csv") << "length,width,kind\n1.5,2,rose\n3,1,lily\n";
///     nn::CsvTable table = nn::read_csv("flowers.csv", {.target = "kind"});
///     fmt::print("{} {}\n", table.values.shape(), table.target_classes[0]);

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/tensor/create/default_dtype.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad::nn {

/// @addtogroup data
/// @{

/// A column of a file: its name in the header, or its number from 0, negative from the end.
struct CsvColumn {
  /// By its number.
  template <std::integral Number>
  requires(!std::same_as<Number, bool> && !std::same_as<Number, char>) CsvColumn(Number place)
      : number(static_cast<std::int64_t>(place)) {}
  /// By its name.
  /// @{
  CsvColumn(std::string text) : name(std::move(text)) {}
  CsvColumn(const char* text) : name(text) {}
  /// @}

  std::int64_t number = 0;               ///< from 0, negative from the end
  std::optional<std::string> name = {};  ///< if there is one, it counts and not `number`
};

/// A column whose texts are numbered: `"species"`, or `{"species", {"setosa", "virginica"}}`.
struct CsvClasses {
  /// That column, and its texts in the order of their numbers.
  template <std::convertible_to<CsvColumn> Column>
  CsvClasses(Column&& which, std::vector<std::string> texts = {})
      : column(std::forward<Column>(which)), names(std::move(texts)) {}

  CsvColumn column;  ///< whose texts are numbered
  /// Text i becomes the number i, and another text is an error, so that two files are numbered
  /// alike. Empty: the texts of the file, sorted (by value if all of them are numbers).
  std::vector<std::string> names = {};
};

/// How a CSV file is read. Names, order and meaning are those of `pandas.read_csv` where it has the
/// thing. Columns in options count from 0; messages count lines and columns from 1, as editors do.
struct CsvOptions {
  /// Whether the first line holds names.
  enum class Header {
    automatic,  ///< see `header`
    yes,        ///< it does
    no          ///< it does not
  };
  /// What becomes of text.
  enum class Text {
    error,    ///< a `FileError`
    classes,  ///< its texts are numbered
    drop      ///< the column is left out
  };

  /// Stands between fields. ' ' stands for runs of blanks (spaces and tabs), also at the ends of a
  /// line.
  char delimiter = ',';
  /// automatic: the first line is a header if a name in these options is one of its fields, or if
  /// none of its fields is a number, in any format, and not all of them mark missing values; also
  /// if one is a name that pandas makes up ("Unnamed: 0"). Names that are numbers need `yes`.
  Header header = Header::automatic;
  /// The columns to read, in this order (pandas keeps that of the file); empty: all.
  std::vector<CsvColumn> usecols = {};
  std::vector<CsvColumn> drop = {};      ///< the columns to leave out
  std::optional<CsvColumn> target = {};  ///< goes to `CsvTable::target`; is read in any case
  std::vector<CsvClasses> classes = {};  ///< the columns whose texts are numbered
  /// What becomes of a column that is in none of these lists and holds text. What it holds is told
  /// by its first field that is not missing; a number among texts and a text among numbers are
  /// errors, so that `drop` leaves out no numbers. A number with a sign or a unit ("$5", "5 kg") is
  /// text.
  Text text = Text::error;
  /// Of the values: float32, float64 or int64. An integer ("16777217", "16777217.0") that the type
  /// does not hold exactly is an error. A number with a fraction or an exponent ("0.1",
  /// "1.6777217e7", "6e23") is a measurement, which is rounded to the nearest of the type.
  DType dtype = get_default_dtype();
  std::int64_t skiprows = 0;                   ///< lines to skip at the beginning
  std::vector<std::string> na_values = {};     ///< texts that are read as NaN; "" for empty fields
  char decimal = '.';                          ///< the decimal mark: '.' or ','
  char quotechar = '"';                        ///< '\0': no character quotes
  char comment = '\0';                         ///< the rest of a line from here on is skipped
  std::optional<std::int64_t> max_bytes = {};  ///< of the text, unpacked: see `ReadOptions`
};

/// A table of numbers.
struct CsvTable {
  std::vector<std::string> columns;               ///< names from the header; empty without one
  Tensor values;                                  ///< `[rows, columns]`
  std::vector<std::vector<std::string>> classes;  ///< for each column, names of its classes, if any
  Tensor target;                                  ///< `[rows]`; undefined without the option
  std::vector<std::string> target_classes;        ///< empty if the target is numbers

  /// The values of one column, `[rows]`. Errors: `ValueError` for a name that is not there, or
  /// there twice.
  Tensor column(const std::string& name) const;
};

/// Reads a table from a text file, plain or gzip:
///
///     nn::CsvTable iris = nn::read_csv("iris.csv", {.target = "species"});
///     nn::TensorDataset data(iris.values, iris.target);  // [150, 4] float32, [150] int64
///     iris.target_classes;                               // {"setosa", "versicolor", "virginica"}
///
/// One row a line; blanks around fields, empty lines and a byte order mark are skipped; "\r\n" and
/// "\r" end lines too. A field may be quoted (RFC 4180): then it may have delimiters and line
/// breaks inside, and a doubled quote stands for one. A quoted number is a number.
///
/// A column holds numbers of `dtype`, or classes: their places in the list of names, as `dtype` in
/// `values` and as `int64` in `target`. A target of text is always classes; one of numbers is
/// numbers, of `dtype`, unless it is in the option `classes`. What `na_values` lists becomes NaN,
/// in numbers and in classes of `values`; "nan" and "inf" are numbers. A number that is too small
/// for the type is 0.
///
/// Errors: `FileError`, with file, line and column, for a field that is no number, out of the range
/// of `dtype`, or an integer that `dtype` does not hold exactly; for text and missing values that
/// no option asks for, and a missing class in the target; for a line with more or fewer fields than
/// the first or more than 2^20, a quote that does not end, text after one, UTF-16, and a file
/// without any row; if it cannot be told whether the first line is a header, and for more than
/// `max_bytes`. `ValueError` for a column that is not there, for a negative `max_bytes`, for
/// options that contradict each other and if no column is left for `values`; `DTypeError` unless
/// `dtype` is `float32`, `float64` or `int64`, and for `na_values` with `int64`.
CsvTable read_csv(const std::string& path, const CsvOptions& options = {});

/// @}

}  // namespace tapegrad::nn
