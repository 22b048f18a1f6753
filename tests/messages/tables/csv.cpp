// Tables from text files.

#include <string>
#include <string_view>

#include "nn/nn.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

std::string csv(std::string_view text) { return messages::folder().write("table.csv", text); }

}  // namespace

messages::Sections messages::of_csv() {
  return {
      {"Tables from text files",
       "`csv(text)` is the path of a file `table.csv` that holds this text.",
       {
           TAPEGRAD_MISTAKE(FileError,
                            "read_csv: cannot open 'no/such/file.csv': No such file or directory",
                            nn::read_csv("no/such/file.csv")),
           TAPEGRAD_MISTAKE(FileError,
                            "read_csv: '.' is not a file; give the path of the file itself",
                            nn::read_csv(".")),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 2, column 2 (b): expected a number, found 'x'; "
               "set the option na_values = {\"x\"} if it marks a missing value; set the "
               "option classes = {\"b\"} to number its texts, or set the option drop = "
               "{\"b\"} to leave the column out",
               nn::read_csv(csv("a,b\n1,x\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 2, column 2 (b): expected a number, found 'NA'; "
               "set the option na_values = {\"NA\"} if it marks a missing value",
               nn::read_csv(csv("a,b\n1,NA\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 2, column 2 (b): expected a number, found ''; "
               "set the option na_values = {\"\"} if it marks a missing value",
               nn::read_csv(csv("a,b\n1,\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 2, column 1 (a;b): expected a number, found "
               "'1;2'; set the option delimiter = ';' if that is more than one column",
               nn::read_csv(csv("a;b\n1;2\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 2, column 2 (b): expected a number, found '2,5'; "
               "set the option decimal = ',' if that is the decimal mark",
               nn::read_csv(csv("a;b\n1;2,5\n"), {.delimiter = ';'})),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 2, column 1: expected a number, found '5 kg'; "
               "set the option delimiter = ' ' if that is more than one column",
               nn::read_csv(csv("1\n5 kg\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 1, column 1: expected an integer that float32 "
               "holds exactly, found '16777217'; set the option dtype = float64",
               nn::read_csv(csv("16777217\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 1, column 1: expected a number in the range of "
               "float32, found '1e300'; set the option dtype = float64",
               nn::read_csv(csv("1e300\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 1, column 1: expected a whole number of 64 bits, "
               "found '1.5'; set the option dtype = float64",
               nn::read_csv(csv("1.5\n"), {.dtype = tg::int64})),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 2, column 2: expected a class, found ''; to make "
               "a class of it, give the option classes its name and the others, else remove "
               "the row",
               nn::read_csv(csv("1,x\n2,\n"), {.target = 1})),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 2, column 2: expected one of the names in the "
               "option classes, found 'z'; add it there",
               nn::read_csv(csv("1,x\n2,z\n"), {.classes = {{1, {"x", "y"}}}})),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 2, column 2: expected text as in the lines "
               "before, found '3'; set the option classes = {1} to number its texts, or set "
               "the option drop = {1} to leave the column out",
               nn::read_csv(csv("1,x\n2,3\n"), {.text = nn::CsvOptions::Text::drop})),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 2: expected 2 columns as in line 1, found 1; "
               "write the fields that are missing as empty ones, each with its ','",
               nn::read_csv(csv("1,2\n3\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 2: expected 2 columns as in line 1, found 3; a "
               "field that has ',' inside must stand between \" and \"",
               nn::read_csv(csv("1,2\n3,4,5\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 2: expected 2 columns as in line 1, found 1; set "
               "the option comment = '#' if that begins a comment",
               nn::read_csv(csv("1,2\n# three\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv': expected at least one line of numbers, found none",
               nn::read_csv(csv(""))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 1: expected at least one line of numbers after "
               "this line of names, found none; set the option header = "
               "CsvOptions::Header::no if it holds values",
               nn::read_csv(csv("a,b\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 1: cannot tell whether this line holds names, "
               "because there is text in all columns; set the option header = "
               "CsvOptions::Header::yes or ::no",
               nn::read_csv(csv("a,b\nx,y\n"), {.text = nn::CsvOptions::Text::classes})),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 1: cannot tell whether this line holds names, "
               "because an index and columns without names begin so, as does a row without "
               "its first value; set the option header = CsvOptions::Header::yes or ::no, "
               "and, to leave the index out, set the option drop = {0}",
               nn::read_csv(csv(",0,1\n0,5,6\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 1, column 2: expected a quote at the end of "
               "'2\\n'; double a quote that belongs to the text, or set the option quotechar "
               "= '\\0' if no character quotes",
               nn::read_csv(csv("1,\"2\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 1, column 2: expected a delimiter after a quoted "
               "field, found 'or 3'; double a quote that belongs to the text, or set the "
               "option quotechar = '\\0' if no character quotes",
               nn::read_csv(csv("1,\"2\" or 3\n"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv': expected UTF-8, found UTF-16; save the table as UTF-8",
               nn::read_csv(csv("\xFF\xFE"))),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', line 1: expected at most 1048576 columns, found more; "
               "set the option delimiter if ',' does not stand between columns",
               nn::read_csv(csv(std::string(1 << 20, ',')))),
           TAPEGRAD_MISTAKE(
               ValueError,
               "read_csv: 'table.csv': the option usecols names column 2, but there are 2, "
               "from 0 to 1",
               nn::read_csv(csv("1,2\n"), {.usecols = {2}})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "read_csv: 'table.csv': the option target names a column 'kind', but line 1 "
               "holds values, no names; give the column's number, from 0, or set the option "
               "header = CsvOptions::Header::yes",
               nn::read_csv(csv("1,2\n"), {.target = "kind"})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "read_csv: 'table.csv': the option target names a column 'kind'; there are: "
               "a, b",
               nn::read_csv(csv("a,b\n1,2\n"), {.target = "kind"})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "read_csv: 'table.csv': the option target names a column 'a', which is there "
               "more than once; give the column's number, from 0",
               nn::read_csv(csv("a,a\n1,2\n"), {.target = "a"})),
           TAPEGRAD_MISTAKE(ValueError,
                            "read_csv: 'table.csv': the option usecols names column 0 twice",
                            nn::read_csv(csv("1,2\n"), {.usecols = {0, 0}})),
           TAPEGRAD_MISTAKE(ValueError,
                            "read_csv: 'table.csv': column 1 is in the options target and drop",
                            nn::read_csv(csv("1,2\n"), {.drop = {1}, .target = 1})),
           TAPEGRAD_MISTAKE(
               ValueError, "read_csv: 'table.csv': column 1 is in the option classes, but not read",
               nn::read_csv(csv("1,2\n"), {.usecols = {0}, .classes = {1}})),
           TAPEGRAD_MISTAKE(ValueError,
                            "read_csv: 'table.csv': the option classes has 'x' twice for column 1",
                            nn::read_csv(csv("1,x\n"), {.classes = {{1, {"x", "x"}}}})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "read_csv: 'table.csv': the options usecols, drop and text leave no column "
               "beside the target; to read that one alone, as values, leave the option "
               "target out",
               nn::read_csv(csv("1\n"), {.target = 0})),
           TAPEGRAD_MISTAKE(ValueError,
                            "read_csv: the option max_bytes must be at least 0, but is -1",
                            nn::read_csv(csv("1\n"), {.max_bytes = -1})),
           TAPEGRAD_MISTAKE(
               FileError,
               "read_csv: 'table.csv', offset 2: 2 bytes of memory are needed for what comes "
               "here, and 1 are left of the 1 that the option max_bytes allows; set the "
               "option max_bytes to more, if you trust the file",
               nn::read_csv(csv("1\n"), {.max_bytes = 1})),
           TAPEGRAD_MISTAKE(ValueError, "read_csv: the option delimiter cannot be the character 10",
                            nn::read_csv("table.csv", {.delimiter = '\n'})),
           TAPEGRAD_MISTAKE(
               ValueError,
               "read_csv: the options delimiter and decimal are both ','; most tables with a "
               "decimal comma need delimiter = ';'",
               nn::read_csv("table.csv", {.delimiter = ',', .decimal = ','})),
           TAPEGRAD_MISTAKE(ValueError,
                            "read_csv: the option decimal must be '.' or ',', but is 'x'",
                            nn::read_csv("table.csv", {.decimal = 'x'})),
           TAPEGRAD_MISTAKE(ValueError,
                            "read_csv: the option skiprows must be at least 0, but is -1",
                            nn::read_csv("table.csv", {.skiprows = -1})),
           TAPEGRAD_MISTAKE(DTypeError,
                            "read_csv: dtype must be float32, float64 or int64, but is bool",
                            nn::read_csv("table.csv", {.dtype = tg::boolean})),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "read_csv: na_values become NaN, which int64 does not have; set the option "
               "dtype = float64",
               nn::read_csv("table.csv", {.dtype = tg::int64, .na_values = {"NA"}})),
           TAPEGRAD_MISTAKE(
               ValueError, "CsvTable: there is no column 'height'; there are: ", nn::CsvTable table;
               table.column("height")),
           TAPEGRAD_MISTAKE(
               ValueError,
               "CsvTable: there is more than one column 'a'; select(values, 1, number) takes "
               "one by its number",
               nn::CsvTable table;
               table.columns = {"a", "a"}; table.column("a")),
       }},
  };
}
