#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "autograd/base/error.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "nn/data/csv/csv.h"
#include "nn/data/dataset.h"
#include "tests/catch.h"
#include "tests/nn/data/csv/text.h"

// Small tables in the manner of those that everybody knows: each is read by one call.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Header = nn::CsvOptions::Header;
using Text = nn::CsvOptions::Text;
using Names = std::vector<std::string>;

namespace {

bool same(const tg::Tensor& found, const tg::Tensor& expected) {
  return found.dtype() == expected.dtype() && found.shape() == expected.shape() &&
         tg::to_string(found) == tg::to_string(expected);
}

tg::Tensor classes(const std::vector<std::int64_t>& numbers) { return tg::tensor(numbers); }

const float kNaN = std::nanf("");

}  // namespace

TEST_CASE("csv tables: iris, text in the last column, no header", "[csv]") {
  const std::string iris =
      "5.1,3.5,1.4,0.2,Iris-setosa\n7.0,3.2,4.7,1.4,Iris-versicolor\n"
      "6.3,3.3,6.0,2.5,Iris-virginica\n4.9,3.0,1.4,0.2,Iris-setosa\n\n";
  const auto table = read_text(iris, {.target = -1});
  CHECK(table.values.shape() == tg::Shape{4, 4});
  CHECK(table.columns.empty());
  CHECK(table.target_classes == Names{"Iris-setosa", "Iris-versicolor", "Iris-virginica"});
  CHECK(same(table.target, classes({0, 1, 2, 0})));
  CHECK(nn::TensorDataset(table.values, table.target).size() == 4);

  CHECK_THAT(
      error_of(iris),
      EndsWith("table.csv', line 1, column 5: expected a number, found 'Iris-setosa'; set the "
               "option header = CsvOptions::Header::yes if this line holds names; else set "
               "the option na_values = {\"Iris-setosa\"} if it marks a missing value; set the "
               "option classes = {4} to number its texts, or set the option drop = {4} to "
               "leave the column out"));
  CHECK(same(tg::select(read_text(iris, {.classes = {4}}).values, 1, 4),
             tg::tensor({0.f, 1.f, 2.f, 0.f})));
  CHECK(read_text(iris, {.drop = {4}}).values.shape() == tg::Shape{4, 4});
  CHECK(read_text(iris, {.text = Text::drop}).values.shape() == tg::Shape{4, 4});
}

TEST_CASE("csv tables: sonar, two classes in letters", "[csv]") {
  const auto table =
      read_text("0.0200,0.0371,R\n0.0453,0.0523,R\n0.0262,0.0582,M\n", {.target = 2});
  CHECK(table.target_classes == Names{"M", "R"});
  CHECK(same(table.target, classes({1, 1, 0})));
  CHECK(same(table.values, tg::tensor({{.02f, .0371f}, {.0453f, .0523f}, {.0262f, .0582f}})));
}

TEST_CASE("csv tables: abalone, text in the first column and a number as target", "[csv]") {
  const auto table = read_text("M,0.455,0.365,15\nF,0.53,0.42,9\nI,0.33,0.255,7\n",
                               {.target = -1, .text = Text::classes});
  CHECK(
      same(table.values, tg::tensor({{2.f, .455f, .365f}, {0.f, .53f, .42f}, {1.f, .33f, .255f}})));
  CHECK(same(table.target, tg::tensor({15.f, 9.f, 7.f})));
  CHECK(table.classes == std::vector<Names>{{"F", "I", "M"}, {}, {}});
  CHECK(table.target_classes.empty());
}

TEST_CASE("csv tables: housing, columns parted by runs of blanks", "[csv]") {
  const std::string housing =
      " 0.00632  18.00   2.310  0  24.00\n 0.02731   0.00   7.070  0  21.60\n"
      " 0.02729   0.00   7.070  0\t 34.70  \r\n";
  const auto table = read_text(housing, {.delimiter = ' ', .target = -1});
  CHECK(table.values.shape() == tg::Shape{3, 4});
  CHECK(table.values.at<float>({0, 1}) == 18);
  CHECK(same(table.target, tg::tensor({24.f, 21.6f, 34.7f})));
  CHECK_THAT(error_of(housing), ContainsSubstring("line 1, column 1: expected a number, found") &&
                                    ContainsSubstring("set the option delimiter = ' '"));
}

