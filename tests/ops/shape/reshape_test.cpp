#include "tests/message_of.h"
#include "tests/ops/shape_ops.h"

using Catch::Matchers::ContainsSubstring;
using namespace shape_ops;

namespace {

/// What `permute` should give, element by element.
void check_permuted(const Tensor& x, const tg::Dims& dims) {
  const Tensor y = tg::permute(x, dims);
  REQUIRE(y.dim() == x.dim());
  for (int i = 0; i < dims.rank(); ++i) REQUIRE(y.shape()[i] == x.shape()[dims[i]]);
  for (std::int64_t flat = 0; flat < x.numel(); ++flat) {
    const Shape at = tg::detail::unravel_index(flat, x.shape());
    Shape to = at;
    for (int i = 0; i < dims.rank(); ++i) to[i] = at[dims[i]];
    if (y.at<double>(to) != static_cast<double>(flat))
      FAIL("shape " << tg::to_string(x.shape()) << ", dims " << tg::to_string(dims) << ", at "
                    << tg::to_string(to));
  }
}

}  // namespace

TEST_CASE("reshape keeps the elements in order and shares them") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({2, 6}, dtype);
    const Tensor y = x.reshape({3, 4});
    CHECK(y.shape() == Shape{3, 4});
    CHECK(y.dtype() == dtype);
    CHECK(shares_data(x, y));
    CHECK(tg::equal(y.reshape({2, 6}), x));
    CHECK(tg::equal(x.reshape({3, -1}), y));
    CHECK(x.reshape(-1).shape() == Shape{12});
  }
  CHECK(tg::tensor(3.0).reshape({1, 1}).shape() == Shape{1, 1});
  CHECK(tg::tensor({3.0}).reshape({}).shape() == Shape{});
  CHECK(tg::zeros({0, 3}).reshape({5, 0}).shape() == Shape{5, 0});
  CHECK(tg::zeros({0, 3}).reshape({-1, 3}).shape() == Shape{0, 3});
}

TEST_CASE("a change through a reshaped tensor is a change of the original, and is noticed") {
  Tensor x = tg::zeros({2, 2}, tg::float64).requires_grad_();
  Tensor h = x + 1;
  const Tensor y = tg::square(h);
  {
    const tg::NoGrad no_grad;
    Tensor flat = h.reshape({4});
    flat.zero_();
  }
  CHECK(tg::equal(h, tg::zeros({2, 2}, tg::float64)));
  CHECK_THROWS_AS(y.sum().backward(), tg::GradError);
}

TEST_CASE("reshape says what does not fit") {
  const Tensor x = tg::zeros({2, 6});
  const auto text = [&](const Shape& shape) {
    return message_of<tg::ShapeError>([&] { x.reshape(shape); });
  };
  CHECK_THAT(text({5, 2}), ContainsSubstring("reshape: shape [2, 6] has 12 elements") &&
                               ContainsSubstring("[5, 2] with 10"));
  CHECK_THAT(text({5, -1}), ContainsSubstring("no multiple of the 5 that [5, -1] has"));
  CHECK_THAT(text({-1, -1}), ContainsSubstring("[-1, -1] has more than one -1"));
  CHECK_THAT(text({-2, 6}), ContainsSubstring("[-2, 6] has the negative size -2"));
  CHECK_THAT(text({std::int64_t{1} << 40, std::int64_t{1} << 40}),
             ContainsSubstring("more elements than memory can hold"));
  CHECK_THAT(text({0, -1}), ContainsSubstring("the -1 in [0, -1] could be any size"));
  CHECK_THROWS_AS(Tensor().reshape({1}), tg::ValueError);
}

