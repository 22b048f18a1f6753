// What is printed, compared with the text that PyTorch prints for the same tensor.

#include "autograd/tensor/print.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <locale>
#include <sstream>
#include <vector>

#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "tests/catch.h"

using namespace tapegrad;

TEST_CASE("floating-point numbers have four decimals") {
  CHECK(to_string(tensor({1.5, 2.25})) == "tensor([1.5000, 2.2500])");
  CHECK(to_string(tensor({0.1, -0.2})) == "tensor([ 0.1000, -0.2000])");
  CHECK(to_string(tensor({{1.5, -2}, {10, 100}})) ==
        "tensor([[  1.5000,  -2.0000],\n"
        "        [ 10.0000, 100.0000]])");
  // The decimal number is that of the float32 value, which is a little below 1.00005.
  CHECK(to_string(tensor({1.00005})) == "tensor([1.0000])");
  CHECK(to_string(tensor({0.5, 0.0})) == "tensor([0.5000, 0.0000])");
}

TEST_CASE("whole floating-point numbers have a point and no decimals") {
  CHECK(to_string(tensor({1.0, 2.0})) == "tensor([1., 2.])");
  CHECK(to_string(zeros({3})) == "tensor([0., 0., 0.])");
  CHECK(to_string(tensor({-1.0, 10.0})) == "tensor([-1., 10.])");
  CHECK(to_string(tensor({-0.0, 0.0})) == "tensor([-0., 0.])");
  CHECK(to_string(tensor({1e8})) == "tensor([100000000.])");
  CHECK(to_string(tensor({2e8})) == "tensor([2.0000e+08])");
  CHECK(to_string(tensor({99999999.0}, float64)) == "tensor([99999999.], dtype=float64)");
  CHECK(to_string(tensor({1.0, 1000.0})) == "tensor([   1., 1000.])");
}

TEST_CASE("a wide range of numbers is printed with exponents") {
  CHECK(to_string(tensor({1.0, 1001.0})) == "tensor([1.0000e+00, 1.0010e+03])");
  CHECK(to_string(tensor({0.5, 1000.0})) == "tensor([5.0000e-01, 1.0000e+03])");
  CHECK(to_string(tensor({0.5, 500.0})) == "tensor([  0.5000, 500.0000])");
  CHECK(to_string(tensor(1e-5)) == "tensor(1.0000e-05)");
  CHECK(to_string(tensor({0.00011, 0.0002})) == "tensor([0.0001, 0.0002])");
  CHECK(to_string(tensor({1e-3, -1e3})) == "tensor([ 1.0000e-03, -1.0000e+03])");
  CHECK(to_string(tensor({1e100, 1e-100, 0.0}, float64)) ==
        "tensor([1.0000e+100, 1.0000e-100,  0.0000e+00], dtype=float64)");
}

TEST_CASE("numbers that are not finite print as words, without widening the others") {
  CHECK(to_string(tensor({NAN, INFINITY, -INFINITY})) == "tensor([nan, inf, -inf])");
  CHECK(to_string(tensor({-NAN})) == "tensor([nan])");
  CHECK(to_string(tensor({1.0, NAN, INFINITY})) == "tensor([1., nan, inf])");
  CHECK(to_string(tensor({1.5, NAN, -INFINITY})) == "tensor([1.5000,    nan,   -inf])");
  CHECK(to_string(tensor({1e-5, NAN})) == "tensor([1.0000e-05,        nan])");
  CHECK(to_string(tensor({0.0, INFINITY})) == "tensor([0., inf])");
}

TEST_CASE("integers and truth values") {
  CHECK(to_string(tensor({1, 2, 3})) == "tensor([1, 2, 3])");
  CHECK(to_string(tensor({{1, -2}, {30, 4}})) ==
        "tensor([[ 1, -2],\n"
        "        [30,  4]])");
  CHECK(to_string(tensor({std::numeric_limits<std::int64_t>::min()})) ==
        "tensor([-9223372036854775808])");
  CHECK(to_string(tensor({true, false})) == "tensor([ True, False])");
  CHECK(to_string(tensor({{true}, {true}})) == "tensor([[True],\n        [True]])");
}

TEST_CASE("tensors of rank 0 have no brackets") {
  CHECK(to_string(tensor(2.5)) == "tensor(2.5000)");
  CHECK(to_string(tensor(2.0)) == "tensor(2.)");
  CHECK(to_string(tensor(7)) == "tensor(7)");
  CHECK(to_string(tensor(true)) == "tensor(True)");
  CHECK(to_string(tensor(NAN)) == "tensor(nan)");
  CHECK(to_string(Tensor(2.5)) == "tensor(2.5000, dtype=float64)");
}