TEST_CASE("csv tables: auto-mpg, missing values and quoted names", "[csv]") {
  const std::string mpg =
      "18.0   8   307.0      130.0      3504.   1\t\"chevrolet chevelle malibu\"\n"
      "25.0   4   98.00      ?          2046.   1\t\"ford pinto\"\n";
  const auto table =
      read_text(mpg, {.delimiter = ' ', .target = 0, .text = Text::drop, .na_values = {"?"}});
  CHECK(same(table.values,
             tg::tensor({{8.f, 307.f, 130.f, 3504.f, 1.f}, {4.f, 98.f, kNaN, 2046.f, 1.f}})));
  CHECK(same(table.target, tg::tensor({18.f, 25.f})));
  CHECK_THAT(error_of(mpg, {.delimiter = ' ', .drop = {-1}}),
             EndsWith("line 2, column 4: expected a number, found '?'; set the option na_values = "
                      "{\"?\"} if it marks a missing value"));
}

TEST_CASE("csv tables: daily prices, the date left out", "[csv]") {
  const std::string prices =
      "Date,Open,Close,Volume\n2020-01-02,74.06,75.09,135480400\n2020-01-03,74.29,74.36,"
      "146322800\n";
  const auto table = read_text(prices, {.usecols = {"Open", "Close"}});
  CHECK(table.columns == Names{"Open", "Close"});
  CHECK(same(table.values, tg::tensor({{74.06f, 75.09f}, {74.29f, 74.36f}})));
  CHECK(read_text(prices, {.drop = {"Date"}}).columns == Names{"Open", "Close", "Volume"});
  CHECK(read_text(prices, {.usecols = {-1, 1}}).columns == Names{"Volume", "Open"});
  CHECK_THAT(
      error_of(prices),
      EndsWith("line 2, column 1 (Date): expected a number, found '2020-01-02'; set the option "
               "classes = {\"Date\"} to number its texts, or set the option drop = {\"Date\"} "
               "to leave the column out"));
}

TEST_CASE("csv tables: wine, semicolons and a quoted header", "[csv]") {
  const std::string wine =
      "\"fixed acidity\";\"pH\";\"quality\"\n7.4;3.51;5\n7.8;3.2;10\n6.9;3.4;9\n";
  const auto table = read_text(wine, {.delimiter = ';', .target = "quality"});
  CHECK(table.columns == Names{"fixed acidity", "pH"});
  CHECK(same(table.target, tg::tensor({5.f, 10.f, 9.f})));
  const auto labels =
      read_text(wine, {.delimiter = ';', .target = "quality", .classes = {"quality"}});
  CHECK(labels.target_classes == Names{"5", "9", "10"});
  CHECK(same(labels.target, classes({0, 2, 1})));
}

TEST_CASE("csv tables: adult, blanks after commas", "[csv]") {
  const std::string adult =
      "39, State-gov, 77516, Male, <=50K\n50, ?, 83311, Male, <=50K\n52, Private, 2096, Female, "
      ">50K\n";
  const auto table = read_text(adult, {.target = -1, .text = Text::classes, .na_values = {"?"}});
  CHECK(same(table.values, tg::tensor({{39.f, 1.f, 77516.f, 1.f},
                                       {50.f, kNaN, 83311.f, 1.f},
                                       {52.f, 0.f, 2096.f, 0.f}})));
  CHECK(table.classes == std::vector<Names>{{}, {"Private", "State-gov"}, {}, {"Female", "Male"}});
  CHECK(table.target_classes == Names{"<=50K", ">50K"});
  CHECK(same(table.target, classes({0, 0, 1})));

  CHECK_THAT(error_of(adult, {.target = -1, .text = Text::classes}),
             ContainsSubstring("line 2, column 2: expected a class, found '?'; set the option "
                               "na_values = {\"?\"} if it marks a missing value"));
  const auto own =
      read_text(adult, {.usecols = {1}, .classes = {{1, {"?", "State-gov", "Private"}}}});
  CHECK(same(own.values, tg::tensor({{1.f}, {0.f}, {2.f}})));
}

