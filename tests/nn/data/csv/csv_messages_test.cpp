#include <string>
#include <vector>

#include "autograd/tensor/create/create.h"
#include "tests/catch.h"
#include "tests/nn/data/csv/text.h"

// What is said of tables that cannot be read, and that the way out leads out.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Header = nn::CsvOptions::Header;
using Text = nn::CsvOptions::Text;
using Names = std::vector<std::string>;

TEST_CASE("csv: columns that are not there, and options that contradict each other", "[csv]") {
  const std::string table = "a,b,b\n1,2,3\n";
  const auto error = [&](const nn::CsvOptions& options) {
    return error_of<tg::ValueError>(table, options);
  };
  CHECK_THAT(error({.decimal = 'e'}),
             EndsWith("the option decimal must be '.' or ',', but is 'e'"));
  CHECK_THAT(error({.usecols = {"c"}}),
             EndsWith("the option usecols names a column 'c'; there are: a, b, b"));
  CHECK_THAT(error({.target = 3}),
             EndsWith("the option target names column 3, but there are 3, from 0 to 2"));
  CHECK_THAT(error({.drop = {"b"}}),
             EndsWith("names a column 'b', which is there more than once; give "
                      "the column's number, from 0"));
  CHECK_THAT(error({.usecols = {0, "a"}}), EndsWith("the option usecols names column \"a\" twice"));
  CHECK_THAT(error({.drop = {0}, .target = 0}),
             EndsWith("column \"a\" is in the options target and drop"));
  CHECK_THAT(error({.usecols = {1}, .classes = {"a"}}),
             EndsWith("column \"a\" is in the option classes, but not read"));
  CHECK_THAT(error({.classes = {{"a", {"x", "x"}}}}),
             EndsWith("the option classes has 'x' twice for column \"a\""));
  CHECK_THAT(error({.drop = {0, 1, 2}}), EndsWith("leave no column"));
  CHECK_THAT(error({.decimal = ','}),
             EndsWith("delimiter and decimal are both ','; most tables with a decimal comma need "
                      "delimiter = ';'"));
  CHECK_THAT(error({.delimiter = '\n'}), ContainsSubstring("the option delimiter cannot be"));
  CHECK_THAT(error({.skiprows = -1}), ContainsSubstring("skiprows must be at least 0, but is -1"));
  CHECK_THAT(message_of<tg::ValueError>([&] { read_text(table).column("b"); }),
             ContainsSubstring("more than one column 'b'"));
  CHECK_THAT(error_of<tg::DTypeError>(table, {.dtype = tg::int64, .na_values = {"?"}}),
             ContainsSubstring("set the option dtype = float64"));
  CHECK_THAT(error_of("1,2\n3,4,5\n"),
             ContainsSubstring("line 2: expected 2 columns as in line 1, found 3"));
}

TEST_CASE("csv messages: a number with more than a number is not said to be missing", "[csv]") {
  struct Case {
    const char* field;
    const char* way;
  };
  const char* const plain = "write it in the file as a plain number";
  const std::string others =
      "; set the option classes = {\"x\"} to number its texts, or set the option drop = {\"x\"} to "
      "leave the column out";
  for (const auto& [field, way] : {Case{"5%", ", without the percent sign"},
                                   {"12.5 %", ", without the percent sign"},
                                   {"$5", ", without the currency sign '$'"},
                                   {"-$5.25", ", without the currency sign '$'"},
                                   {"5\u20AC", ", without the currency sign '\u20AC'"},
                                   {"\u00A3 5", ", without the currency sign '\u00A3'"},
                                   {"\"$1,234.50\"",
                                    ", without the currency sign '$' and the thousands separator "
                                    "','"},
                                   {"5kg", ", without the unit 'kg'"},
                                   {"-5.5 km/h", ", without the unit 'km/h'"},
                                   {"20\u00B0C", ", without the unit '\u00B0C'"},
                                   {"0x10", ", not in hexadecimal"},
                                   {"\"1,234.5\"", ", without the thousands separator ','"},
                                   {"\"1,234\"", ", without the thousands separator ','"},
                                   {"1'000", ", without the thousands separator '''"},
                                   {"1_000", ", without the thousands separator '_'"},
                                   {"1.234.567", ", without the thousands separator '.'"},
                                   {"1 234 567", ", without the thousands separator ' '"},
                                   {"\"1.234,56\"",
                                    ", without the thousands separator '.', with the decimal mark "
                                    "'.'"},
                                   {"\"1,5\"", ", with the decimal mark '.'"}})
    CHECK_THAT(error_of("a,x\n1,2\n3," + std::string(field) + "\n"),
               ContainsSubstring("line 3, column 2 (x): expected a number, found '") &&
                   EndsWith("'; " + std::string(plain) + way + others));

  // What has a number, but is none, is no mark either.
  for (const char* field : {"2020-01-02", "12:30", "A12", "1.2.3"})
    CHECK_THAT(error_of("a,x\n1,2\n3," + std::string(field) + "\n"),
               EndsWith("found '" + std::string(field) + "'" + others));
  for (const char* field : {"-", "NA", "?", "n/a", "#DIV/0!", "unknown"})
    CHECK_THAT(
        error_of("a,x\n1,2\n3," + std::string(field) + "\n"),
        ContainsSubstring("found '" + std::string(field) + "'; set the option na_values = {"));
  CHECK_THAT(error_of("1,5%\n3,4\n"),
             EndsWith("line 1, column 2: expected a number, found '5%'; set the option header = "
                      "CsvOptions::Header::yes if this line holds names; else write it in the file "
                      "as a plain number, without the percent sign; set the option classes = {1} "
                      "to number its texts, or set the option drop = {1} to leave the column out"));
}