TEST_CASE(
    "an empty tensor shows its shape, unless that is [0], and its type, unless that is float32") {
  CHECK(to_string(zeros({0})) == "tensor([])");
  CHECK(to_string(zeros({0, 3})) == "tensor([], size=[0, 3])");
  CHECK(to_string(zeros({2, 0, 3}, int64)) == "tensor([], size=[2, 0, 3], dtype=int64)");
  CHECK(to_string(zeros({0}, boolean)) == "tensor([], dtype=bool)");
  CHECK(to_string(zeros({0}, float64)) == "tensor([], dtype=float64)");
}

TEST_CASE("a tensor of no elements prints at once, whatever its sizes") {
  CHECK(to_string(zeros({std::int64_t{1} << 40, 0})) == "tensor([], size=[1099511627776, 0])");
}

TEST_CASE("the undefined tensor can be printed") {
  CHECK(to_string(Tensor()) == "tensor(undefined)");
}

TEST_CASE("higher ranks are separated by blank lines") {
  CHECK(to_string(arange(8).reshape({2, 2, 2})) ==
        "tensor([[[0, 1],\n"
        "         [2, 3]],\n"
        "\n"
        "        [[4, 5],\n"
        "         [6, 7]]])");
  CHECK(to_string(zeros({2, 1, 2, 1})) ==
        "tensor([[[[0.],\n"
        "          [0.]]],\n"
        "\n"
        "\n"
        "        [[[0.],\n"
        "          [0.]]]])");
}

TEST_CASE("long rows are broken at 80 characters") {
  CHECK(to_string(arange(30)) ==
        "tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n"
        "        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29])");
  CHECK(to_string(full({2, 12}, 0.5)) ==
        "tensor([[0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000,\n"
        "         0.5000, 0.5000, 0.5000],\n"
        "        [0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000,\n"
        "         0.5000, 0.5000, 0.5000]])");
}

TEST_CASE("more than 1000 elements are shortened to three at each end") {
  CHECK(to_string(arange(10000)) == "tensor([   0,    1,    2,  ..., 9997, 9998, 9999])");
  CHECK(to_string(zeros({1001})) == "tensor([0., 0., 0.,  ..., 0., 0., 0.])");
  CHECK(to_string(zeros({100, 100})) ==
        "tensor([[0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        ...,\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.],\n"
        "        [0., 0., 0.,  ..., 0., 0., 0.]])");
  CHECK(to_string(arange(1200).reshape({2, 600})) ==
        "tensor([[   0,    1,    2,  ...,  597,  598,  599],\n"
        "        [ 600,  601,  602,  ..., 1197, 1198, 1199]])");
  CHECK(to_string(ones({500, 1, 3}, int64)) ==
        "tensor([[[1, 1, 1]],\n"
        "\n"
        "        [[1, 1, 1]],\n"
        "\n"
        "        [[1, 1, 1]],\n"
        "\n"
        "        ...,\n"
        "\n"
        "        [[1, 1, 1]],\n"
        "\n"
        "        [[1, 1, 1]],\n"
        "\n"
        "        [[1, 1, 1]]])");
}

TEST_CASE("elements that are left out do not change how the others print") {
  Tensor x = zeros({2000});
  x.write<float>([](auto elements) { elements[1000] = 0.5f; });
  CHECK(to_string(x) == "tensor([0., 0., 0.,  ..., 0., 0., 0.])");
  // Up to 1000 elements, all are shown.
  CHECK(to_string(zeros({1000})).find("...") == std::string::npos);
}

TEST_CASE("the element type is shown where the elements do not tell it") {
  CHECK(to_string(tensor({1.5}, float64)) == "tensor([1.5000], dtype=float64)");
  CHECK(to_string(tensor(1.5, float64)) == "tensor(1.5000, dtype=float64)");
}

TEST_CASE("what follows the elements goes to a line of its own when it does not fit") {
  CHECK(to_string(tensor({0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}, float64)) ==
        "tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],\n"
        "       dtype=float64)");
  CHECK(to_string(tensor({{0.5, 0.5}, {0.5, 0.5}}, float64)) ==
        "tensor([[0.5000, 0.5000],\n"
        "        [0.5000, 0.5000]], dtype=float64)");
}