TEST_CASE("csv tables: titanic, names with commas and doubled quotes", "[csv]") {
  const std::string titanic =
      "PassengerId,Survived,Name,Sex,Age\n1,0,\"Braund, Mr. Owen Harris\",male,22\n"
      "2,1,\"Masselman, Mrs. \"\"Jane\"\"\",female,\n3,1,\"Heikkinen, Miss\nLaina\",female,26\n";
  const auto table = read_text(titanic, {.drop = {"PassengerId", "Name"},
                                         .target = "Survived",
                                         .classes = {"Sex", "Survived"},
                                         .na_values = {""}});
  CHECK(table.columns == Names{"Sex", "Age"});
  CHECK(same(table.values, tg::tensor({{1.f, 22.f}, {0.f, kNaN}, {0.f, 26.f}})));
  CHECK(table.classes == std::vector<Names>{{"female", "male"}, {}});
  CHECK(same(table.target, classes({0, 1, 1})));
  CHECK(read_text(titanic, {.usecols = {"Name"}, .classes = {"Name"}}).classes[0] ==
        Names{"Braund, Mr. Owen Harris", "Heikkinen, Miss\nLaina", "Masselman, Mrs. \"Jane\""});
  CHECK_THAT(
      error_of(titanic, {.text = Text::drop}),
      EndsWith("line 3, column 5 (Age): expected a number, found ''; set the option na_values "
               "= {\"\"} if it marks a missing value"));
  CHECK_THAT(
      error_of(titanic + "4,1,x,male,old\n", {.text = Text::drop, .na_values = {""}}),
      ContainsSubstring("line 6, column 5 (Age): expected a number, found 'old'; add \"old\" to "
                        "the option na_values"));
}

TEST_CASE("csv tables: decimal commas", "[csv]") {
  const std::string table = "Ort;Temperatur;Regen\r\nBerlin;-1,5;0,25\r\nRom;+12,75;1e1\r\n";
  CHECK(same(read_text(table, {.delimiter = ';', .usecols = {1, 2}, .decimal = ','}).values,
             tg::tensor({{-1.5f, .25f}, {12.75f, 10.f}})));
  CHECK_THAT(error_of(table, {.delimiter = ';', .drop = {0}}),
             EndsWith("line 2, column 2 (Temperatur): expected a number, found '-1,5'; set the "
                      "option decimal = ',' if that is the decimal mark"));
  CHECK_THAT(error_of("1.5;2\n", {.delimiter = ';', .decimal = ','}),
             ContainsSubstring("line 1, column 1: expected a number, found '1.5'"));
}

TEST_CASE("csv tables: from Excel, with a byte order mark", "[csv]") {
  const auto table =
      read_text("\xEF\xBB\xBF\"Größe\";\"Gewicht\"\r\n180;75\r\n", {.delimiter = ';'});
  CHECK(table.columns == Names{"Größe", "Gewicht"});
  CHECK(same(table.column("Größe"), tg::tensor({180.f})));
  CHECK_THAT(error_of(std::string("\xFF\xFE"
                                  "1\0\n\0",
                                  6)),
             ContainsSubstring("found UTF-16"));
}