TEST_CASE("flatten joins a range of dimensions") {
  const Tensor x = counted({2, 3, 4, 5});
  CHECK(x.flatten().shape() == Shape{120});
  CHECK(x.flatten(1).shape() == Shape{2, 60});
  CHECK(x.flatten(1, 2).shape() == Shape{2, 12, 5});
  CHECK(x.flatten(-2, -1).shape() == Shape{2, 3, 20});
  CHECK(x.flatten(2, 2).shape() == x.shape());
  CHECK(tg::tensor(1.0).flatten().shape() == Shape{1});
  CHECK(tg::zeros({2, 0, 3}).flatten(1).shape() == Shape{2, 0});
  CHECK_THAT(message_of<tg::ShapeError>([&] { x.flatten(2, 1); }),
             ContainsSubstring("flatten: start_dim 2 comes after end_dim 1 in shape [2, 3, 4, 5]"));
  CHECK_THAT(message_of<tg::IndexError>([&] { x.flatten(4); }),
             ContainsSubstring("flatten: dimension 4 is out of range"));
}

TEST_CASE("squeeze and unsqueeze drop and add dimensions of size 1") {
  const Tensor x = counted({1, 3, 1, 2});
  CHECK(x.squeeze().shape() == Shape{3, 2});
  CHECK(x.squeeze(0).shape() == Shape{3, 1, 2});
  CHECK(x.squeeze(-2).shape() == Shape{1, 3, 2});
  CHECK(x.squeeze(1).shape() == x.shape());
  CHECK(x.unsqueeze(0).shape() == Shape{1, 1, 3, 1, 2});
  CHECK(x.unsqueeze(-1).shape() == Shape{1, 3, 1, 2, 1});
  CHECK(shares_data(x, x.squeeze()));
  CHECK(shares_data(x, x.unsqueeze(2)));
  CHECK(tg::tensor(1.0).squeeze().shape() == Shape{});
  CHECK(tg::tensor(1.0).squeeze(0).shape() == Shape{});
  CHECK(tg::tensor(1.0).unsqueeze(-1).shape() == Shape{1});
  CHECK_THAT(
      message_of<tg::IndexError>([&] { x.squeeze(4); }),
      ContainsSubstring("squeeze: dimension 4 is out of range for a tensor of 4 dimensions"));
  CHECK_THAT(
      message_of<tg::IndexError>([&] { x.unsqueeze(5); }),
      ContainsSubstring("unsqueeze: dimension 5 is out of range for a tensor of 5 dimensions"));
  CHECK_THAT(
      message_of<tg::ShapeError>([] {
        tg::zeros({1, 1, 1, 1, 1, 1, 1, 1}).unsqueeze(0);
      }),
      ContainsSubstring("unsqueeze: shape [1, 1, 1, 1, 1, 1, 1, 1] has 8 dimensions already"));
}

