// Products under PyTorch's names: gradients of both orders, types, and what is said about operands
// that do not fit. tests/values compares with PyTorch.

#include "autograd/ops/linalg/products.h"

#include "tests/message_of.h"
#include "tests/ops/both_orders.h"
#include "tests/point_gradients.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;
using Tensors = std::vector<Tensor>;

namespace {

Function of_two(Tensor (*f)(const Tensor&, const Tensor&)) {
  return [f](const Tensors& in) { return f(in[0], in[1]); };
}

void throws(const std::function<void()>& run, const std::string& text) {
  CHECK_THAT(message_of<tg::Error>(run), ContainsSubstring(text));
}

}  // namespace

TEST_CASE("products have the gradients that differences give") {
  const auto check = [](const char* name, const Function& f, const std::vector<tg::Shape>& shapes) {
    Tensors inputs;
    for (const tg::Shape& shape : shapes) inputs.push_back(samples(shape, 40 + inputs.size()));
    check_both_orders(name, f, inputs);
  };
  check("dot", of_two(tg::dot), {{3}, {3}});
  check("inner", of_two(tg::inner), {{2, 3}, {2, 2, 3}});
  check("outer", of_two(tg::outer), {{2}, {3}});
  check("vecdot", [](const Tensors& in) { return tg::vecdot(in[0], in[1], 0); }, {{2, 3}, {2, 1}});
  check("mv", of_two(tg::mv), {{2, 3}, {3}});
  check("mm", of_two(tg::mm), {{2, 3}, {3, 2}});
  check("bmm", of_two(tg::bmm), {{2, 2, 3}, {2, 3, 2}});
  check("kron", of_two(tg::kron), {{2, 1}, {2, 2}});
  check("kron of five dimensions", of_two(tg::kron), {{2, 1, 2, 1, 1}, {2, 1, 1}});
  check("cross", [](const Tensors& in) { return tg::cross(in[0], in[1]); }, {{2, 3}, {1, 3}});
  check("tensordot",
        [](const Tensors& in) {
          return tg::tensordot(in[0], in[1], {0, -1}, {1, 0});
        },
        {{2, 2, 3}, {3, 2}});
  check("multi_dot", [](const Tensors& in) { return tg::multi_dot(in); }, {{2, 3}, {3, 1}, {1, 2}});
  check("matrix_power", [](const Tensors& in) { return tg::matrix_power(in[0], 3); }, {{2, 2}});
  check("addmm", [](const Tensors& in) { return tg::addmm(in[0], in[1], in[2], 0.5, -2); },
        {{2}, {2, 3}, {3, 2}});
  check("addbmm", [](const Tensors& in) { return tg::addbmm(in[0], in[1], in[2]); },
        {{2, 2}, {2, 2, 1}, {2, 1, 2}});
}

TEST_CASE("an operand given twice gets both gradients") {
  const Tensor x = tg::tensor({{1.0, 2.0}, {3.0, 4.0}}, tg::float64).requires_grad_();
  const Tensor y = tg::sum(tg::addmm(x, x, x));
  // 1 + (row sums of x^T) + (column sums): by hand.
  check_values("addmm(x, x, x)", tg::grad({y}, {x})[0], {8, 12, 10, 14});
}

TEST_CASE("with beta 0 the input does not count, and has gradient 0") {
  const Tensor a = tg::ones({2, 3}), b = tg::ones({3, 2});
  for (const double bad : {NaN, inf}) {
    const Tensor input = tg::full({2}, bad).requires_grad_();
    const Tensor y = tg::addmm(input, a, b, 0, 2);
    check_values("value", y, {6, 6, 6, 6});
    check_values("gradient", tg::grad({tg::sum(y)}, {input})[0], {0, 0});
    check_values("constant input", tg::addmm(input.detach(), a, b, 0), {3, 3, 3, 3});
  }
  check_values("a number", tg::addmm(1, a, b), {4, 4, 4, 4});
  CHECK(tg::addmm(0.5, a, b, 2).dtype() == tg::float32);
}

TEST_CASE("products of integers are exact, of bool only outer ones and those of Kronecker") {
  const std::int64_t large = (std::int64_t{1} << 60) + 1;
  const Tensor x = tg::tensor(std::vector<std::int64_t>{large, 1});
  CHECK(tg::dot(x, tg::tensor({1, 2})).item<std::int64_t>() == large + 2);
  CHECK(tg::outer(x, tg::tensor({1, 3})).dtype() == tg::int64);
  const Tensor mask = tg::tensor({true, false});
  CHECK(tg::outer(mask, mask).dtype() == tg::boolean);
  CHECK(tg::kron(mask, mask).dtype() == tg::boolean);
  throws([&] { tg::dot(mask, mask); }, "dot: not defined for bool");
  throws([&] { tg::inner(mask, mask); }, "inner: not defined for bool");
  throws([&] { tg::tensordot(mask, mask, 1); }, "tensordot: not defined for bool");
  throws([&] { tg::vecdot(x, x); }, "vecdot: needs a float32 or float64");
}