TEST_CASE("csv tables: lines of comments and lines to skip", "[csv]") {
  const std::string table = "# made by a device\n#\n1,2 # the first\n3,4\n  # end\n5,6";
  CHECK(same(read_text(table, {.comment = '#'}).values,
             tg::tensor({{1.f, 2.f}, {3.f, 4.f}, {5.f, 6.f}})));
  CHECK(
      same(read_text("a title, and more\n\nx\n7\n", {.skiprows = 1}).values, tg::tensor({{7.f}})));
  CHECK(read_text("\"a#b\"\n7\n", {.comment = '#'}).columns == Names{"a#b"});
}

TEST_CASE("csv: quoted fields", "[csv]") {
  CHECK(same(read_text("\"1\",\" -2.5 \"\n3,\"4\"\n").values,
             tg::tensor({{1.f, -2.5f}, {3.f, 4.f}})));
  CHECK(read_text("\"a,b\",\"c\n\"\"d\"\"\"\n1,2\n").columns == Names{"a,b", "c\n\"d\""});
  CHECK_THAT(error_of("\"a\nb\"\n1\n2x\n"), ContainsSubstring("line 4, column 1 (a\\nb)"));
  CHECK_THAT(
      error_of("1,2\n3,\"4\n5,6\n"),
      ContainsSubstring("line 2, column 2: expected a quote at the end of '4\\n5,6\\n'; double "
                        "a quote that belongs to the text, or set the option quotechar = "
                        "'\\0' if no character quotes"));
  CHECK_THAT(error_of("1,\"2\"3\n"),
             ContainsSubstring("expected a delimiter after a quoted field, found '3'"));
  CHECK(read_text("x,y\n\"a,1\n", {.classes = {"x"}, .quotechar = '\0'}).classes[0] ==
        Names{"\"a"});
}

TEST_CASE("csv: what the first line is", "[csv]") {
  // Missing marks are no names.
  CHECK(read_text("?,NA\n1,2\n", {.na_values = {"?", "NA"}}).values.shape() == tg::Shape{2, 2});
  CHECK_THAT(error_of("?,NA\n1,2\n"),
             ContainsSubstring("line 1, column 1: expected a number, found '?'"));
  // Text in all columns may be names, or not.
  CHECK_THAT(error_of("p,x\ne,y\n", {.text = Text::classes}),
             EndsWith("line 1: cannot tell whether this line holds names, because there is text in "
                      "all columns; set the option header = CsvOptions::Header::yes or ::no"));
  CHECK(read_text("p,x\ne,y\n", {.header = Header::no, .text = Text::classes}).values.size(0) == 2);
  // A name in the options tells it.
  CHECK(read_text("1,cap\n2,y\n", {.classes = {"cap"}}).columns == Names{"1", "cap"});
  CHECK_THAT(
      error_of<tg::ValueError>("1,2\n", {.target = "y"}),
      EndsWith("the option target names a column 'y', but line 1 holds values, no names; give the "
               "column's number, from 0, or set the option header = CsvOptions::Header::yes"));
}

TEST_CASE("csv: classes", "[csv]") {
  const std::string table = "1,b\n2,a\n3,7\n";
  CHECK_THAT(
      error_of(table, {.target = 1}),
      ContainsSubstring("line 3, column 2: expected text as in the lines before, found '7'; set "
                        "the option classes = {1}"));
  CHECK(read_text(table, {.target = 1, .classes = {1}}).target_classes == Names{"7", "a", "b"});
  CHECK_THAT(error_of(table, {.classes = {{1, {"a", "b"}}}}),
             ContainsSubstring("line 3, column 2: expected one of the names in the option classes, "
                               "found '7'"));
  const auto named = read_text("1,b\n2,b\n", {.target = 1, .classes = {{1, {"a", "b", "c"}}}});
  CHECK(same(named.target, classes({1, 1})));
  CHECK(named.target_classes == Names{"a", "b", "c"});
  CHECK_THAT(error_of("1,a\n2,NA\n", {.target = 1, .na_values = {"NA"}}),
             ContainsSubstring("line 2, column 2: expected a class, found 'NA'") &&
                 ContainsSubstring("remove the row"));
}

