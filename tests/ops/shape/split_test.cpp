#include "tests/message_of.h"
#include "tests/ops/shape_ops.h"

using Catch::Matchers::ContainsSubstring;
using namespace shape_ops;

TEST_CASE("split gives pieces that cat puts together again") {
  for (int dim = 0; dim < 2; ++dim) {
    const Tensor x = counted({5, 5});
    const Inputs even = tg::split(x, 2, dim);
    REQUIRE(even.size() == 3);
    CHECK(even[2].size(dim) == 1);
    CHECK(tg::equal(tg::cat(even, dim), x));
    const Inputs chosen = tg::split(x, {1, 0, 4}, dim);
    REQUIRE(chosen.size() == 3);
    CHECK(chosen[1].size(dim) == 0);
    CHECK(tg::equal(tg::cat(chosen, dim), x));
  }
  CHECK(tg::split(tg::zeros({3}), 10).size() == 1);
  CHECK(tg::split(tg::zeros({0, 2}), 3).size() == 1);
  CHECK(tg::split(tg::zeros({0, 2}), 0).size() == 1);
  CHECK(tg::split(tg::zeros({0, 2}), std::vector<std::int64_t>{}).empty());
}

TEST_CASE("a list of split is one of sizes, however long it is") {
  const Tensor x = counted({2, 5});
  CHECK(tg::split(x, {2, 3}, 1).size() == 2);
  const Inputs whole = tg::split(x, {2});
  REQUIRE(whole.size() == 1);
  CHECK(shares_data(whole[0], x));
  CHECK(tg::split(x, 2, 1).size() == 3);
  CHECK(tg::split(tg::zeros({0, 2}), {}).empty());
  const int size = 5;
  CHECK(tg::split(x, {size}, -1).size() == 1);
  CHECK_THAT(message_of<tg::ShapeError>([&] { tg::split(x, {2}, 1); }),
             ContainsSubstring("split: the 1 pieces have 2 entries together"));
}

TEST_CASE("split says what does not add up") {
  const Tensor x = tg::zeros({5, 2});
  CHECK_THAT(
      message_of<tg::ValueError>([&] { tg::split(x, 0); }),
      ContainsSubstring("split: pieces of size 0 do not make up dimension 0 of shape [5, 2]"));
  CHECK_THAT(message_of<tg::ValueError>([&] { tg::split(x, -1); }), ContainsSubstring("size -1"));
  CHECK_THAT(
      message_of<tg::ShapeError>([&] {
        tg::split(x, {2, 2});
      }),
      ContainsSubstring("split: the 2 pieces have 4 entries together, but dimension 0 of shape [5, "
                        "2] has 5"));
  CHECK_THAT(message_of<tg::ShapeError>([&] {
               tg::split(x, {2, 4});
             }),
             ContainsSubstring(
                 "split: piece 1 of size 4 goes beyond dimension 0 of shape [5, 2]: 3 entries"));
  CHECK_THAT(message_of<tg::ValueError>([&] {
               tg::split(x, {5, -1});
             }),
             ContainsSubstring("split: size -1 of piece 1 is negative"));
  CHECK_THAT(message_of<tg::ShapeError>([] { tg::split(tg::tensor(1.0), 1); }),
             ContainsSubstring("split: a number (0-d tensor)"));
}
