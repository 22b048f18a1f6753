// What a Tensor is: handles, elements, versions, views and the leaf's gradient.

#include "autograd/tensor/tensor.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/memory/memory.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/visit_dtype.h"
#include "tests/catch.h"
#include "tests/message_of.h"

using namespace tapegrad;
using Catch::Matchers::ContainsSubstring;

namespace {

template <class T = float>
std::vector<T> values(const Tensor& tensor) {
  const auto data = tensor.data<T>();
  return {data.begin(), data.end()};
}

}  // namespace

TEST_CASE("copies of a handle show one value") {
  const std::int64_t before = live_tensors();
  Tensor a = tensor({1.0, 2.0});
  Tensor b = a;
  CHECK(live_tensors() == before + 1);
  CHECK(b.is_same(a));
  b.write<float>([](auto x) { x[0] = 7; });
  CHECK(values(a) == std::vector<float>{7, 2});
  b = zeros({1});
  CHECK_FALSE(b.is_same(a));
  CHECK(a.shape() == Shape{2});
}

TEST_CASE("a moved handle is undefined, and assignment to itself changes nothing") {
  Tensor a = tensor({1.0, 2.0});
  Tensor b = std::move(a);
  CHECK_FALSE(a.defined());  // NOLINT(bugprone-use-after-move): that is the fact
  CHECK(b.numel() == 2);
  Tensor& alias = b;
  b = alias;
  CHECK(b.numel() == 2);
  b = std::move(alias);
  CHECK(b.numel() == 2);
  static_assert(std::is_nothrow_move_constructible_v<Tensor>);
  static_assert(sizeof(Tensor) == sizeof(void*));
}

TEST_CASE("values are gone with their last handle") {
  const std::int64_t before = live_tensors();
  {
    std::vector<Tensor> many;
    for (int i = 0; i < 10; ++i) many.push_back(zeros({i}));
    const Tensor view = many[5].reshape({5, 1});
    CHECK(live_tensors() == before + 11);
    many.clear();
    CHECK(view.numel() == 5);
  }
  CHECK(live_tensors() == before);
}

TEST_CASE("the undefined tensor answers with an error") {
  Tensor none;
  CHECK_FALSE(none.defined());
  CHECK(none.is_same(Tensor()));
  CHECK_THROWS_WITH(none.shape(), ContainsSubstring("undefined tensor"));
  CHECK_THROWS_AS(none.shape(), ValueError);
  CHECK_THROWS_AS(none.numel(), ValueError);
  CHECK_THROWS_AS(none.dim(), ValueError);
  CHECK_THROWS_AS(none.size(0), ValueError);
  CHECK_THROWS_AS(none.dtype(), ValueError);
  CHECK_THROWS_AS(none.version(), ValueError);
  CHECK_THROWS_AS(none.data<float>(), ValueError);
  CHECK_THROWS_AS(none.write<float>([](auto) {}), ValueError);
  CHECK_THROWS_AS(none.item(), ValueError);
  CHECK_THROWS_AS(none.at<float>({0}), ValueError);
  CHECK_THROWS_AS(none.requires_grad(), ValueError);
  CHECK_THROWS_AS(none.requires_grad_(), ValueError);
  CHECK_THROWS_AS(none.is_leaf(), ValueError);
  CHECK_THROWS_AS(none.grad(), ValueError);
  CHECK_THROWS_AS(none.zero_grad(), ValueError);
  CHECK_THROWS_AS(none.retain_grad(), ValueError);
  CHECK_THROWS_AS(none.backward(), ValueError);
  CHECK_THROWS_AS(none.detach(), ValueError);
  CHECK_THROWS_AS(none.clone(), ValueError);
  CHECK_THROWS_AS(none.to(float64), ValueError);
}

