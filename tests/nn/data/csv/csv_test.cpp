#include "nn/data/csv/csv.h"

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "autograd/base/error.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "tests/catch.h"
#include "tests/nn/data/csv/text.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using Header = nn::CsvOptions::Header;

TEST_CASE("read_csv reads rows of numbers", "[csv]") {
  const auto table = read_text("1,2.5\n-3e2, +4 \r\n\n  5,nan\n");
  CHECK(table.columns.empty());
  CHECK(table.values.shape() == tg::Shape{3, 2});
  CHECK(table.values.dtype() == tg::float32);
  CHECK(table.values.at<float>({1, 0}) == -300);
  CHECK(table.values.at<float>({1, 1}) == 4);
  CHECK(std::isnan(table.values.at<float>({2, 1})));
  CHECK(read_text("1\n2", {.dtype = tg::int64}).values.at<std::int64_t>({1, 0}) == 2);
  CHECK(read_text("0.1", {.dtype = tg::float64}).values.item() == 0.1);
  CHECK(read_text("1e-60").values.item() == 0);
}

TEST_CASE("read_csv knows a header when it sees one", "[csv]") {
  const auto table = read_text("\xEF\xBB\xBF\"age\",height\n31,1.8\n44,1.7\n");
  CHECK(table.columns == std::vector<std::string>{"age", "height"});
  CHECK(tg::allclose(table.column("height"), tg::tensor({1.8, 1.7})));
  CHECK_THAT(message_of<tg::ValueError>([&] { table.column("weight"); }),
             ContainsSubstring("no column 'weight'; there are: age, height"));
  CHECK(read_text("1\n2\n", {.header = Header::yes}).columns == std::vector<std::string>{"1"});
  CHECK_THAT(error_of("a\n2\n", {.header = Header::no}), ContainsSubstring("line 1, column 1"));
}

TEST_CASE("a first line with a number in it is never taken for a header", "[csv]") {
  CHECK_THAT(error_of("1,\n3,4"),
             ContainsSubstring("table.csv', line 1, column 2: expected a number, found ''") &&
                 ContainsSubstring("set the option na_values = {\"\"}"));
  CHECK_THAT(error_of("1,2x\n3,4"),
             ContainsSubstring("line 1, column 2: expected a number, found '2x'; set the option "
                               "header = CsvOptions::Header::yes if this line holds names"));
  CHECK_THAT(
      error_of("1.5,2\n3,4", {.dtype = tg::int64}),
      ContainsSubstring("line 1, column 1: expected a whole number of 64 bits, found '1.5'"));
  CHECK_THAT(error_of("99999999999999999999\n", {.dtype = tg::int64}),
             ContainsSubstring("expected a whole number of 64 bits, found '99999999999999999999'"));
  CHECK_THAT(error_of("1e60\n2\n"),
             ContainsSubstring("line 1, column 1: expected a number in the range of float32"));
  CHECK_THAT(error_of("1e999\n2\n", {.dtype = tg::float64}),
             ContainsSubstring("in the range of float64, found '1e999'"));
  for (const char* text : {"0x1F;a", "-1,5;a", "1'000;a", "1_000;a", "5%;a", "nan;a", "+3;a",
                           "-inf;a", ".5;a", "\"2\";\"a\""})
    CHECK_THAT(error_of(std::string(text) + "\n1;2\n", {.delimiter = ';'}),
               ContainsSubstring("line 1, column"));
  CHECK_THAT(error_of(",\n1,2\n"), ContainsSubstring("line 1, column 1: expected a number"));

  CHECK(read_text("1,2x\n3,4", {.header = Header::yes}).columns ==
        std::vector<std::string>{"1", "2x"});
  CHECK(read_text(",x1,2nd\n3,4,5").columns == std::vector<std::string>{"", "x1", "2nd"});
}

