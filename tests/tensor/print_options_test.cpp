// What options change of what is printed; texts are those of PyTorch with the same options.

#include <fmt/format.h>

#include <sstream>

#include "autograd/base/error.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/print.h"
#include "tests/catch.h"

using namespace tapegrad;

TEST_CASE("options of one text: precision") {
  const Tensor x = tensor({{1.5, -2.25}, {100 / 3.0, 0.0}});
  CHECK(to_string(x, {.precision = 2}) ==
        "tensor([[ 1.50, -2.25],\n"
        "        [33.33,  0.00]])");
  CHECK(to_string(x, {.precision = 0}) ==
        "tensor([[ 2, -2],\n"
        "        [33,  0]])");
  CHECK(to_string(tensor({1.0, 2.0}), {.precision = 2}) == "tensor([1., 2.])");
  CHECK(to_string(tensor({1, 2}), {.precision = 2}) == "tensor([1, 2])");
  CHECK(to_string(tensor(0.1, float64), {.precision = 20}) ==
        "tensor(0.10000000000000000555, dtype=float64)");
  CHECK(to_string(tensor(1e-7), {.precision = 1}) == "tensor(1.0e-07)");
  CHECK(to_string(Tensor(), {.precision = 1}) == "tensor(undefined)");
  CHECK(to_string(x, {}) == to_string(x));
}

TEST_CASE("options of one text: exponents always or never") {
  const Tensor x = tensor({{1.5, -2.25}, {100 / 3.0, 0.0}});
  CHECK(to_string(x, {.precision = 1, .sci_mode = true}) ==
        "tensor([[ 1.5e+00, -2.2e+00],\n"
        "        [ 3.3e+01,  0.0e+00]])");  // PyTorch puts no space where a sign would be
  CHECK(to_string(tensor({1.0, 2.0}), {.sci_mode = true}) == "tensor([1.0000e+00, 2.0000e+00])");
  // PyTorch leaves room for the exponents that it does not write.
  CHECK(to_string(tensor({1e-5, 1.0}), {.sci_mode = false}) == "tensor([0.0000, 1.0000])");
  CHECK(to_string(tensor({1.0, 2000.0}), {.sci_mode = false}) == "tensor([   1., 2000.])");
}

TEST_CASE("options of one text: what is left out") {
  CHECK(to_string(arange(10), {.threshold = 5}) == "tensor([0, 1, 2,  ..., 7, 8, 9])");
  CHECK(to_string(arange(6), {.threshold = 5}) == "tensor([0, 1, 2, 3, 4, 5])");
  CHECK(to_string(arange(10), {.threshold = 5, .edgeitems = 1}) == "tensor([0,  ..., 9])");
  CHECK(to_string(arange(12).reshape({4, 3}) / 8, {.threshold = 5, .edgeitems = 1}) ==
        "tensor([[0.0000,  ..., 0.2500],\n"
        "        ...,\n"
        "        [1.1250,  ..., 1.3750]])");
  CHECK(to_string(arange(3), {.threshold = 0, .edgeitems = 1}) == "tensor([0,  ..., 2])");
  CHECK(to_string(arange(2), {.threshold = 0, .edgeitems = 1}) == "tensor([0, 1])");
  CHECK(to_string(zeros({2000})).find("...") != std::string::npos);
  CHECK(to_string(zeros({2000}), {.full = true}).find("...") == std::string::npos);
  CHECK(to_string(arange(3), {.threshold = 0, .edgeitems = INT64_MAX}) == "tensor([0, 1, 2])");
}

TEST_CASE("options of one text: the length of lines") {
  CHECK(to_string(arange(12), {.linewidth = 30}) ==
        "tensor([ 0,  1,  2,  3,  4,\n"
        "         5,  6,  7,  8,  9,\n"
        "        10, 11])");
  CHECK(to_string(full({3}, 0.5, float64), {.linewidth = 30}) ==
        "tensor([0.5000, 0.5000,\n"
        "        0.5000],\n"
        "       dtype=float64)");
  CHECK(to_string(arange(3), {.linewidth = 1}) == "tensor([0,\n        1,\n        2])");
  CHECK(to_string(arange(30), {.linewidth = 200}).find('\n') == std::string::npos);
}

TEST_CASE("options of the process are those of streams, fmt and formats, until they are set back") {
  const Tensor x = tensor({1.5, 2.25}), many = arange(10);
  const PrintOptions before =
      set_printoptions({.precision = 1, .threshold = 5, .edgeitems = 1, .linewidth = 20});
  std::ostringstream stream;
  stream << x;
  const std::string text = to_string(x), written = fmt::format("{}", many),
                    formatted = fmt::format("{:02}", many), own = to_string(x, {});
  const PrintOptions set = set_printoptions(before);
  CHECK(text == "tensor([1.5, 2.2])");
  CHECK(stream.str() == text);
  CHECK(written == "tensor([0,  ..., 9])");
  CHECK(formatted == "tensor([00,  ..., 09])");
  CHECK(own == "tensor([1.5000, 2.2500])");  // what is not said is the default
  CHECK(to_string(x) == own);
  CHECK((set.precision == 1 && set.threshold == 5 && set.edgeitems == 1 && set.linewidth == 20));
  CHECK((get_printoptions().precision == 4 && get_printoptions().linewidth == 80));
}

TEST_CASE("options outside their range are errors, and change nothing") {
  const PrintOptions wrong[] = {
      {.precision = -1}, {.precision = 101}, {.threshold = -1}, {.edgeitems = 0}, {.linewidth = 0}};
  for (const PrintOptions& options : wrong) {
    CHECK_THROWS_AS(set_printoptions(options), ValueError);
    CHECK_THROWS_AS(to_string(arange(3), options), ValueError);
    CHECK_THROWS_AS(to_string(Tensor(), options), ValueError);
  }
  CHECK_THROWS_WITH(set_printoptions({.precision = 101}),
                    "set_printoptions: precision must be from 0 to 100, but is 101");
  CHECK_THROWS_WITH(to_string(arange(3), {.edgeitems = 0}),
                    "to_string: edgeitems must be at least 1, but is 0");
  CHECK(to_string(tensor(0.5)) == "tensor(0.5000)");
}