TEST_CASE("the undefined tensor is no operand") {
  Tensor none, x = ones({2});
  CHECK_THROWS_AS(x + none, ValueError);
  CHECK_THROWS_AS(none * x, ValueError);
  CHECK_THROWS_AS(none + none, ValueError);
  CHECK_THROWS_AS(none + 1, ValueError);
  CHECK_THROWS_AS(tanh(none), ValueError);
  CHECK_THROWS_AS(none.sum(), ValueError);
  CHECK_THROWS_AS(pow(none, 2), ValueError);
  CHECK_THROWS_AS(pow(x, none), ValueError);
  CHECK_THROWS_AS(maximum(x, none), ValueError);
  CHECK_THROWS_AS(where(none, x, x), ValueError);
  CHECK_THROWS_AS(where(x > 0, none, x), ValueError);
  CHECK_THROWS_AS(x == none, ValueError);
  CHECK_THROWS_AS(x & none, ValueError);
  CHECK_THROWS_AS(matmul(x, none), ValueError);
  CHECK_THROWS_AS(matmul(none, x), ValueError);
  CHECK_THROWS_AS(linear(x, none), ValueError);
  CHECK_THROWS_AS(none.reshape({1}), ValueError);
  CHECK_THROWS_AS(none.transpose(0, 1), ValueError);
  CHECK_THROWS_AS(none[0], ValueError);
  CHECK_THROWS_AS(cat({x, none}), ValueError);
  CHECK_THROWS_AS(stack({x, none}), ValueError);
  CHECK_THROWS_AS(x.index_select(0, none), ValueError);
  CHECK_THROWS_AS(x.softmax(0) + none.softmax(0), ValueError);
  CHECK_THROWS_AS(cross_entropy(none, x), ValueError);
  CHECK_THROWS_AS(cross_entropy(x, none), ValueError);
  CHECK_THROWS_AS(result_type(x, none), ValueError);
  CHECK_THROWS_AS(equal(x, none), ValueError);
  CHECK_THROWS_AS(x.add_(none), ValueError);
  CHECK_THROWS_AS(x.copy_(none), ValueError);
  CHECK_THROWS_AS(x.fill_(none), ValueError);
  CHECK_THROWS_AS(none.add_(x), ValueError);
  CHECK_THROWS_AS(none.zero_(), ValueError);
  CHECK(values(x) == std::vector<float>{1, 1});
  CHECK(x.version() == 0);
}

TEST_CASE("shape, size, rank and count") {
  const Tensor x = zeros({2, 3, 4});
  CHECK(x.dim() == 3);
  CHECK(x.numel() == 24);
  CHECK(x.size(0) == 2);
  CHECK(x.size(-1) == 4);
  CHECK_THROWS_WITH(x.size(3), ContainsSubstring("size: dimension 3 is out of range"));
  CHECK_THROWS_AS(x.size(-4), IndexError);
  CHECK_THROWS_AS(tensor(1).size(0), IndexError);
  CHECK(tensor(1).dim() == 0);
  CHECK(tensor(1).numel() == 1);
  CHECK_THROWS_WITH(zeros({1, 1, 1, 1, 1, 1, 1, 1, 1}), ContainsSubstring("at most 8 dimensions"));
  CHECK_THROWS_AS(zeros({1, 1, 1, 1, 1, 1, 1, 1, 1}), ShapeError);
}

TEST_CASE("a C++ number is a tensor of rank 0") {
  CHECK(Tensor(2.5).dtype() == float64);
  CHECK(Tensor(2.5f).dtype() == float64);
  CHECK(Tensor(2).dtype() == int64);
  CHECK(Tensor(2u).item<std::int64_t>() == 2);
  CHECK(Tensor(true).dtype() == boolean);
  CHECK(Tensor(2.5).dim() == 0);
  CHECK(Tensor(2.5).item() == 2.5);
}

TEST_CASE("item converts the only element") {
  CHECK(tensor(2.5).item() == 2.5);
  CHECK(tensor({{2.5}}).item<float>() == 2.5f);
  CHECK(tensor(2.9).item<int>() == 2);
  CHECK(tensor(-2.9).item<int>() == -2);
  CHECK(tensor(255).item<unsigned char>() == 255);
  CHECK(tensor(std::numeric_limits<std::int64_t>::min()).item<std::int64_t>() ==
        std::numeric_limits<std::int64_t>::min());
  CHECK_THROWS_WITH(tensor(300).item<signed char>(), ContainsSubstring("item: 300 does not fit"));
  CHECK_THROWS_AS(tensor(-1).item<unsigned>(), ValueError);
  CHECK_THROWS_AS(tensor(-1).item<std::uint64_t>(), ValueError);
  CHECK_THROWS_AS(tensor(NAN).item<int>(), ValueError);
  CHECK_THROWS_AS(tensor(1e20).item<std::int64_t>(), ValueError);
  CHECK_THROWS_AS(tensor(INFINITY).item<int>(), ValueError);
  CHECK(tensor(3).item() == 3.0);
  CHECK(tensor(true).item<bool>());
  CHECK(tensor(true).item() == 1);
  constexpr auto largest = std::numeric_limits<std::int64_t>::max();
  CHECK(tensor(largest).item<std::int64_t>() == largest);
  CHECK_THROWS_WITH(zeros({2, 3}).item(),
                    ContainsSubstring("item: ") && ContainsSubstring("[2, 3]"));
  CHECK_THROWS_AS(zeros({0}).item(), ShapeError);
  CHECK_THROWS_AS(zeros({0}).item<int>(), ShapeError);
}