TEST_CASE("csv: no digit is lost without a word", "[csv]") {
  CHECK_THAT(
      error_of("id\n1\n16777217\n"),
      EndsWith("line 3, column 1 (id): expected an integer that float32 holds exactly, found "
               "'16777217'; set the option dtype = float64"));
  CHECK_THAT(error_of("x,1,-016777217\n", {.drop = {0}, .target = 2}),
             ContainsSubstring("dtype = float64"));
  CHECK_THAT(
      error_of("9007199254740993\n", {.dtype = tg::float64}),
      EndsWith("expected an integer that float64 holds exactly, found '9007199254740993'; set "
               "the option dtype = int64"));
  CHECK_THAT(error_of("12345678901234567891\n"),
             ContainsSubstring("that float32 holds exactly") &&
                 EndsWith("set the option classes = {0} to number its texts, or set the "
                          "option drop = {0} to leave the column out"));
  CHECK_THAT(error_of("1.5\n", {.dtype = tg::int64}), EndsWith("set the option dtype = float64"));
  CHECK_THAT(error_of("1e60\n"),
             EndsWith("expected a number in the range of float32, found '1e60'; "
                      "set the option dtype = float64"));
  for (const char* large : {"1e400", "-1e400", "1e99999999999999999999", "123e397"}) {
    CHECK_THAT(error_of(large), ContainsSubstring("expected a number in the range of float32"));
    CHECK_THAT(error_of(large, {.dtype = tg::float64}),
               ContainsSubstring("in the range of float64"));
  }
  for (const char* tiny :
       {"1e-400", "-1e-400", "0.0001e-399", "1e-99999999999999999999", "12345e-420"})
    for (const tg::DType dtype : {tg::float32, tg::float64})
      CHECK(read_text(tiny, {.dtype = dtype}).values.item() == 0);
  CHECK(read_text("0." + std::string(500, '0') + "1\n").values.item() == 0);
  CHECK_THAT(error_of("1" + std::string(500, '0') + ".0\n"), ContainsSubstring("in the range"));

  CHECK(read_text("16777216\n33554432\n-16777218\n").values.at<float>({2, 0}) == -16777218.f);
  CHECK(read_text("16777216.5\n").values.item() ==
        16777216);  // a number with a fraction is rounded
  CHECK(read_text("9007199254740993\n", {.dtype = tg::int64}).values.at<std::int64_t>({0, 0}) ==
        9007199254740993);
  // Rounded once: by way of double it would be 1.
  CHECK(read_text("1.00000005960464477540\n").values.item() == 1 + 0x1p-23);
}

TEST_CASE("csv: the type of the values is the default type", "[csv]") {
  const tg::DefaultDType doubles(tg::float64);
  CHECK(read_text("0.1\n").values.item() == 0.1);
  CHECK(read_text("16777217,a\n", {.target = 1}).values.item() == 16777217);
}

