#include <limits>

#include "tests/message_of.h"
#include "tests/ops/shape_ops.h"

using Catch::Matchers::ContainsSubstring;
using namespace shape_ops;

TEST_CASE("narrow takes a range of a dimension") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({3, 4, 2}, dtype);
    for (int dim = 0; dim < 3; ++dim) {
      const Tensor y = x.narrow(dim, 1, 1);
      CHECK(y.dtype() == dtype);
      CHECK(tg::equal(y, tg::index_select(x, dim, tg::tensor({1}))));
    }
    CHECK(tg::equal(x.narrow(1, -2, 2), tg::index_select(x, 1, tg::tensor({2, 3}))));
  }
  const Tensor x = counted({3, 4});
  CHECK(x.narrow(0, 3, 0).shape() == Shape{0, 4});
  CHECK(x.narrow(1, 4, 0).shape() == Shape{3, 0});
  CHECK(tg::equal(x.narrow(-1, 0, 4), x));
}

TEST_CASE("a range of rows shares the data, another range does not") {
  Tensor x = counted({3, 4});
  CHECK(shares_data(x, x.narrow(0, 1, 2)));
  CHECK(shares_data(x, x[1]));
  CHECK(shares_data(x.unsqueeze(0), x.unsqueeze(0).narrow(1, 1, 1)));
  CHECK_FALSE(shares_data(x, x.narrow(1, 1, 2)));
  Tensor rows = x.narrow(0, 1, 1);
  rows.fill_(9.0);
  CHECK(x.at<double>({0, 3}) == 3.0);
  CHECK(x.at<double>({1, 0}) == 9.0);
  CHECK(x.at<double>({1, 3}) == 9.0);
  CHECK(x.at<double>({2, 0}) == 8.0);
}

TEST_CASE("a change of some rows is a change of a saved value") {
  Tensor x = leaf({3, 2});
  Tensor h = x * 1;
  const Tensor y = tg::square(h.narrow(0, 0, 1));
  {
    const tg::NoGrad no_grad;
    Tensor last = h.narrow(0, 2, 1);
    last.zero_();
  }
  CHECK_THROWS_AS(y.sum().backward(), tg::GradError);
}

TEST_CASE("the gradient of some rows is theirs alone") {
  Tensor x = tg::ones({3, 2}, tg::float64).requires_grad_();
  (x[2] * 5 + x.narrow(0, 1, 1)[0] * 2 + x[-1]).sum().backward();
  CHECK(tg::equal(x.grad(), tg::tensor({{0, 0}, {2, 2}, {6, 6}}, tg::float64)));
}

TEST_CASE("narrow says what is out of range") {
  const Tensor x = tg::zeros({3, 4});
  const auto text = [&](int dim, std::int64_t start, std::int64_t length) {
    return message_of<tg::IndexError>([&] { x.narrow(dim, start, length); });
  };
  CHECK_THAT(text(1, 2, 3),
             ContainsSubstring(
                 "narrow: 3 entries from 2 go beyond the end of dimension 1 of shape [3, 4]"));
  CHECK_THAT(text(0, 4, 0),
             ContainsSubstring("narrow: start 4 is out of range for dimension 0 of shape "
                               "[3, 4] (-3 to 3)"));
  CHECK_THAT(text(0, -4, 1), ContainsSubstring("narrow: start -4 is out of range"));
  CHECK_THAT(text(0, 0, -1), ContainsSubstring("narrow: length -1 is negative"));
  CHECK_THAT(text(2, 0, 1), ContainsSubstring("narrow: dimension 2 is out of range"));
  CHECK_THAT(text(0, 1, std::numeric_limits<std::int64_t>::max()),
             ContainsSubstring("go beyond the end"));
  CHECK_THAT(message_of<tg::ShapeError>([] { tg::tensor(1.0).narrow(0, 0, 1); }),
             ContainsSubstring("narrow: a number (0-d tensor) has no dimensions"));
}

TEST_CASE("select takes one entry, and its dimension away") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({3, 4, 2}, dtype);
    CHECK(x.select(1, 2).shape() == Shape{3, 2});
    CHECK(tg::equal(x.select(1, 2), x.narrow(1, 2, 1).squeeze(1)));
    CHECK(tg::equal(x.select(-1, -1), x.narrow(2, 1, 1).squeeze(2)));
    CHECK(tg::equal(x[1], x.narrow(0, 1, 1).squeeze(0)));
    CHECK(tg::equal(x[-1][3][0], x.reshape(-1)[22]));
    CHECK(x[0][0][0].shape() == Shape{});
  }
  CHECK_THAT(message_of<tg::IndexError>([] {
               tg::zeros({3, 4}).select(1, 4);
             }),
             ContainsSubstring("select: index 4 is out of range for dimension 1 of shape [3, 4]"));
  CHECK_THAT(message_of<tg::IndexError>([] {
               tg::zeros({3, 4})[-4];
             }),
             ContainsSubstring("select: index -4 is out of range for dimension 0 of shape [3, 4]"));
  CHECK_THAT(message_of<tg::IndexError>([] {
               tg::zeros({0, 4})[0];
             }),
             ContainsSubstring("select: index 0 is out of range for dimension 0 of shape [0, 4]"));
  CHECK_THAT(message_of<tg::ShapeError>([] { tg::tensor(1.0)[0]; }),
             ContainsSubstring("select: a number (0-d tensor) has no dimensions"));
  CHECK_THROWS_AS(Tensor()[0], tg::ValueError);
}

TEST_CASE("selections have the gradients that differences give") {
  check_gradients([](const Inputs& in) { return in[0].narrow(0, 1, 2); }, {{4, 2}});
  check_gradients([](const Inputs& in) { return in[0].narrow(1, 1, 2); }, {{2, 4, 2}});
  check_gradients([](const Inputs& in) { return in[0].narrow(0, 1, 0); }, {{2, 2}});
  check_gradients([](const Inputs& in) { return in[0].narrow(1, 0, 0); }, {{2, 0}});
  check_gradients([](const Inputs& in) { return in[0].select(1, -1); }, {{2, 3}});
  check_gradients([](const Inputs& in) { return in[0].select(1, 0); }, {{2, 3, 2}});
  check_gradients([](const Inputs& in) { return in[0][1] * in[0][0]; }, {{2, 3}});
  check_gradients([](const Inputs& in) { return tg::cat(in, 0); }, {{1, 2}, {2, 2}, {0, 2}});
  check_gradients([](const Inputs& in) { return tg::cat(in, 1); }, {{2, 1}, {2, 2}, {0}});
  check_gradients(
      [](const Inputs& in) {
        return tg::cat({in[0], in[1], in[0]}, -1);
      },
      {{2, 1}, {2, 2}});
  check_gradients([](const Inputs& in) { return tg::stack(in, 1); }, {{2}, {2}});
  check_gradients([](const Inputs& in) { return tg::stack({in[0], in[0]}); }, {{}});
  check_gradients(
      [](const Inputs& in) {
        const Inputs parts = tg::split(in[0], {1, 2}, 1);
        return parts[0] * parts[1];
      },
      {{2, 3}});
}