TEST_CASE("permute moves every element to its place") {
  check_permuted(counted({4, 5}), {1, 0});
  check_permuted(counted({2, 3, 4}), {2, 0, 1});
  check_permuted(counted({2, 3, 4}), {1, 2, 0});
  check_permuted(counted({2, 3, 4}), {0, 2, 1});
  check_permuted(counted({2, 3, 4}), {1, 0, 2});
  check_permuted(counted({2, 1, 3, 1, 4}), {4, 1, 2, 3, 0});
  // Rows of many strips, under several entries.
  check_permuted(counted({3, 150, 70}), {0, 2, 1});
  check_permuted(counted({2, 3, 70, 150}), {1, 0, 3, 2});
  check_permuted(counted({2, 12'000, 2, 3}), {0, 2, 1, 3});
  check_permuted(counted({2, 1, 2, 3, 2, 1, 2, 3}), {7, 3, 0, 5, 2, 6, 1, 4});
  check_permuted(counted({70, 3, 33}), {2, 1, 0});
  check_permuted(counted({3, 70, 33}), {0, 2, 1});
  check_permuted(counted({1, 7}), {1, 0});
  check_permuted(counted({0, 7}), {1, 0});
  check_permuted(counted({}), {});
}

TEST_CASE("the transpose is right for every element size, in and across blocks") {
  for (const tg::DType dtype : dtypes) {
    for (const Shape& shape :
         {Shape{3, 5}, Shape{16, 16}, Shape{64, 80}, Shape{67, 129}, Shape{1, 9}}) {
      const Tensor x = counted(shape, dtype);
      const Tensor y = x.t();
      REQUIRE(y.shape() == Shape{shape[1], shape[0]});
      CHECK(y.dtype() == dtype);
      bool same = true;
      const Tensor wide_x = x.to(tg::float64), wide_y = y.to(tg::float64);
      for (std::int64_t i = 0; i < shape[0]; ++i) {
        for (std::int64_t j = 0; j < shape[1]; ++j)
          same &= wide_x.at<double>({i, j}) == wide_y.at<double>({j, i});
      }
      CHECK(same);
      CHECK(tg::equal(y.t(), x));
    }
  }
}

TEST_CASE("a permutation gives the same with many threads") {
  const Tensor x = counted({5, 130, 140}, tg::float32);
  const Tensor middle = x.transpose(1, 2), heads = x.transpose(0, 1);
  tg::set_num_threads(4);
  const bool same = tg::equal(x.transpose(1, 2), middle) && tg::equal(x.transpose(0, 1), heads);
  tg::set_num_threads(1);
  CHECK(same);
}

TEST_CASE("transpose and t swap two dimensions") {
  const Tensor x = counted({2, 3, 4});
  CHECK(tg::equal(x.transpose(0, 2), x.permute({2, 1, 0})));
  CHECK(tg::equal(x.transpose(-1, 1), x.permute({0, 2, 1})));
  CHECK(tg::equal(x.transpose(1, 1), x));
  CHECK(tg::tensor(2.0).transpose(0, -1).item() == 2.0);
  CHECK(tg::tensor({1.0, 2.0}).t().shape() == Shape{2});
  CHECK(tg::tensor(2.0).t().shape() == Shape{});
  CHECK_THAT(message_of<tg::ShapeError>([&] { x.t(); }),
             ContainsSubstring("t: shape [2, 3, 4] is no matrix"));
  CHECK_THAT(message_of<tg::IndexError>([&] { x.transpose(0, 3); }),
             ContainsSubstring("transpose: dimension 3 is out of range"));
}

TEST_CASE("permute wants every dimension once") {
  const Tensor x = tg::zeros({2, 3});
  CHECK_THAT(message_of<tg::IndexError>([&] {
               x.permute({0, -2});
             }),
             ContainsSubstring("permute: dimension -2 is named twice in [0, -2]"));
  CHECK_THAT(message_of<tg::ShapeError>([&] { x.permute({0}); }),
             ContainsSubstring("permute: 1 dimensions [0] for a tensor of shape [2, 3]"));
  CHECK_THAT(message_of<tg::IndexError>([&] {
               x.permute({0, 2});
             }),
             ContainsSubstring("permute: dimension 2 is out of range"));
  CHECK_THROWS_AS(x.permute({0, std::int64_t{1} << 40}), tg::IndexError);
}

TEST_CASE("expand repeats a tensor along dimensions of size 1 and new ones") {
  for (const tg::DType dtype : dtypes) {
    const Tensor row = counted({3}, dtype);
    const Tensor rows = row.expand({2, 3});
    CHECK(rows.dtype() == dtype);
    CHECK(tg::equal(rows, tg::stack({row, row})));
    const Tensor column = row.reshape({3, 1});
    CHECK(tg::equal(column.expand({3, 2}), tg::stack({row, row}, 1)));
    CHECK(tg::equal(column.expand({2, -1, 1}), tg::stack({column, column})));
    CHECK(tg::equal(row[1].expand({2, 2}), tg::full({2, 2}, row[1])));
  }
  const Tensor middle = counted({2, 1, 3});
  CHECK(tg::equal(middle.expand({2, 4, 3}), tg::cat({middle, middle, middle, middle}, 1)));
  CHECK(tg::zeros({1, 3}).expand({0, 3}).shape() == Shape{0, 3});
  CHECK(tg::zeros({2, 0}).expand({4, 2, 0}).shape() == Shape{4, 2, 0});
}

TEST_CASE("an expanded tensor has data of its own") {
  const Tensor x = counted({2, 3});
  CHECK_FALSE(shares_data(x, x.expand({2, 3})));
  CHECK_FALSE(shares_data(x, x.expand({1, 2, 3})));
}

TEST_CASE("expand says what does not fit") {
  const Tensor x = tg::zeros({2, 1});
  const auto text = [&](const Shape& shape) {
    return message_of<tg::ShapeError>([&] { x.expand(shape); });
  };
  CHECK_THAT(text({3, 4}), ContainsSubstring("expand: shape [2, 1] does not expand to [3, 4]") &&
                               ContainsSubstring("dimension 0 has size 2"));
  CHECK_THAT(text({4}), ContainsSubstring("expand: shape [4] has fewer dimensions") &&
                            ContainsSubstring("[2, 1]"));
  CHECK_THAT(text({-1, 2, 1}), ContainsSubstring("expand: size -1 of dimension 0 in [-1, 2, 1]"));
  CHECK_THAT(text({2, -3}), ContainsSubstring("expand: size -3 of dimension 1"));
  CHECK_THAT(message_of<tg::ShapeError>([] { tg::zeros({0}).expand({3}); }),
             ContainsSubstring("shape [0] does not expand to [3]"));
}

TEST_CASE("expanding to no element gives a gradient of zeros of the input's shape") {
  Tensor x = tg::ones({1}, tg::float64).requires_grad_();
  x.expand({0}).sum().backward();
  CHECK(tg::equal(x.grad(), tg::zeros({1}, tg::float64)));
  Tensor matrix = tg::ones({2, 1}, tg::float64).requires_grad_();
  tg::expand(matrix, {0, 2, 3}).sum().backward();
  CHECK(tg::equal(matrix.grad(), tg::zeros({2, 1}, tg::float64)));
}

TEST_CASE("clone copies and passes the gradient on") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({2, 3}, dtype);
    CHECK(tg::equal(x.clone(), x));
    CHECK_FALSE(shares_data(x, x.clone()));
  }
  Tensor x = tg::ones({2}, tg::float64).requires_grad_();
  Tensor y = x.clone();
  CHECK_FALSE(y.is_leaf());
  y.mul_(3.0);
  (y * y).sum().backward();
  CHECK(tg::equal(x.grad(), tg::tensor({18.0, 18.0}, tg::float64)));
  CHECK_THROWS_AS(Tensor().clone(), tg::ValueError);
}

TEST_CASE("operators on shapes have the gradients that differences give") {
  check_gradients([](const Inputs& in) { return in[0].reshape({3, -1}); }, {{2, 6}});
  check_gradients([](const Inputs& in) { return in[0].flatten(1); }, {{2, 2, 2}});
  check_gradients([](const Inputs& in) { return in[0].squeeze(); }, {{1, 3, 1}});
  check_gradients([](const Inputs& in) { return in[0].unsqueeze(1); }, {{3}});
  check_gradients([](const Inputs& in) { return in[0].reshape({1, 1}); }, {{}});
  check_gradients([](const Inputs& in) { return in[0].reshape({0}); }, {{3, 0}});
  check_gradients([](const Inputs& in) { return in[0].t(); }, {{2, 3}});
  check_gradients([](const Inputs& in) { return in[0].t(); }, {{1, 3}});
  check_gradients([](const Inputs& in) { return in[0].permute({2, 0, 1}); }, {{2, 3, 2}});
  check_gradients([](const Inputs& in) { return in[0].permute({1, 3, 0, 2}); }, {{2, 1, 3, 2}});
  check_gradients([](const Inputs& in) { return in[0].transpose(0, 1); }, {{0, 3}});
  check_gradients([](const Inputs& in) { return in[0].expand({2, 3}); }, {{3}});
  check_gradients([](const Inputs& in) { return in[0].expand({2, 2, 3}); }, {{2, 1}});
  check_gradients([](const Inputs& in) { return in[0].expand({2, 2}); }, {{}});
  check_gradients([](const Inputs& in) { return in[0].expand({0, 2}); }, {{1, 2}});
  check_gradients([](const Inputs& in) { return in[0].clone(); }, {{2, 2}});
}