TEST_CASE("csv: no text and no option does more than throw", "[csv]") {
  std::mt19937 random(8);
  const auto below = [&](std::size_t n) { return random() % n; };
  const std::string alphabet = "019.-+eE,,;;\n\n\r\"\" \t#?NAx\x80\xC3";
  const std::array<std::string, 3> tables = {
      "id,name,y\n1,\"a, \"\"b\"\"\",NA\n2,\"c\nd\",?\n16777217,x,1e400\n",
      " 1  2.5 \"x y\" # c\r\n 3 -4e-3\t\"z\"\r\n", "a;b;c\n1,5;x;1\n2,5;y;0\n"};
  int read_well = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string text = below(3) ? tables[below(tables.size())] : "";
    if (text.empty())
      for (std::size_t i = below(60); i > 0; --i) text += alphabet[below(alphabet.size())];
    for (std::size_t i = below(4); i > 0; --i) {
      const std::size_t at = below(text.size() + 1);
      const char byte = below(8) ? alphabet[below(alphabet.size())] : static_cast<char>(below(256));
      if (below(2))
        text.insert(at, 1, byte);
      else
        text.erase(at, below(5));
    }
    nn::CsvOptions options;
    options.delimiter = ",,; \t"[below(5)];
    options.header = static_cast<Header>(below(3));
    options.text = static_cast<Text>(below(3));
    options.decimal = options.delimiter == ';' && below(2) ? ',' : '.';
    options.comment = below(3) ? '\0' : '#';
    options.quotechar = below(6) ? '"' : '\0';
    options.dtype = std::array{tg::float32, tg::float64, tg::int64}[below(3)];
    if (below(2) && options.dtype != tg::int64) options.na_values = {"?", "NA", ""};
    if (below(2)) options.target = static_cast<int>(below(5)) - 3;
    if (below(4) == 0) options.classes = {static_cast<int>(below(3))};
    if (below(4) == 0) options.drop = {static_cast<int>(below(3))};
    if (below(8) == 0) options.usecols = {"y", 0};
    options.skiprows = below(8) ? 0 : 1;
    try {
      const auto table = read_text(text, options);
      ++read_well;
      const auto width = static_cast<std::size_t>(table.values.size(1));
      const bool good = table.values.size(0) > 0 && table.classes.size() == width &&
                        (table.columns.empty() || table.columns.size() == width) &&
                        (!table.target.defined() || table.target.size(0) == table.values.size(0));
      if (!good) FAIL_CHECK("wrong shapes from: " << text);
    } catch (const tg::FileError&) {
    } catch (const tg::ValueError&) {
    }
  }
  CHECK(read_well > 200);
}

TEST_CASE("csv: a number with an exponent is a measurement and is rounded", "[csv]") {
  for (const char* text : {"1.6777217e7", "16777217e0", "16777217E+0"}) {
    CHECK(read_text(text).values.item() == 16777216);
    CHECK(read_text(text, {.dtype = tg::float64}).values.item() == 16777217);
  }
  CHECK(read_text("6.02214076e23").values.item<float>() == 6.02214076e23f);
  CHECK_THAT(error_of("16777217"), EndsWith("set the option dtype = float64"));
  CHECK_THAT(error_of("1e3", {.dtype = tg::int64}),
             ContainsSubstring("expected a whole number of 64 bits, found '1e3'"));
}

TEST_CASE("csv: decimal commas with exponents are numbers, not text or names", "[csv]") {
  const nn::CsvOptions options{.delimiter = ';', .decimal = ','};
  const auto table = read_text("1,5e3;2,5E-01\n2500,0;0,35\n", options);
  CHECK(table.columns.empty());
  CHECK(same(table.values, tg::tensor({{1500.0, 0.25}, {2500.0, 0.35}})));
  CHECK(
      read_text("10,5;1\n9,5;2\n", {.delimiter = ';', .target = 0, .classes = {0}, .decimal = ','})
          .target_classes == Names{"9,5", "10,5"});
  CHECK(read_text("x;y\n1;1,5e3\n", {.delimiter = ';', .target = "y", .decimal = ','})
            .target.item<float>() == 1500);
}

TEST_CASE("csv: whole numbers are exact or an error in the form of tables with gaps, too",
          "[csv]") {
  CHECK_THAT(error_of("id\n1.0\n16777217.0\n"), EndsWith("set the option dtype = float64"));
  CHECK_THAT(error_of("1,0\n16777217,00\n", {.delimiter = ';', .decimal = ','}),
             EndsWith("set the option dtype = float64"));
  CHECK(read_text("16777216.0\n16777218.\n16777217.5\n").values.shape() == tg::Shape{3, 1});
}

TEST_CASE("csv: a first line with a mark from na_values is no line of names", "[csv]") {
  const auto table = read_text("?,red\n1.5,blue\n2.5,red\n", {.target = -1, .na_values = {"?"}});
  CHECK(table.values.shape() == tg::Shape{3, 1});
  CHECK(table.target_classes == Names{"blue", "red"});
}