TEST_CASE("read_csv: another delimiter than was said is no header", "[csv]") {
  CHECK_THAT(error_of("1;2"), ContainsSubstring("line 1, column 1: expected a number, found '1;2'; "
                                                "set the option delimiter = ';'"));
  CHECK_THAT(error_of("1\t2\n3\t4"), ContainsSubstring("found '1\\t2'; set the option delimiter = "
                                                       "'\\t' if that is more than one column"));
  CHECK_THAT(error_of("1   2\n3   4"), ContainsSubstring("set the option delimiter = ' '"));
  CHECK_THAT(error_of("1,5\n", {.delimiter = ';'}),
             ContainsSubstring("set the option decimal = ','"));
  CHECK_THAT(error_of("1,5;2,5\n3;4\n"),
             ContainsSubstring("found '5;2'; set the option delimiter = ';'"));
  CHECK_THAT(error_of("a;b\nx;y\n"),
             ContainsSubstring("found 'x;y'; set the option delimiter = ';'"));
  CHECK(read_text("a;b\n1\n").columns == std::vector<std::string>{"a;b"});
  CHECK_THAT(error_of("Ort;Regen\nRom;1,5\n"),
             ContainsSubstring("line 2: expected 1 column as in line 1, found 2; set the option "
                               "delimiter = ';' if that is more than one column, or set the option "
                               "skiprows = 1 if line 1 is a title"));
  CHECK_THAT(error_of("\nPrices\na,b\n1,2\n"),
             ContainsSubstring("line 3: expected 1 column as in line 2, found 2; set the option "
                               "skiprows = 2 if line 2 is a title"));
  CHECK_THAT(error_of("# made, by hand\n1,2\n# by hand\n", {.header = Header::yes}),
             ContainsSubstring("line 3: expected 2 columns as in line 1, found 1; set the option "
                               "comment = '#' if that begins a comment"));
  CHECK_THAT(
      error_of("1,2\n3,4,5\n"),
      ContainsSubstring("found 3; a field that has ',' inside must stand between \" and \""));
}

TEST_CASE("read_csv takes any delimiter", "[csv]") {
  CHECK(read_text("1;2;3", {.delimiter = ';'}).values.shape() == tg::Shape{1, 3});
  CHECK(read_text("1\t2", {.delimiter = '\t'}).values.shape() == tg::Shape{1, 2});
  CHECK_THAT(error_of("1\t2\n3\t\n", {.delimiter = '\t'}),
             ContainsSubstring("line 2, column 2: expected a number, found ''"));
}

TEST_CASE("read_csv says where a file is wrong", "[csv]") {
  CHECK_THAT(
      error_of("age,height\n31,1.8\n44,tall\n"),
      ContainsSubstring("table.csv', line 3, column 2 (height): expected a number, found 'tall'"));
  CHECK_THAT(error_of("1,2\n3\n"),
             ContainsSubstring("line 2: expected 2 columns") && ContainsSubstring("found 1"));
  CHECK_THAT(error_of("1,2\n3,4,5\n"), ContainsSubstring("found 3"));
  CHECK_THAT(error_of("1,2\n3,\n"),
             ContainsSubstring("line 2, column 2: expected a number, found ''"));
  CHECK_THAT(error_of("1\n1e999\n"), ContainsSubstring("found '1e999'"));
  CHECK_THAT(error_of("1\n1e60\n"), ContainsSubstring("found '1e60'"));
  CHECK_THAT(error_of("1\n0x10\n"), ContainsSubstring("found '0x10'"));
  CHECK_THAT(error_of("1\n2.5\n", {.dtype = tg::int64}),
             ContainsSubstring("expected a whole number"));
  CHECK_THAT(error_of(""), ContainsSubstring("at least one line of numbers"));
  CHECK_THAT(error_of("a,b\n"), ContainsSubstring("at least one line of numbers"));
  CHECK_THAT(message_of<tg::FileError>([] { nn::read_csv("/no/such/file.csv"); }),
             ContainsSubstring("cannot open '/no/such/file.csv'"));
  CHECK_THAT(message_of<tg::DTypeError>([] { read_text("1", {.dtype = tg::boolean}); }),
             ContainsSubstring("but is bool"));
}

TEST_CASE("no text makes read_csv do more than throw", "[csv]") {
  std::mt19937 random(2);
  const std::string alphabet = "019.-+e,,\n\n\"\r \tx\x80";
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (unsigned i = random() % 40; i > 0; --i) text += alphabet[random() % alphabet.size()];
    text += std::string(random() % 2, '\0');
    try {
      read_text(text);
    } catch (const tg::FileError&) {
    }
  }
  SUCCEED();
}