TEST_CASE("csv messages: decimal commas with thousands points", "[csv]") {
  const std::string table = "a;x\n1;1.234,56\n";
  CHECK_THAT(
      error_of(table, {.delimiter = ';'}),
      ContainsSubstring("line 2, column 2 (x): expected a number, found '1.234,56'; write it "
                        "in the file as a plain number, without the thousands separator "
                        "'.', and set the option decimal = ','; set the option classes"));
  CHECK_THAT(error_of(table, {.delimiter = ';', .decimal = ','}),
             ContainsSubstring("found '1.234,56'; write it in the file as a plain number, without "
                               "the thousands separator '.'; set the option classes"));
  CHECK(read_text("a;x\n1;1234,56\n", {.delimiter = ';', .decimal = ','}).values.shape() ==
        tg::Shape{1, 2});
  CHECK_THAT(error_of("1.5;2\n", {.delimiter = ';', .decimal = ','}),
             ContainsSubstring("found '1.5'") &&
                 ContainsSubstring("as a plain number, and set the option decimal = '.'"));
}

TEST_CASE("csv messages: columns that pandas numbers", "[csv]") {
  const std::string frame = ",0,1,2\n0,1.5,2.5,3.5\n1,4.5,,6.5\n";
  const std::string said =
      "line 1: cannot tell whether this line holds names, because an index and columns without "
      "names begin so, as does a row without its first value; set the option header = "
      "CsvOptions::Header::yes or ::no";
  CHECK_THAT(error_of(frame),
             EndsWith(said + ", and, to leave the index out, set the option drop = {0}"));
  // Else the line of names would be a row of values.
  CHECK_THAT(error_of(frame, {.na_values = {""}}), ContainsSubstring(said));
  CHECK_THAT(error_of(frame, {.drop = {0}}), EndsWith(said));
  CHECK_THAT(error_of(frame, {.drop = {1}}), EndsWith("add 0 to the option drop"));
  const auto table = read_text(frame, {.header = Header::yes, .drop = {0}, .na_values = {""}});
  CHECK(table.columns == Names{"0", "1", "2"});
  CHECK(table.values.shape() == tg::Shape{2, 3});
  CHECK(table.values.at<float>({0, 0}) == 1.5f);
  CHECK(read_text(frame, {.header = Header::no, .na_values = {""}}).values.size(0) == 3);
  CHECK(read_text(frame, {.target = "2", .na_values = {""}}).columns == Names{"", "0", "1"});

  // Other numbers are values, and the first is missing.
  CHECK_THAT(error_of(",0,2\n1,2,3\n"), ContainsSubstring("line 1, column 1: expected a number"));
  CHECK(read_text(",1,0\n1,2,3\n", {.na_values = {""}}).values.size(0) == 2);
  // Written and read by pandas once more, the index has a name.
  CHECK(read_text("Unnamed: 0,0,1\n0,2,3\n", {.drop = {0}}).columns == Names{"0", "1"});
  CHECK(read_text(",Unnamed: 0,0,1\n0,0,2,3\n", {.drop = {0, 1}}).columns == Names{"0", "1"});
}

TEST_CASE("csv messages: a delimiter at the end of each line", "[csv]") {
  CHECK_THAT(error_of("a,b,c\n1,2,3,\n4,5,6,\n"),
             EndsWith("line 2: expected 3 columns as in line 1, found 4; remove the ',' at the end "
                      "of the line, or write one at the end of line 1, too, and set the option "
                      "drop = {3}"));
  CHECK(read_text("a,b,c,\n1,2,3,\n4,5,6,\n", {.drop = {3}}).values.shape() == tg::Shape{2, 3});
  CHECK_THAT(error_of("a\n1,\n"), ContainsSubstring("found 2; remove the ',' at the end"));
  CHECK_THAT(error_of("a;b;\n1;2\n", {.delimiter = ';'}),
             EndsWith("line 2: expected 3 columns as in line 1, found 2; remove the ';' at the end "
                      "of line 1"));
  CHECK_THAT(error_of("a,b,\n1,2,\n"),
             EndsWith("line 2, column 3 (): expected a number, found ''; set the option drop = {2} "
                      "to leave the column out"));
}