TEST_CASE("item<bool> is whether the element differs from 0") {
  CHECK(tensor(0.5).item<bool>());
  CHECK(tensor(-2).item<bool>());
  CHECK_FALSE(tensor(0.0).item<bool>());
}

TEST_CASE("at reads one element, negative indices from the end") {
  const Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}});
  CHECK(x.at<float>({1, 0}) == 3);
  CHECK(x.at<float>({-1, -1}) == 4);
  CHECK(tensor(7).at<std::int64_t>({}) == 7);
  CHECK_THROWS_WITH(x.at<float>({2, 0}),
                    ContainsSubstring("index 2") && ContainsSubstring("[2, 2]"));
  CHECK_THROWS_AS(x.at<float>({0, -3}), IndexError);
  CHECK_THROWS_AS(x.at<float>({0}), IndexError);
  CHECK_THROWS_AS(x.at<float>({0, 0, 0}), IndexError);
  CHECK_THROWS_AS(x.at<double>({0, 0}), DTypeError);
  CHECK_THROWS_AS(zeros({0}).at<float>({0}), IndexError);
}

TEST_CASE("data is typed") {
  CHECK_THROWS_WITH(zeros({2}).data<double>(),
                    ContainsSubstring("float32") && ContainsSubstring("to(float64)"));
  CHECK_THROWS_AS(zeros({2}).data<double>(), DTypeError);
  CHECK_THROWS_AS(zeros({2}, int64).data<bool>(), DTypeError);
  CHECK(zeros({0, 3}).data<float>().empty());
  CHECK(ones({}, boolean).data<bool>()[0]);
  // So that vectors of many elements lie in one line of the cache each.
  CHECK(reinterpret_cast<std::uintptr_t>(zeros({5}, float64).data<double>().data()) % 8 == 0);
  CHECK(reinterpret_cast<std::uintptr_t>(zeros({500}).data<float>().data()) % 64 == 0);
}

TEST_CASE("write changes elements and raises the version") {
  Tensor x = zeros({3});
  CHECK(x.version() == 0);
  x.write<float>([](std::span<float> elements) { elements[1] = 5; });
  CHECK(x.version() == 1);
  CHECK(values(x) == std::vector<float>{0, 5, 0});
  CHECK_THROWS_AS(x.write<double>([](auto) {}), DTypeError);
  CHECK(x.version() == 1);

  x.requires_grad_();
  CHECK_THROWS_WITH(
      x.write<float>([](auto elements) { elements[0] = 1; }),
      ContainsSubstring("write: ") && ContainsSubstring("[3]") && ContainsSubstring("NoGrad"));
  Tensor twice = x * 2;
  CHECK_THROWS_AS(twice.write<float>([](auto) {}), GradError);
  CHECK(values(x) == std::vector<float>{0, 5, 0});
  CHECK(x.version() == 1);
  const NoGrad no_grad;
  x.write<float>([](auto elements) { elements[0] = 1; });
  CHECK(x.version() == 2);
}

TEST_CASE("reshape, a slice of leading rows and detach show the same data and version") {
  Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}, {5.0, 6.0}});
  const Tensor flat = x.reshape({6}), rows = x.narrow(0, 1, 2), row = x[1], last = x.select(0, -1),
               detached = x.detach(), tall = x.unsqueeze(0).squeeze(0).flatten();
  x.write<float>([](auto elements) { std::fill(elements.begin(), elements.end(), 9.0f); });
  CHECK(values(flat) == std::vector<float>(6, 9));
  CHECK(values(rows) == std::vector<float>(4, 9));
  CHECK(values(row) == std::vector<float>{9, 9});
  for (const Tensor* view : {&flat, &rows, &row, &last, &detached, &tall}) {
    CHECK(view->version() == 1);
    CHECK(tapegrad::detail::impl_of(*view)->owner() == tapegrad::detail::impl_of(x));
  }

  Tensor inner = rows[1];
  inner.write<float>([](auto elements) { elements[0] = -1; });
  CHECK(x.at<float>({2, 0}) == -1);
  CHECK(x.version() == 2);
}

TEST_CASE("a view outlives the tensor whose data it shows") {
  Tensor row = tensor({{1.0, 2.0}, {3.0, 4.0}})[1];
  CHECK(values(row) == std::vector<float>{3, 4});
  row = row.reshape({2, 1});
  CHECK(values(row) == std::vector<float>{3, 4});
}

