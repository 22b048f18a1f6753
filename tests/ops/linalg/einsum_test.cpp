// Equations of einsum: gradients of both orders, orders of products, and what is said about those
// that cannot be. tests/values compares with PyTorch.

#include "autograd/ops/linalg/einsum.h"

#include "tests/message_of.h"
#include "tests/ops/both_orders.h"
#include "tests/point_gradients.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;
using Tensors = std::vector<Tensor>;

TEST_CASE("equations have the gradients that differences give") {
  const auto check = [](const char* equation, const std::vector<tg::Shape>& shapes) {
    Tensors inputs;
    for (const tg::Shape& shape : shapes) inputs.push_back(samples(shape, 60 + inputs.size()));
    check_both_orders(
        equation, [=](const Tensors& in) { return tg::einsum(equation, in); }, inputs);
  };
  check("ii->i", {{2, 2}});
  check("ij->j", {{2, 3}});
  check("ij,jk->ki", {{2, 2}, {2, 3}});
  check("b...i,bi->...", {{2, 2, 2}, {2, 2}});
  check("bij,bkj->bik", {{2, 2, 2}, {2, 1, 2}});
  check("ij,ij->i", {{2, 2}, {2, 2}});
  check("ij,jk->ik", {{2, 3}, {1, 2}});
  check("i,ij,j->", {{2}, {2, 2}, {2}});
  check("iij,j->i", {{2, 2, 2}, {2}});
}

TEST_CASE("products of matrices are what the equation with a space is, which takes the long way") {
  const auto result_of = [](const std::string& equation, const Tensors& in) -> Tensor {
    try {
      const Tensor y = tg::einsum(equation, in);
      return tg::cat({y.flatten(), tg::grad(tg::sum(y * y), in[0]).flatten(),
                      tg::grad(tg::sum(tg::einsum(equation, in) * 3), in[1]).flatten()},
                     0);
    } catch (const tg::ValueError&) {
      return {};
    }
  };
  const std::string letters = "ijk";
  for (const std::string batch : {"", "b"}) {
    const tg::Shape shape = batch.empty() ? tg::Shape{3, 3} : tg::Shape{2, 3, 3};
    const Tensors in{samples(shape, 1).requires_grad_(), samples(shape, 2).requires_grad_()};
    for (int code = 0; code < 729; ++code) {
      std::string text;
      for (int place = 0, rest = code; place < 6; ++place, rest /= 3) {
        if (place % 2 == 0) text += (place == 0 ? "" : place == 2 ? "," : "->") + batch;
        text += letters[static_cast<std::size_t>(rest % 3)];
      }
      const Tensor y = result_of(text, in), other = result_of(" " + text, in);
      INFO(text);
      REQUIRE(y.defined() == other.defined());
      if (y.defined()) CHECK(tg::allclose(y, other, 1e-12, 1e-12));
    }
  }
}

TEST_CASE("an operand that an equation has twice gets both gradients") {
  const Tensor x = leaf({1, 2, 3});
  check_values("i,i->", tg::grad({tg::einsum("i,i->", {x, x})}, {x})[0], {2, 4, 6});
}

TEST_CASE("one operand is a view where nothing moves") {
  Tensor x = tg::ones({2, 3});
  Tensor y = tg::einsum("ij->ij", {x});
  y.fill_(5);
  CHECK(x.at<float>({1, 2}) == 5);
}

TEST_CASE("numbers and integers") {
  const Tensor x = tg::tensor({1, 2});
  CHECK(tg::einsum("i,i->", {x, x}).item<std::int64_t>() == 5);
  CHECK(tg::einsum("i,i->", {x, x}).dtype() == tg::int64);
  const Tensor y = tg::einsum("i,->i", {tg::ones({2}), 2.5});
  CHECK(y.dtype() == tg::float32);
  check_values("a number", y, {2.5, 2.5});
}

TEST_CASE("many operands of many letters need no more dimensions than are kept") {
  Tensors operands(20, tg::full({2}, 1.0, tg::float64));
  std::string equation;
  for (int i = 0; i < 20; ++i) equation += std::string(i ? "," : "") + static_cast<char>('a' + i);
  CHECK(tg::einsum(equation + "->", operands).item() == 1 << 20);
  CHECK(tg::einsum(equation + "->adt", operands).shape() == tg::Shape({2, 2, 2}));
}

TEST_CASE("the cheapest product comes first") {
  // From the left there would be 10^10 elements on the way.
  const Tensor a = tg::ones({100000, 2}), b = tg::ones({2, 100000}), c = tg::ones({100000});
  const Tensor y = tg::einsum("ij,jk,k->i", {a, b, c});
  CHECK(y.at<float>({99999}) == 200000);
}

TEST_CASE("what is said about equations") {
  const Tensor a = tg::ones({2, 3}), b = tg::ones({3, 4}), c = tg::ones({4});
  const auto throws = [](const std::string& equation, const Tensors& operands,
                         const std::string& text) {
    CHECK_THAT(message_of<tg::Error>([&] { tg::einsum(equation, operands); }),
               ContainsSubstring("einsum: " + text));
  };
  throws("ij,jk", {}, "the list of tensors is empty");
  throws("ij,jk", {a}, "\"ij,jk\" names 2 operands, but the tensors are 1");
  throws("ij", {a, b}, "\"ij\" names 1 operands, but the tensors are 2");
  throws("ij,j1->i", {a, b}, "\"ij,j1->i\": '1' at position 4 is no subscript; subscripts are");
  throws("ij->i->j", {a}, "\"ij->i->j\": '-' at position 5 is no subscript");
  throws("ij-i", {a}, "\"ij-i\": '-' at position 2 is no subscript");
  throws("i..j", {a}, "\"i..j\": the dot at position 1 is no ellipsis");
  throws("...i...", {a}, "\"...i...\": at position 4 is a second ellipsis");
  throws("ij->ii", {a}, "\"ij->ii\": the result has 'i' twice");
  throws("ij->ik", {a}, "\"ij->ik\": the result has 'k', which no operand has");
  throws("ijk,jk", {a, b},
         "\"ijk,jk\": operand 0, \"ijk\", has 3 letters, but its shape is [2, 3]");
  throws("ij,j", {a, b},
         "\"ij,j\": operand 1, \"j\", has 1 letters, but its shape is [3, 4]; \"...\" stands for");
  throws("ij,ik", {a, b},
         "\"ij,ik\": operand 1, \"ik\", of shape [3, 4] has size 3 for 'i', but an operand before "
         "it has 2");
  throws(
      "...,...", {a, c},
      "\"...,...\": operand 1, \"...\", of shape [4] has size 4 for dimension 1 of the ellipses");
  throws("ii", {a}, "\"ii\": operand 0, \"ii\", of shape [2, 3] has 'i' twice, of sizes 2 and 3");
  throws("ij,jk", {a, tg::ones({3, 4}, tg::float64)},
         "the operand 1 is float64 but the operand 0 is float32");
  throws("i,i", {tg::tensor({true}), tg::tensor({true})}, "bool operands have no product");
  throws("i,->", {tg::tensor({1, 2}), 2.5}, "the operand 1 is float64 but the operand 0 is int64");
  throws("abcde,fghij->abcdefghij", {tg::ones({1, 1, 1, 1, 1}), tg::ones({1, 1, 1, 1, 1})},
         "\"abcde,fghij->abcdefghij\": the result has 10 dimensions; a tensor has at most 8");
}
