// Counting and searching: NaN, nothing, and what cannot be. Values are in tests/values.

#include <algorithm>

#include "tests/message_of.h"
#include "tests/point_gradients.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("unique: each NaN is different, and parts fit together") {
  const double quiet = NaN;
  const Tensor x = tg::tensor({{2.0, quiet, 1.0}, {quiet, 2.0, 2.0}}).requires_grad_();
  const tg::UniqueElements found = tg::unique(x);
  CHECK(tg::allclose(found.output, tg::tensor({1.0, 2.0, quiet, quiet}), 0, 0, true));
  CHECK(tg::equal(found.counts, tg::tensor({1, 3, 1, 1})));
  CHECK(tg::equal(found.inverse_indices, tg::tensor({{1, 2, 0}, {3, 1, 1}})));
  CHECK_FALSE(found.output.requires_grad());
}

TEST_CASE("unique_consecutive: runs, where they stand") {
  const double quiet = NaN;
  const Tensor x = tg::tensor({1.0, 1.0, quiet, quiet, 1.0}).requires_grad_();
  const tg::UniqueElements runs = tg::unique_consecutive(x);
  CHECK(tg::allclose(runs.output, tg::tensor({1.0, quiet, quiet, 1.0}), 0, 0, true));
  CHECK(tg::equal(runs.inverse_indices, tg::tensor({0, 0, 1, 2, 3})));
  CHECK(tg::equal(runs.counts, tg::tensor({2, 1, 1, 1})));
  CHECK_FALSE(runs.output.requires_grad());
  CHECK(tg::unique_consecutive(tg::zeros({3, 0}), 0).output.shape() == tg::Shape({1, 0}));
  CHECK(tg::equal(tg::unique(tg::tensor({2, 1, 2}), false).output, tg::tensor({1, 2})));
  // A result is memory of its own.
  Tensor one = tg::tensor({4, 5});
  Tensor output = tg::unique_consecutive(one).output;
  output.fill_(0);
  CHECK(tg::equal(one, tg::tensor({4, 5})));
}

TEST_CASE("searchsorted: rows, NaN and types") {
  const double quiet = NaN;
  const Tensor rows = tg::tensor({{1.0, 2.0, quiet}, {0.0, 0.0, 4.0}});
  CHECK(tg::equal(tg::searchsorted(rows, tg::tensor({{2.0, quiet}, {0.0, 9.0}})),
                  tg::tensor({{1, 2}, {0, 3}})));
  CHECK(tg::equal(tg::searchsorted(rows, tg::tensor({{2.0, quiet}, {0.0, 9.0}}), true),
                  tg::tensor({{2, 3}, {2, 3}})));
  CHECK(tg::searchsorted(tg::tensor({1, 2}), 1.5).item<int>() == 1);
  CHECK(tg::searchsorted(tg::zeros({0}), tg::ones({2})).shape() == tg::Shape{2});
  CHECK(tg::bucketize(tg::zeros({2, 0}), tg::ones({2})).shape() == tg::Shape{2, 0});
}

TEST_CASE("searchsorted by a sorter; unique entries of a dimension") {
  const Tensor mixed = tg::tensor({3.0, 1.0, 2.0}), values = tg::tensor({2.0, 9.0, 0.5});
  const tg::SearchsortedOptions options{.side = tg::Side::right, .sorter = tg::argsort(mixed)};
  CHECK(tg::equal(tg::searchsorted(mixed, values, options), tg::tensor({2, 3, 0})));
  // A NaN is different from all; rows of nothing are equal.
  const double quiet = NaN;
  const Tensor rows = tg::tensor({{1.0, quiet}, {1.0, quiet}, {0.0, 2.0}}).requires_grad_();
  const tg::UniqueElements found = tg::unique(rows, {.dim = 0});
  CHECK(tg::equal(found.counts, tg::tensor({1, 1, 1})));
  CHECK(tg::equal(found.inverse_indices, tg::tensor({1, 2, 0})));
  CHECK_FALSE(found.output.requires_grad());
  CHECK(tg::unique(tg::zeros({3, 0}), {}).output.shape() == tg::Shape({1, 0}));
}