TEST_CASE("the power 0 of a matrix is the identity, the power 1 a copy") {
  const Tensor x = tg::full({2, 2, 2}, 3.0, tg::float64).requires_grad_();
  const Tensor identity = tg::matrix_power(x, 0);
  check_values("identity", identity, {1, 0, 0, 1, 1, 0, 0, 1});
  CHECK_FALSE(identity.requires_grad());
  Tensor copy = tg::matrix_power(x.detach(), 1);
  copy.fill_(0);
  CHECK(x.at<double>({0, 0, 0}) == 3);
  CHECK(tg::matrix_power(tg::zeros({0, 0}), 5).shape() == tg::Shape({0, 0}));
}

TEST_CASE("multi_dot takes the cheapest order") {
  // From the left there would be 10^10 elements on the way.
  const Tensor a = tg::ones({100000, 2}), b = tg::ones({2, 100000}), c = tg::ones({100000});
  const Tensor y = tg::multi_dot({a, b, c});
  CHECK(y.shape() == tg::Shape(100000));
  CHECK(y.at<float>({99999}) == 200000);
}

TEST_CASE("products say which operand does not fit, and how") {
  const Tensor v = tg::ones({3}), m = tg::ones({2, 3}), n = tg::ones({3, 2});
  const Tensor b = tg::ones({2, 2, 3}), wide = tg::ones({3}, tg::float64);
  throws([&] { tg::dot(m, v); },
         "dot: the first argument must be a vector, not a tensor of shape [2, 3]; matmul takes all "
         "of them");
  throws([&] { tg::dot(v, tg::ones({2})); }, "dot: [3] times [2]: the inner sizes 3 and 2 differ");
  throws([&] { tg::dot(v, wide); },
         "dot: the second argument is float64 but the first argument is float32");
  throws([&] { tg::mv(v, m); }, "mv: the first argument must be a matrix");
  throws([&] { tg::mv(m, m); }, "mv: the second argument must be a vector");
  throws([&] { tg::mm(m, m); }, "mm: [2, 3] times [2, 3]: the inner sizes 3 and 2 differ");
  throws([&] { tg::bmm(m, n); }, "bmm: the first argument must be a batch of matrices");
  throws(
      [&] {
        tg::bmm(b, tg::ones({1, 3, 2}));
      },
      "bmm: [2, 2, 3] times [1, 3, 2]: the numbers of matrices 2 and 1 differ");
  throws([&] { tg::inner(m, n); }, "inner: shapes [2, 3] and [3, 2]: the last sizes 3 and 2");
  throws([&] { tg::outer(m, v); }, "outer: the first argument must be a vector");
  throws([&] { tg::vecdot(m, v, 2); }, "vecdot: dimension 2 is out of range");
  throws([&] { tg::vecdot(m, tg::ones({2})); }, "vecdot: shapes [2, 3] and [2]");
  throws([&] { tg::addmm(tg::ones({3}), m, n); },
         "addmm: an input of shape [3] does not broadcast to [2, 2], the shape of the product");
  throws([&] { tg::addmm(b, m, n); }, "addmm: an input of shape [2, 2, 3]");
  throws([&] { tg::addmm(wide, m, n); },
         "addmm: the input is float64 but the first factor is float32");
  throws([&] { tg::addmv(v, v, v); }, "addmv: the first factor must be a matrix");
  const Tensor ints = tg::ones({2, 2}, tg::int64);
  throws([&] { tg::addmm(ints, ints, ints, 0.5); },
         "addmm: beta is 0.5, but int64 tensors need a whole number");
  throws([&] { tg::addmm(0.5, ints, ints); }, "addmm: the input is a decimal number");
  throws([&] { tg::tensordot(m, n, -1); }, "tensordot: the number of dimensions is -1");
  throws([&] { tg::tensordot(m, n, 3); }, "tensordot: 3 dimensions of a tensor of shape [2, 3]");
  throws([&] { tg::tensordot(m, n, {0, 1}, {0}); }, "tensordot: dimensions [0, 1] and [0]");
  throws([&] { tg::tensordot(m, n, {0, -2}, {0, 1}); }, "tensordot: dimension -2 is named twice");
  throws([&] { tg::tensordot(m, n, 0, 0); },
         "tensordot: shapes [2, 3] and [3, 2]: size 2 of dimension 0 and size 3 of dimension 0");
  throws(
      [&] {
        tg::tensordot(tg::ones({1, 1, 1, 1, 1}), tg::ones({1, 1, 1, 1}), 0);
      },
      "tensordot: the result would have 9 dimensions");
  throws([&] { tg::cross(m, v); }, "cross: shapes [2, 3] and [3] have 2 and 1 dimensions");
  throws([&] { tg::cross(m, m, 0); }, "cross: dimension 0 of shape [2, 3] has size 2");
  throws([&] { tg::cross(m, m, 2); }, "cross: dimension 2 is out of range");
  throws([&] { tg::multi_dot({m}); }, "multi_dot: one tensor is no product");
  throws([&] { tg::multi_dot({}); }, "multi_dot: the list of tensors is empty");
  throws([&] { tg::multi_dot({m, v, n}); }, "multi_dot: tensor 1 has shape [3]; it must be a");
  throws(
      [&] {
        tg::multi_dot({m, n, n});
      },
      "multi_dot: tensor 1 of shape [3, 2] times tensor 2 of shape [3, 2]: the inner sizes");
  throws([&] { tg::matrix_power(m, 2); }, "matrix_power: shape [2, 3] is no square matrix");
  throws(
      [&] {
        tg::matrix_power(tg::ones({2, 2}), -1);
      },
      "matrix_power: the power -1 is negative; take that of the inverse matrix");
}