TEST_CASE("a tensor says whether it requires gradients, and which operator made it") {
  Tensor x = tensor({0.0, 0.5});
  x.requires_grad_();
  CHECK(to_string(x) == "tensor([0.0000, 0.5000], requires_grad=True)");
  CHECK(to_string(tanh(x)) == "tensor([0.0000, 0.4621], grad_fn=<tanh>)");
  CHECK(to_string(x.detach()) == "tensor([0.0000, 0.5000])");
  Tensor y = zeros({2}, float64);
  y.requires_grad_();
  CHECK(to_string(y) == "tensor([0., 0.], dtype=float64, requires_grad=True)");
  NoGrad no_grad;
  CHECK(to_string(tanh(x)) == "tensor([0.0000, 0.4621])");
}

TEST_CASE("streams and fmt print the same text") {
  const Tensor x = tensor({{1, 2}, {3, 4}});
  std::ostringstream stream;
  stream << x;
  CHECK(stream.str() == to_string(x));
  CHECK(fmt::format("{}", x) == to_string(x));
  CHECK(fmt::format("{:>14}|{:<5}|", tensor({1, 2}), tensor(true, int64)) ==
        "tensor([1, 2])|tensor(1)|");
}

TEST_CASE("a format for numbers says how elements are written, a single one alone") {
  const Tensor loss = tensor(0.03125, float64);
  CHECK(fmt::format("{:.3f}", loss) == "0.031");
  CHECK(fmt::format("loss {:8.2e}|{:<+8.3f}|{:*^9.1f}|", loss, tensor({1.5}), tensor({{2}})) ==
        "loss 3.12e-02|+1.500  |***2.0***|");
  CHECK(fmt::format("{:g} {:.4} {:05} {:#x} {:d} {:+}", tensor(1e-7), tensor(2.0 / 3), tensor(7),
                    tensor(255), tensor(true),
                    tensor(9007199254740993)) == "1e-07 0.6667 00007 0xff 1 +9007199254740993");
  CHECK(fmt::format("{:.2f}", tensor({{1., 20.}, {0.006, -3.}})) ==
        "tensor([[ 1.00, 20.00],\n        [ 0.01, -3.00]])");
  CHECK(fmt::format("{:.1f}", tensor({0.25, -NAN, INFINITY}, float64)) ==
        "tensor([0.2, nan, inf], dtype=float64)");
  CHECK(fmt::format("{:.1f}", zeros({0})) == "tensor([])");
  CHECK(fmt::format("{:.1f}", Tensor()) == "tensor(undefined)");
  // Formats for texts are about the whole text, as before.
  CHECK(fmt::format("{:>12}|{:12s}|{:.<11}", tensor(1), tensor(2.0), tensor(3)) ==
        "   tensor(1)|tensor(2.)  |tensor(3)..");
  // A text that is not constant is checked when it is used.
  CHECK(fmt::format(fmt::runtime("{:.2f}"), loss) == "0.03");
  CHECK_THROWS_AS(fmt::format(fmt::runtime("{:.2q}"), loss), fmt::format_error);
  CHECK_THROWS_WITH(fmt::format("{:d}", loss),
                    "format: {:d} is for whole numbers, and the elements are float64; convert them "
                    "with to(int64)");
}

TEST_CASE("streams print shapes and element types") {
  const Tensor x = zeros({2, 3});
  std::ostringstream stream;
  stream << x.shape() << ' ' << Shape{} << ' ' << x.dtype() << ' ' << boolean;
  CHECK(stream.str() == "[2, 3] [] float32 bool");
}

TEST_CASE("fmt prints shapes and element types") {
  CHECK(fmt::format("{} {} {}", Shape{2, 3}, Shape{}, Shape{7}) == "[2, 3] [] [7]");
  CHECK(fmt::format("{} {} {} {}", float32, float64, int64, boolean) ==
        "float32 float64 int64 bool");
  CHECK(fmt::format("{:>8}|{:<8}|{:.^10}", Shape{2, 3}, boolean, int64) ==
        "  [2, 3]|bool    |..int64...");
}

TEST_CASE("no locale changes what is printed") {
  struct GermanNumbers : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::locale before = std::locale::global(std::locale(std::locale(), new GermanNumbers));
  std::ostringstream stream;
  stream << tensor({0.5, 2.0}) << tensor({123456});
  const std::string text = to_string(zeros({1000, 1000, 0}));
  std::locale::global(before);
  CHECK(stream.str() == "tensor([0.5000, 2.0000])tensor([123456])");
  CHECK(text == "tensor([], size=[1000, 1000, 0])");
}