TEST_CASE("searchsorted counts what is less; unique entries come in the order of their elements") {
  const double quiet = NaN;
  const Tensor x = tg::tensor({-inf, -1.0, -0.0, 0.0, 0.0, 2.0, 2.0, 7.0, inf, inf, quiet, quiet});
  const auto all = values_of(x);
  for (std::int64_t n = 0; n <= x.numel(); ++n) {
    const Tensor sequence = tg::narrow(x, 0, 0, n);
    for (const double value : {-inf, -1.0, -0.0, 0.0, 1.0, 2.0, 9.0, inf, quiet}) {
      const auto count = [&](bool equal) {
        return std::count_if(all.begin(), all.begin() + n, [&](double each) {
          return value != value ? equal || each == each : equal ? each <= value : each < value;
        });
      };
      INFO(n << " " << value);
      CHECK(tg::searchsorted(sequence, tg::tensor(value)).item<int>() == count(false));
      CHECK(tg::searchsorted(sequence, tg::tensor(value), true).item<int>() == count(true));
    }
  }
  // Few elements an entry, or many: the same order.
  tg::manual_seed(4);
  const Tensor few = tg::randint(-1, 2, {50, 4}), zeros = tg::zeros({50, 30}, tg::int64);
  const tg::UniqueElements one = tg::unique(few, {.dim = 0});
  for (const tg::DType dtype : {tg::int64, tg::float32, tg::float64}) {
    const tg::UniqueElements other = tg::unique(tg::cat({zeros, few}, 1).to(dtype), {.dim = 0});
    CHECK(tg::equal(tg::narrow(other.output, 1, 30, 4), one.output.to(dtype)));
    CHECK(tg::equal(other.inverse_indices, one.inverse_indices));
    CHECK(tg::equal(other.counts, one.counts));
  }
}

TEST_CASE("what was converted, and every number, is found where it is") {
  CHECK(tg::equal(tg::isin(tg::tensor({1, 2, 3}), 2), tg::tensor({false, true, false})));
  CHECK(tg::equal(tg::isin(tg::tensor({1.5, 2.0}), tg::tensor({1, 2})), tg::tensor({false, true})));
  CHECK(tg::isin(2, tg::tensor({1, 2})).item<bool>());
  CHECK(tg::equal(tg::isin(tg::ones({2}), tg::zeros({0}), false, true), tg::tensor({true, true})));
  CHECK(tg::histc(tg::zeros({0}), {.bins = 3}).numel() == 3);
  // Every number lies between the edges of its bin, whatever rounding would make of its place.
  const Tensor x = tg::linspace(-1, 1, 1001, tg::float32);
  CHECK(tg::sum(tg::histc(x, {.bins = 7, .min = -1, .max = 1})).item() == 1001);
}

TEST_CASE("counting names itself in errors") {
  const auto throws = [](auto run, const std::string& text) {
    CHECK_THAT(message_of<tg::Error>(run), ContainsSubstring(text));
  };
  const Tensor x = tg::tensor({1, 2});
  throws([&] { tg::bincount(tg::zeros({2})); }, "bincount: the elements must be int64");
  throws([&] { tg::bincount(tg::tensor({{1}})); }, "bincount: needs a vector");
  throws([&] { tg::bincount(tg::tensor({1, -2})); }, "bincount: -2 is negative");
  throws([&] { tg::bincount(tg::tensor({INT64_MAX})); },
         "bincount: 9223372036854775807 has no bin");
  throws([&] { tg::bincount(x, {}, -1); }, "bincount: minlength is -1");
  throws([&] { tg::bincount(x, tg::ones({3})); }, "bincount: the weight vector has shape [3]");
  throws([&] { tg::histc(x); }, "histc: needs");
  throws([&] { tg::histc(tg::ones({2}), {.bins = 0}); }, "histc: bins is 0");
  throws([&] { tg::histc(tg::ones({2}), {.min = 1, .max = 0}); }, "histc: the range from 1 to 0");
  throws([&] { tg::histc(tg::tensor({1.0, inf})); }, "histc: the range");
  throws(
      [&] {
        tg::searchsorted(tg::ones({2, 3}), tg::ones({3, 2}));
      },
      "searchsorted: a sorted sequence of shape [2, 3]");
  throws([&] { tg::searchsorted(tg::tensor(1), x); },
         "searchsorted: a sorted sequence of shape []");
  throws([&] { tg::unique(x, {.dim = 1}); }, "unique: dimension 1 is out of range");
  throws([&] { tg::unique_consecutive(x, 1); }, "unique_consecutive: dimension 1 is out of range");
  throws([&] { tg::unique_consecutive(Tensor()); }, "unique_consecutive: the argument is");
  throws([&] { tg::searchsorted(x, x, {.sorter = x.to(tg::float32)}); },
         "searchsorted: the indices of the sorter must be int64");
  throws([&] { tg::searchsorted(x, x, {.sorter = tg::tensor({0})}); },
         "searchsorted: the sorter has shape [1] but the sequence has shape [2]");
  throws(
      [&] {
        tg::searchsorted(x, x, {.sorter = tg::tensor({0, 7})});
      },
      "searchsorted: index 7 at position [1] is out of range");
  throws([&] { tg::bucketize(x, tg::ones({1, 2})); }, "bucketize: the boundaries");
}