TEST_CASE("other selections and clone have data of their own") {
  Tensor x = tensor({{1.0, 2.0}, {3.0, 4.0}});
  const Tensor columns = x.narrow(1, 0, 1), transposed = x.t(), copy = x.clone(),
               picked = x.index_select(0, tensor({0})), wide = x.unsqueeze(0).expand({2, 2, 2});
  x.zero_();
  CHECK(values(columns) == std::vector<float>{1, 3});
  CHECK(values(transposed) == std::vector<float>{1, 3, 2, 4});
  CHECK(values(copy) == std::vector<float>{1, 2, 3, 4});
  CHECK(values(picked) == std::vector<float>{1, 2});
  CHECK(values(wide) == std::vector<float>{1, 2, 3, 4, 1, 2, 3, 4});
  CHECK(copy.version() == 0);
}

TEST_CASE("detach has no history, clone does") {
  Tensor x = tensor({1.0, 2.0});
  x.requires_grad_();
  const Tensor y = x * 2;
  CHECK_FALSE(y.detach().requires_grad());
  CHECK(y.detach().is_leaf());
  CHECK_FALSE(x.detach().requires_grad());
  const Tensor copy = x.clone();
  CHECK(copy.requires_grad());
  CHECK_FALSE(copy.is_leaf());
  (copy * tensor({3.0, 4.0})).sum().backward();
  CHECK(values(x.grad()) == std::vector<float>{3, 4});
}

TEST_CASE("to converts, and is the same tensor where nothing changes") {
  const Tensor x = tensor({-1.5, 0.0, 2.5});
  CHECK(x.to(float32).is_same(x));
  CHECK(values<double>(x.to(float64)) == std::vector<double>{-1.5, 0, 2.5});
  CHECK(values<std::int64_t>(x.to(int64)) == std::vector<std::int64_t>{-1, 0, 2});
  CHECK(values<bool>(x.to(boolean)) == std::vector<bool>{true, false, true});
  CHECK(values(tensor({true, false}).to(float32)) == std::vector<float>{1, 0});
  CHECK(values<bool>(tensor({NAN}).to(boolean)) == std::vector<bool>{true});
  CHECK(zeros({0, 2}).to(int64).shape() == Shape{0, 2});

  Tensor leaf = tensor({1.0, 2.0});
  leaf.requires_grad_();
  const Tensor wide = leaf.to(float64);
  CHECK(wide.requires_grad());
  wide.sum().backward();
  CHECK(leaf.grad().dtype() == float32);
  CHECK(values(leaf.grad()) == std::vector<float>{1, 1});
  CHECK_FALSE(leaf.to(int64).requires_grad());
}

TEST_CASE("only leaves of a floating-point type can be asked for gradients") {
  Tensor x = zeros({2});
  CHECK(x.is_leaf());
  CHECK_FALSE(x.requires_grad());
  CHECK(&x.requires_grad_() == &x);
  CHECK(x.requires_grad());
  x.requires_grad_(false);
  CHECK_FALSE(x.requires_grad());

  Tensor integers = zeros({2}, int64);
  CHECK_THROWS_WITH(integers.requires_grad_(), ContainsSubstring("int64"));
  CHECK_THROWS_AS(integers.requires_grad_(), DTypeError);
  integers.requires_grad_(false);

  x.requires_grad_();
  Tensor y = x * 2;
  CHECK_FALSE(y.is_leaf());
  CHECK(y.requires_grad());
  y.requires_grad_();
  CHECK_THROWS_WITH(y.requires_grad_(false), ContainsSubstring("detach()"));
  CHECK_THROWS_AS(y.requires_grad_(false), GradError);
}

TEST_CASE("a gradient can be set and dropped") {
  Tensor x = zeros({2});
  CHECK_FALSE(x.grad().defined());
  x.set_grad(tensor({3.0, 4.0}));
  CHECK(values(x.grad()) == std::vector<float>{3, 4});
  CHECK_THROWS_WITH(x.set_grad(zeros({3})), ContainsSubstring("[3]") && ContainsSubstring("[2]"));
  CHECK_THROWS_AS(x.set_grad(zeros({3})), ShapeError);
  CHECK_THROWS_AS(x.set_grad(zeros({2}, float64)), DTypeError);
  CHECK(values(x.grad()) == std::vector<float>{3, 4});
  x.set_grad(Tensor());
  CHECK_FALSE(x.grad().defined());
  x.set_grad(ones({2}));
  x.zero_grad();
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("visit_floating takes no integers for numbers with a fraction") {
  CHECK(visit_floating(float64, [](auto zero) { return sizeof(zero); }) == 8);
  for (const DType dtype : {int64, boolean})
    CHECK_THAT(message_of<DTypeError>([&] { visit_floating(dtype, [](auto) {}); }),
               ContainsSubstring("not float32 or float64"));
}
