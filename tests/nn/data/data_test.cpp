#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "autograd/base/error.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "nn/data/dataset.h"
#include "nn/data/images.h"
#include "nn/data/loader.h"
#include "tests/catch.h"
#include "tests/message_of.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using Indices = std::vector<std::int64_t>;
using tg::Shape;
using tg::Tensor;

namespace {

/// Example i has the input [i, 10 i] and the target i.
nn::TensorDataset numbers(std::int64_t count) {
  const Tensor i = tg::arange(count);
  return {tg::stack({i.to(tg::float32), i.to(tg::float32) * 10}, 1), i};
}

Indices targets(const nn::Batch& batch) {
  const auto data = batch.targets.data<std::int64_t>();
  return {data.begin(), data.end()};
}

/// The targets of one epoch, batch after batch.
template <class Loader>
std::vector<Indices> epoch(Loader& loader) {
  std::vector<Indices> batches;
  for (const auto& batch : loader) batches.push_back(targets(batch));
  return batches;
}

Indices joined(const std::vector<Indices>& batches) {
  Indices all;
  for (const Indices& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

Indices counting(std::int64_t count) {
  Indices list(static_cast<std::size_t>(count));
  std::iota(list.begin(), list.end(), 0);
  return list;
}

/// Two images of 1x3 pixels.
nn::ImageDataset two_images() {
  return {{nn::IdxType::uint8, {2, 1, 3}, {0, 51, 255, 1, 2, 3}}, {nn::IdxType::uint8, 2, {7, 4}}};
}

}  // namespace

TEST_CASE("a TensorDataset gives the rows it is asked for", "[data]") {
  const nn::TensorDataset dataset = numbers(5);
  CHECK(dataset.size() == 5);
  const auto [x, y] = dataset.batch(Indices{3, 0, 3});
  CHECK(x.shape() == Shape{3, 2});
  CHECK(x.at<float>({0, 1}) == 30);
  CHECK(y.at<std::int64_t>({2}) == 3);
  CHECK_THROWS_AS(dataset.batch(Indices{5}), tg::IndexError);

  CHECK_THAT(message_of<tg::ShapeError>([] {
               nn::TensorDataset d(tg::ones({3, 2}), tg::ones(4));
             }),
             ContainsSubstring("[3, 2]") && ContainsSubstring("[4]") &&
                 ContainsSubstring("differ in the number of examples"));
  CHECK_THROWS_AS(nn::TensorDataset(tg::tensor(1), tg::tensor(1)), tg::ShapeError);
}

TEST_CASE("a DataLoader goes through everything once", "[data]") {
  nn::DataLoader loader(numbers(10), {.batch_size = 4});
  CHECK(loader.size() == 3);
  CHECK(epoch(loader) == std::vector<Indices>{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}});

  nn::DataLoader dropping(numbers(10), {.batch_size = 4, .drop_last = true});
  CHECK(dropping.size() == 2);
  CHECK(joined(epoch(dropping)) == counting(8));

  nn::DataLoader whole(numbers(8), {.batch_size = 4, .drop_last = true});
  CHECK(whole.size() == 2);
  nn::DataLoader large(numbers(3), {.batch_size = 100});
  CHECK(epoch(large) == std::vector<Indices>{{0, 1, 2}});
  nn::DataLoader none(numbers(3), {.batch_size = 100, .drop_last = true});
  CHECK(epoch(none).empty());
  nn::DataLoader empty(numbers(0), {.batch_size = 2, .shuffle = true});
  CHECK(epoch(empty).empty());

  CHECK_THAT(message_of<tg::ValueError>([] { nn::DataLoader l(numbers(3), {.batch_size = 0}); }),
             ContainsSubstring("batch_size must be at least 1, but is 0"));
}

TEST_CASE("a shuffled DataLoader has a new order each epoch, drawn from the seed", "[data]") {
  nn::DataLoader loader(numbers(100), {.batch_size = 7, .shuffle = true, .seed = 5});
  const Indices first = joined(epoch(loader));
  const Indices second = joined(epoch(loader));
  CHECK(loader.epoch() == 2);
  CHECK(first != second);
  for (Indices order : {first, second}) {
    CHECK(order != counting(100));
    std::sort(order.begin(), order.end());
    CHECK(order == counting(100));
  }
  nn::DataLoader again(numbers(100), {.batch_size = 50, .shuffle = true, .seed = 5});
  CHECK(joined(epoch(again)) == first);
  again.set_epoch(1);
  CHECK(joined(epoch(again)) == second);
  nn::DataLoader other(numbers(100), {.batch_size = 7, .shuffle = true, .seed = 6});
  CHECK(joined(epoch(other)) != first);
}

TEST_CASE("a batch belongs to the program, not to the loader", "[data]") {
  Tensor kept;
  for (auto [x, y] : nn::DataLoader(numbers(4), {.batch_size = 2})) {
    if (!kept.defined()) kept = x;
    x.mul_(0);  // a copy of the rows: the dataset keeps its own
  }
  CHECK(kept.shape() == Shape{2, 2});
}

TEST_CASE("random_split and train_test_split cut without loss", "[data]") {
  const auto parts = nn::random_split(numbers(20), {12, 0, 8}, 3);
  REQUIRE(parts.size() == 3);
  CHECK(parts[0].size() == 12);
  CHECK(parts[1].size() == 0);
  Indices all = parts[0].indices();
  all.insert(all.end(), parts[2].indices().begin(), parts[2].indices().end());
  CHECK(all != counting(20));
  std::sort(all.begin(), all.end());
  CHECK(all == counting(20));
  CHECK(nn::random_split(numbers(20), {12, 8}, 3)[0].indices() == parts[0].indices());
  CHECK(nn::random_split(numbers(20), {12, 8}, 4)[0].indices() != parts[0].indices());
  CHECK(targets(parts[2].batch(Indices{7, 0})) ==
        Indices{parts[2].indices()[7], parts[2].indices()[0]});
  CHECK_THROWS_AS(parts[2].batch(Indices{8}), tg::IndexError);

  const auto [training, test] = nn::train_test_split(numbers(10), 0.25);
  CHECK(training.size() == 7);
  CHECK(test.size() == 3);
  nn::DataLoader loader(test, {.batch_size = 2});
  CHECK(joined(epoch(loader)) == test.indices());

  const auto text = [](std::vector<std::int64_t> lengths) {
    return message_of<tg::ValueError>([&] { nn::random_split(numbers(20), lengths); });
  };
  CHECK_THAT(text({10, 9}), ContainsSubstring("[10, 9] do not add up to the 20 examples"));
  CHECK_THAT(text({30, -10}), ContainsSubstring("do not add up"));
  CHECK_THAT(text({-1, 21}), ContainsSubstring("a length of -1 is negative"));
  CHECK_THAT(text({INT64_MAX, INT64_MAX}), ContainsSubstring("do not add up"));
  CHECK_THROWS_AS(nn::train_test_split(numbers(4), 1.5), tg::ValueError);
  CHECK_THAT(message_of<tg::IndexError>([] {
               nn::Subset s(numbers(4), {0, 4});
             }),
             ContainsSubstring("index 4 at position 1 is outside a dataset of 4 examples"));
}

TEST_CASE("a Standardizer learns from one part and serves all", "[data]") {
  const Tensor training = tg::tensor({{1.0, 5.0, -2.0}, {3.0, 5.0, 2.0}});
  const auto scale = nn::Standardizer::fit(training);
  CHECK(tg::allclose(scale.mean, tg::tensor({2.0, 5.0, 0.0})));
  CHECK(tg::allclose(scale.std, tg::tensor({1.0, 1.0, 2.0})));
  CHECK(tg::allclose(scale.apply(training), tg::tensor({{-1.0, 0.0, -1.0}, {1.0, 0.0, 1.0}})));
  const Tensor test = tg::tensor({{4.0, 6.0, 1.0}});
  CHECK(tg::allclose(scale.apply(test), tg::tensor({{2.0, 1.0, 0.5}})));
  CHECK(tg::allclose(scale.undo(scale.apply(test)), test));
  CHECK_THROWS_AS(nn::Standardizer::fit(tg::ones({0, 3})), tg::ShapeError);
  CHECK_THROWS_AS(nn::Standardizer::fit(tg::tensor({{1, 2}})), tg::DTypeError);
}

TEST_CASE("images are scaled when a batch is asked for", "[data]") {
  const nn::ImageDataset images = two_images();
  CHECK(images.size() == 2);
  const auto [x, y] = images.batch(Indices{1, 0});
  CHECK(x.shape() == Shape{2, 1, 3});
  CHECK(x.dtype() == tg::float32);
  CHECK(x.at<float>({1, 0, 1}) == Approx(0.2));
  CHECK(x.at<float>({1, 0, 2}) == Approx(1));
  CHECK(targets({x, y}) == Indices{4, 7});

  const auto measured = images.measure(Indices{1});
  CHECK(measured.mean == Approx(2 / 255.0));
  CHECK(measured.std == Approx(std::sqrt(2 / 3.0) / 255));
  const auto scaled = images.with_scale(measured).batch(Indices{1}).inputs;
  CHECK(scaled.at<float>({0, 0, 0}) == Approx(-std::sqrt(1.5)));
  CHECK(scaled.at<float>({0, 0, 1}) == Approx(0).margin(1e-6));
  CHECK(images.scale().mean == 0);
}

TEST_CASE("images refuse what does not fit", "[data]") {
  using nn::IdxType;
  const auto images = two_images();
  CHECK_THAT(message_of<tg::IndexError>([&] { images.batch(Indices{2}); }),
             ContainsSubstring("index 2 is outside 2 images"));
  CHECK_THROWS_AS(images.label(-1), tg::IndexError);
  CHECK_THROWS_AS(images.measure({}), tg::ValueError);
  const double nan = std::nan("");
  for (const nn::ImageDataset::Scale& bad :
       std::vector<nn::ImageDataset::Scale>{{.std = 0},
                                            {.std = nan},
                                            {.std = INFINITY},
                                            {.max_pixel = -1},
                                            {.mean = nan},
                                            {.mean = INFINITY}})
    CHECK_THROWS_AS(images.with_scale(bad), tg::ValueError);
  CHECK_THAT(message_of<tg::ValueError>([&] { images.with_scale({.mean = nan}); }),
             ContainsSubstring("mean must be finite, but is nan"));
  const nn::IdxArray one{IdxType::uint8, {1, 1, 1}, {5}};
  const auto text = [&](const nn::IdxArray& pixels, const nn::IdxArray& labels, int classes) {
    return message_of<tg::Error>([&] { nn::ImageDataset d(pixels, labels, classes); });
  };
  CHECK_THAT(text(one, {IdxType::uint8, 1, {9}}, 9),
             ContainsSubstring("label 9 at index 0 is outside [0, 9)"));
  CHECK_THAT(text(one, {IdxType::uint8, 1, {9}}, -1),
             ContainsSubstring("num_classes must be at least 1, but is -1"));
  CHECK_THAT(text(one, {IdxType::uint8, 2, {1, 2}}, 9), ContainsSubstring("[1, 1, 1] and [2]"));
  CHECK_THAT(text(one, {IdxType::int8, 1, {1}}, 9), ContainsSubstring("must be bytes"));
  CHECK_THAT(text({IdxType::uint8, {1, 1, 2}, {5}}, {IdxType::uint8, 1, {1}}, 9),
             ContainsSubstring("do not fit the shapes"));
}