TEST_CASE("csv messages: a line of fewer fields", "[csv]") {
  CHECK_THAT(error_of("a,b,c\n1,2,3\n4,5\n"),
             EndsWith("line 3: expected 3 columns as in line 1, found 2; write the fields that are "
                      "missing as empty ones, each with its ','"));
  // Runs of blanks are one delimiter, so that a field of nothing is none.
  const std::string blanks =
      "expected 3 columns as in line 1, found 2; a field without text needs a mark, such as NA, "
      "because all blanks between two fields are one delimiter; set the option delimiter = '\\t' "
      "if a tab is";
  const std::string tabs = "a\tb\tc\n1\t\t3\n";
  CHECK_THAT(error_of(tabs, {.delimiter = ' '}), EndsWith(blanks));
  CHECK(read_text(tabs, {.delimiter = '\t', .na_values = {""}}).values.size(1) == 3);
  CHECK_THAT(error_of("  a  b   c\n  1      3\n", {.delimiter = ' '}), EndsWith(blanks));
  // In a comment each word is a field.
  CHECK_THAT(error_of("# a b c\n 1 2 3\n", {.delimiter = ' '}),
             EndsWith("line 2: expected 4 columns as in line 1, found 3; set the option comment = "
                      "'#' if that begins a comment"));
}

TEST_CASE("csv messages: a line of a million empty fields", "[csv]") {
  const std::string most((1 << 20) - 1, ',');
  CHECK_THAT(error_of("1\n" + most), ContainsSubstring("line 2: expected 1 column as in line 1"));
  CHECK_THAT(error_of("1\n" + most + ','),
             ContainsSubstring("line 2: expected at most 1048576 columns, found more; set the "
                               "option delimiter if ',' does not stand between columns"));
}

TEST_CASE("csv messages: a file without rows of values", "[csv]") {
  CHECK_THAT(
      error_of("\na,b\n"),
      EndsWith("table.csv', line 2: expected at least one line of numbers after this line of "
               "names, found none; set the option header = CsvOptions::Header::no if it "
               "holds values"));
  CHECK_THAT(error_of("1,2\n", {.header = Header::yes}),
             ContainsSubstring("line 1: expected at least one line of numbers after this line"));
  CHECK_THAT(error_of("\n\n"),
             EndsWith("table.csv': expected at least one line of numbers, found none"));
}

TEST_CASE("csv messages: text = drop leaves no number out", "[csv]") {
  const nn::CsvOptions drop{.text = Text::drop, .na_values = {"?", "-1"}};
  CHECK_THAT(error_of("a,x\n1,2\n3,old\n", drop),
             EndsWith("line 3, column 2 (x): expected a number, found 'old'; add \"old\" to the "
                      "option na_values if it marks a missing value; set the option classes = "
                      "{\"x\"} to number its texts, or set the option drop = {\"x\"} to leave the "
                      "column out"));
  CHECK_THAT(error_of("a,x\n1,old\n3,?\n5,2\n", drop),
             EndsWith("line 4, column 2 (x): expected text as in the lines before, found '2'; set "
                      "the option classes = {\"x\"} to number its texts, or set the option drop = "
                      "{\"x\"} to leave the column out"));
  const std::string names = "a,x\n1,?\n2,Bo\n3,Nan\n4,NA\n5,-1\n6,B 2\n7,2020-01-02\n";
  CHECK(read_text(names, drop).columns == Names{"a"});
  CHECK(read_text("a,x\n1,old\n3,2\n", {.drop = {"x"}, .text = Text::drop}).columns == Names{"a"});
}

TEST_CASE("csv messages: a target needs values beside it", "[csv]") {
  const std::string none =
      "the options usecols, drop and text leave no column beside the target; to read that one "
      "alone, as values, leave the option target out";
  const std::string table = "a,b\n1,2\n";
  CHECK_THAT(error_of<tg::ValueError>(table, {.usecols = {"b"}, .target = "b"}), EndsWith(none));
  CHECK_THAT(error_of<tg::ValueError>(table, {.drop = {"a"}, .target = "b"}), EndsWith(none));
  CHECK_THAT(error_of<tg::ValueError>("x,1\n", {.target = 1, .text = Text::drop}), EndsWith(none));
  CHECK_THAT(error_of<tg::ValueError>("1\n", {.target = 0}), EndsWith(none));
  CHECK(read_text(table, {.usecols = {"b"}}).values.shape() == tg::Shape{1, 1});
}
