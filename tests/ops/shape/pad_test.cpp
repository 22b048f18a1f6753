#include "autograd/ops/shape/pad.h"

#include <cmath>

#include "tests/message_of.h"
#include "tests/ops/shape_ops.h"

using Catch::Matchers::ContainsSubstring;
using namespace shape_ops;
using tg::Padding;

TEST_CASE("padding of every mode and type") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({4}, dtype);
    const auto taken = [&](std::initializer_list<std::int64_t> entries) {
      return tg::index_select(x, 0, tg::tensor(std::vector<std::int64_t>(entries)));
    };
    CHECK(tg::equal(tg::pad(x, {2, 3}, Padding::reflect), taken({2, 1, 0, 1, 2, 3, 2, 1, 0})));
    CHECK(tg::equal(tg::pad(x, {2, 1}, Padding::replicate), taken({0, 0, 0, 1, 2, 3, 3})));
    CHECK(tg::equal(tg::pad(x, {4, 1}, Padding::circular), taken({0, 1, 2, 3, 0, 1, 2, 3, 0})));
    CHECK(tg::equal(tg::pad(x, {-1, 2}, Padding::reflect), taken({1, 2, 3, 2, 1})));
    CHECK(tg::equal(tg::pad(x, {-1, 2}, Padding::circular), taken({1, 2, 3, 1, 2})));
    CHECK(tg::equal(tg::pad(x, {-1, 2}, Padding::replicate), taken({1, 2, 3, 3, 3})));
    CHECK(tg::equal(tg::pad(x, {-1, -2}), taken({1})));
    const Tensor y = tg::pad(x, {1, 2}, Padding::constant, 1);
    CHECK(y.dtype() == dtype);
    CHECK(tg::equal(y, tg::cat({tg::ones({1}, dtype), x, tg::ones({2}, dtype)})));
    for (const auto mode :
         {Padding::constant, Padding::reflect, Padding::replicate, Padding::circular}) {
      CHECK_FALSE(shares_data(tg::pad(x, {0, 0}, mode), x));
      CHECK_FALSE(shares_data(tg::pad(x, {-1, 0}, mode), x));
      CHECK_FALSE(shares_data(tg::pad(x, {}, mode), x));
    }
  }
  CHECK(tg::equal(tg::pad(tg::tensor({1}), {0, 1}, Padding::constant, 2.5), tg::tensor({1, 2})));
  CHECK(tg::pad(tg::zeros({0, 2}), {1, 1, 2, 0}).shape() == Shape{2, 4});
  CHECK(tg::pad(tg::zeros({3}), {-1, -2}).shape() == Shape{0});
  CHECK(std::isnan(tg::pad(tg::zeros({1}), {1, 0}, Padding::constant, NAN).at<float>({0})));
  CHECK(tg::pad(tg::zeros({0, 3}), {1, 1}, Padding::reflect).shape() == Shape{0, 5});
  CHECK(tg::pad(1.5, {}).shape() == Shape{});
}

TEST_CASE("pixels become channels, and channels pixels again") {
  for (const tg::DType dtype : dtypes) {
    const Tensor x = counted({2, 12, 2, 3}, dtype);
    const Tensor y = tg::pixel_shuffle(x, 2);
    CHECK(y.shape() == Shape{2, 3, 4, 6});
    CHECK(tg::equal(y.at({1, 2, 3, 4}), x.at({1, 10, 1, 2})));
    CHECK(tg::equal(tg::pixel_unshuffle(y, 2), x));
    CHECK(tg::equal(tg::pixel_shuffle(x, 1), x));
  }
  CHECK(tg::pixel_shuffle(tg::zeros({0, 4, 2, 2}), 2).shape() == Shape{0, 1, 4, 4});
  CHECK(tg::pixel_unshuffle(tg::zeros({1, 0, 2}), 2).shape() == Shape{4, 0, 1});
}

TEST_CASE("pad says what does not fit") {
  const Tensor x = tg::zeros({2, 3});
  const auto value_error = [](auto run) { return message_of<tg::ValueError>(run); };
  const auto shape_error = [](auto run) { return message_of<tg::ShapeError>(run); };
  CHECK_THAT(shape_error([&] { tg::pad(x, {1}); }),
             ContainsSubstring("pad: 1 numbers; each dimension needs two"));
  CHECK_THAT(shape_error([&] {
               tg::pad(x, {1, 1, 1, 1, 1, 1});
             }),
             ContainsSubstring("pad: 6 numbers are those of 3 dimensions, but the tensor has shape "
                               "[2, 3]"));
  CHECK_THAT(shape_error([&] {
               tg::pad(x, {-2, -2});
             }),
             ContainsSubstring("pad: -2 before and -2 after take more away than the 3 entries that "
                               "dimension 1 of shape [2, 3] has"));
  CHECK_THAT(shape_error([&] { tg::pad(x, {INT64_MIN, 0}); }), ContainsSubstring("take more away"));
  CHECK_THROWS_AS(tg::pad(x, {INT64_MAX, 0}), tg::ShapeError);
  CHECK_THROWS_AS(tg::pad(x, {INT64_MAX, INT64_MAX}, Padding::replicate), tg::ShapeError);
  CHECK_THAT(shape_error([&] {
               tg::pad(x, {0, 3}, Padding::reflect);
             }),
             ContainsSubstring("pad: 3 entries reflected at an end of dimension 1 of shape [2, 3]; "
                               "there are 2 beside it"));
  CHECK_THAT(shape_error([&] {
               tg::pad(tg::zeros({0}), {1, 0}, Padding::replicate);
             }),
             ContainsSubstring("pad: dimension 0 of shape [0] has no entry to replicate"));
  CHECK_THAT(
      shape_error([&] {
        tg::pad(x, {4, 0}, Padding::circular);
      }),
      ContainsSubstring("pad: 4 entries at an end of dimension 1 of shape [2, 3] go around"));
  CHECK_THAT(value_error([&] {
               tg::pad(x, {1, 0}, Padding::reflect, 2);
             }),
             ContainsSubstring("pad: value 2 has no meaning in this mode"));
  CHECK_THAT(value_error([&] {
               tg::pad(tg::tensor({1}), {1, 0}, Padding::constant, NAN);
             }),
             ContainsSubstring("pad: value nan cannot be converted to int64"));
  CHECK_THAT(shape_error([&] { tg::pixel_shuffle(x, 2); }),
             ContainsSubstring("pixel_shuffle: shape [2, 3] has no channels, height and width"));
  CHECK_THAT(
      shape_error([] {
        tg::pixel_shuffle(tg::zeros({6, 1, 1}), 2);
      }),
      ContainsSubstring("pixel_shuffle: 6 channels of shape [6, 1, 1] do not make up squares:"
                        " they are no multiple of 4"));
  CHECK_THAT(shape_error([] {
               tg::pixel_unshuffle(tg::zeros({1, 4, 3}), 2);
             }),
             ContainsSubstring("pixel_unshuffle: 3 columns of shape [1, 4, 3]"));
  CHECK_THAT(value_error([] {
               tg::pixel_shuffle(tg::zeros({4, 1, 1}), 0);
             }),
             ContainsSubstring("pixel_shuffle: upscale_factor is 0"));
  CHECK_THAT(value_error([] {
               tg::pixel_unshuffle(tg::zeros({4, 1, 1}), -1);
             }),
             ContainsSubstring("pixel_unshuffle: downscale_factor is -1"));
}
