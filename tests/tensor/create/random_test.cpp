#include "autograd/tensor/create/random.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <thread>
#include <vector>

#include "autograd/base/threads/parallel.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "tests/catch.h"
#include "tests/tensor/create/drawn.h"

using namespace drawn;
using namespace tapegrad;
using Catch::Matchers::ContainsSubstring;

namespace {

using Draw = Tensor (*)(std::int64_t n, Generator& generator);
/// Everything that draws `n` numbers one after the other.
const std::map<std::string, Draw> draws{
    {"rand", [](std::int64_t n, Generator& g) { return rand({n}, float32, g); }},
    {"rand float64", [](std::int64_t n, Generator& g) { return rand({n}, float64, g); }},
    {"randn", [](std::int64_t n, Generator& g) { return randn({n}, float32, g); }},
    {"randn float64", [](std::int64_t n, Generator& g) { return randn({n}, float64, g); }},
    {"randint", [](std::int64_t n, Generator& g) { return randint(-5, 1000, {n}, int64, g); }},
    {"randint float32",
     [](std::int64_t n, Generator& g) { return randint(0, 9, {n}, float32, g); }},
    {"bernoulli", [](std::int64_t n, Generator& g) { return bernoulli(0.3, {n}, float32, g); }},
    {"bernoulli bool",
     [](std::int64_t n, Generator& g) { return bernoulli(0.3, {n}, boolean, g); }},
    {"uniform_",
     [](std::int64_t n, Generator& g) {
       Tensor x = zeros({n});
       return uniform_(x, -2, 3, g);
     }},
    {"normal_",
     [](std::int64_t n, Generator& g) {
       Tensor x = zeros({n}, float64);
       return normal_(x, 1, 2, g);
     }},
    {"normal", [](std::int64_t n, Generator& g) { return normal(1, 2, {n}, float64, g); }},
    {"normal of tensors",
     [](std::int64_t n, Generator& g) { return normal(full({n}, 3.0), full({n}, 2.0), g); }},
    {"bernoulli of tensors",
     [](std::int64_t n, Generator& g) { return bernoulli(full({n}, 0.3), g); }},
    {"poisson", [](std::int64_t n, Generator& g) { return poisson(full({n}, 3.0), g); }},
    {"poisson, many",
     [](std::int64_t n, Generator& g) { return poisson(full({n}, 300.0, float64), g); }},
    {"exponential_",
     [](std::int64_t n, Generator& g) {
       Tensor x = zeros({n});
       return exponential_(x, 2, g);
     }},
    {"multinomial",
     [](std::int64_t n, Generator& g) {
       const Tensor weights = tensor({1.0, 2.0, 0.0, 5.0});
       return n == 0 ? zeros({0}) : multinomial(weights, n, true, g);
     }},
};

}  // namespace

TEST_CASE("the same seed gives the same numbers") {
  for (const auto& [name, draw] : draws) {
    CAPTURE(name);
    Generator a(7), b(7), c(8);
    const auto first = numbers(draw(100, a));
    CHECK(first == numbers(draw(100, b)));
    CHECK(first != numbers(draw(100, c)));
    // What comes next is new, and again the same for both.
    const auto second = numbers(draw(100, a));
    CHECK(first != second);
    CHECK(second == numbers(draw(100, b)));
  }
}

TEST_CASE("fewer numbers are a prefix of more") {
  for (const auto& [name, draw] : draws) {
    CAPTURE(name);
    Generator g(3);
    const auto many = numbers(draw(70000, g));
    for (std::int64_t n : {0, 1, 2, 3, 4, 5, 15, 16, 17, 1000, 65536, 69999}) {
      CAPTURE(n);
      g.set_position(0);
      const auto few = numbers(draw(n, g));
      CHECK(std::equal(few.begin(), few.end(), many.begin()));
    }
  }
}

TEST_CASE("numbers of a distribution do not depend on the number of threads", "[threads]") {
  for (const auto& [name, draw] : draws) {
    CAPTURE(name);
    Generator one(3), three(3);
    const auto alone = numbers(draw(70000, one));
    set_num_threads(3);
    const auto shared = numbers(draw(70000, three));
    set_num_threads(1);
    CHECK(alone == shared);
    CHECK(one.position() == three.position());
  }
}

TEST_CASE("a generator moves on by what was used, and can be put back") {
  for (const auto& [name, draw] : draws) {
    CAPTURE(name);
    Generator g(11);
    draw(0, g);
    CHECK(g.position() == 0);
    std::uint64_t before = 0;
    for (std::int64_t n : {1, 4, 5, 1000}) {
      draw(n, g);
      CHECK(g.position() > before);
      CHECK(g.position() <= before + static_cast<std::uint64_t>(n));
      CHECK(4 * (g.position() - before) >= static_cast<std::uint64_t>(n));  // words of a block
      before = g.position();
    }
    const Generator branch = g;
    const auto next = numbers(draw(10, g));
    Generator resumed(branch.seed());
    resumed.set_position(branch.position());
    CHECK(numbers(draw(10, resumed)) == next);
  }
}

TEST_CASE("shapes and element types") {
  CHECK(rand({2, 3}).shape() == Shape{2, 3});
  CHECK(rand({2, 3}).dtype() == float32);
  CHECK(randn({2, 3}, float64).dtype() == float64);
  CHECK(randint(0, 5, {2, 3}).dtype() == int64);
  CHECK(randint(0, 5, {2, 3}, float64).dtype() == float64);
  CHECK(randperm(4).dtype() == int64);
  CHECK(bernoulli(0.5, {2, 3}, boolean).dtype() == boolean);
  CHECK(rand({}).shape() == Shape{});
  CHECK(randn({0, 3}).shape() == Shape{0, 3});
  CHECK(randint(0, 2, {}).dim() == 0);
  CHECK(randperm(0).shape() == Shape{0});
  CHECK(rand(5).shape() == Shape{5});
}

TEST_CASE("random _like forms take shape and element type, but not the history") {
  Tensor like = zeros({2, 3}, float64);
  like.requires_grad_();
  Generator a(1), b(1);
  CHECK(numbers(rand_like(like, a)) == numbers(rand({2, 3}, float64, b)));
  CHECK(numbers(randn_like(like, a)) == numbers(randn({2, 3}, float64, b)));
  CHECK(numbers(randint_like(like, 0, 9, a)) == numbers(randint(0, 9, {2, 3}, float64, b)));
  CHECK(rand_like(like).shape() == Shape{2, 3});
  CHECK_FALSE(rand_like(like).requires_grad());
  CHECK_FALSE(randn_like(like).requires_grad());
  CHECK_THROWS_WITH(rand_like(zeros({2}, int64)),
                    "rand_like: the element type must be float32 or float64, not int64");
  CHECK_THROWS_AS(randn_like(Tensor()), ValueError);
}

TEST_CASE("random _like forms take another element type") {
  const Tensor like = zeros({2, 3}, int64);
  Generator a(3), b(3);
  CHECK(numbers(rand_like(like, float64, a)) == numbers(rand({2, 3}, float64, b)));
  CHECK(numbers(randn_like(like, float64, a)) == numbers(randn({2, 3}, float64, b)));
  CHECK(numbers(randint_like(like, 0, 9, float64, a)) ==
        numbers(randint(0, 9, {2, 3}, float64, b)));
  CHECK(rand_like(like, float32).dtype() == float32);
  CHECK(randint_like(zeros({2}), 0, 9, int64).dtype() == int64);
  CHECK_THROWS_AS(randn_like(zeros({2}), int64), DTypeError);
}

TEST_CASE("uniform numbers fill [0, 1)") {
  for (DType dtype : {float32, float64}) {
    Generator g(5);
    const Tensor x = rand({100000}, dtype, g);
    const auto all = numbers(x);
    CHECK(*std::min_element(all.begin(), all.end()) >= 0);
    CHECK(*std::max_element(all.begin(), all.end()) < 1);
    CHECK(moments(x).mean == Approx(0.5).margin(0.005));
    CHECK(moments(x).deviation == Approx(std::sqrt(1.0 / 12)).margin(0.005));
  }
}

TEST_CASE("normal numbers have mean 0 and deviation 1") {
  for (DType dtype : {float32, float64}) {
    Generator g(5);
    const Tensor x = randn({100000}, dtype, g);
    CHECK(moments(x).mean == Approx(0).margin(0.015));
    CHECK(moments(x).deviation == Approx(1).margin(0.015));
    const auto all = numbers(x);
    const auto within =
        std::count_if(all.begin(), all.end(), [](double v) { return std::abs(v) < 1; });
    CHECK(static_cast<double>(within) / 1e5 == Approx(0.6827).margin(0.01));
  }
}

TEST_CASE("integers cover their range and nothing else") {
  const auto all = values<std::int64_t>(randint(-2, 3, {1000}));
  CHECK(std::set<std::int64_t>(all.begin(), all.end()) == std::set<std::int64_t>{-2, -1, 0, 1, 2});
  CHECK(values<std::int64_t>(randint(7, 8, {3})) == std::vector<std::int64_t>{7, 7, 7});
  Generator a(2), b(2);
  CHECK(numbers(randint(0, 100, {50}, int64, a)) == numbers(randint(0, 100, {50}, float32, b)));
  constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
  constexpr auto highest = std::numeric_limits<std::int64_t>::max();
  CHECK(randint(lowest, highest, {10}).numel() == 10);
}

TEST_CASE("randperm has each number once") {
  for (std::int64_t n : {1, 2, 10, 1000}) {
    auto all = values<std::int64_t>(randperm(n));
    std::sort(all.begin(), all.end());
    CHECK(all == values<std::int64_t>(arange(n)));
  }
  Generator g(1);
  CHECK(values<std::int64_t>(randperm(100, g)) != values<std::int64_t>(arange(100)));
}

TEST_CASE("bernoulli gives ones as often as asked") {
  CHECK(moments(bernoulli(0.3, {100000})).mean == Approx(0.3).margin(0.01));
  CHECK(moments(bernoulli(0, {1000})).mean == 0);
  CHECK(moments(bernoulli(1, {1000})).mean == 1);
  Generator a(2), b(2);
  CHECK(numbers(bernoulli(0.5, {50}, boolean, a)) == numbers(bernoulli(0.5, {50}, float64, b)));
}

TEST_CASE("uniform_ and normal_ fill in place and raise the version") {
  Tensor x = zeros({1000}, float64);
  Tensor& returned = uniform_(x, -3, 5);
  CHECK(&returned == &x);
  CHECK(x.version() == 1);
  const auto all = numbers(x);
  CHECK(*std::min_element(all.begin(), all.end()) >= -3);
  CHECK(*std::min_element(all.begin(), all.end()) < -2.8);
  CHECK(*std::max_element(all.begin(), all.end()) < 5);
  CHECK(*std::max_element(all.begin(), all.end()) > 4.8);

  normal_(x, 10, 0.5);
  CHECK(x.version() == 2);
  CHECK(moments(x).mean == Approx(10).margin(0.1));
  CHECK(moments(x).deviation == Approx(0.5).margin(0.05));
  CHECK(numbers(normal_(x, 3, 0)) == std::vector<double>(1000, 3));
  CHECK(numbers(uniform_(x, 2, 2)) == std::vector<double>(1000, 2));

  Tensor none = zeros({0});
  CHECK(normal_(none).numel() == 0);
}

TEST_CASE("a change in place that a gradient does not expect is an error") {
  Tensor leaf = zeros({3});
  leaf.requires_grad_();
  Generator g(1);
  CHECK_THROWS_WITH(uniform_(leaf, 0, 1, g), ContainsSubstring("uniform_: "));
  CHECK_THROWS_AS(normal_(leaf, 0, 1, g), GradError);
  CHECK(numbers(leaf) == std::vector<double>{0, 0, 0});
  CHECK(leaf.version() == 0);
  CHECK(g.position() == 0);
  {
    NoGrad no_grad;
    normal_(leaf, 0, 1, g);
    CHECK(g.position() > 0);
  }

  Tensor saved = ones({3});
  const Tensor y = leaf * saved;
  uniform_(saved);
  CHECK_THROWS_AS(y.sum().backward(), GradError);
}

TEST_CASE("arguments that make no sense change nothing") {
  Generator g(1);
  CHECK_THROWS_WITH(randint(5, 5, {2}, int64, g),
                    "randint: there are no numbers from 5 to below 5");
  CHECK_THROWS_AS(randint(5, 5, {2}, int64, g), ValueError);
  CHECK_THROWS_AS(randint(5, 4, {2}, int64, g), ValueError);
  CHECK_THROWS_AS(randint(0, 2, {2}, boolean, g), DTypeError);
  CHECK_THROWS_WITH(randint(0, (1 << 24) + 2, {2}, float32, g), ContainsSubstring("use int64"));
  CHECK(randint(0, (1 << 24) + 1, {2}, float32, g).numel() == 2);
  g.set_position(0);
  CHECK_THROWS_WITH(bernoulli(-0.1, {2}, float32, g),
                    "bernoulli: p must be a probability, in [0, 1], but is -0.1");
  CHECK_THROWS_AS(bernoulli(1.1, {2}, float32, g), ValueError);
  CHECK_THROWS_AS(bernoulli(NAN, {2}, float32, g), ValueError);
  CHECK_THROWS_AS(bernoulli(0.5, {2}, int64, g), DTypeError);
  CHECK_THROWS_WITH(randn({2}, int64, g),
                    "randn: the element type must be float32 or float64, not int64");
  CHECK_THROWS_AS(randn({2}, int64, g), DTypeError);
  CHECK_THROWS_AS(rand({2}, boolean, g), DTypeError);
  CHECK_THROWS_WITH(rand({2, -1}, float32, g), ContainsSubstring("rand: "));
  CHECK_THROWS_AS(rand({2, -1}, float32, g), ShapeError);
  CHECK_THROWS_AS(randn({std::int64_t{1} << 40, std::int64_t{1} << 40}, float32, g), ShapeError);
  CHECK_THROWS_AS(randperm(-1, g), ShapeError);

  Tensor x = zeros({2});
  CHECK_THROWS_AS(uniform_(x, 1, 0, g), ValueError);
  CHECK_THROWS_AS(uniform_(x, 0, INFINITY, g), ValueError);
  CHECK_THROWS_AS(uniform_(x, NAN, 1, g), ValueError);
  CHECK_THROWS_AS(uniform_(x, -3e38, 3e38, g), ValueError);  // the width is no float32
  CHECK_THROWS_AS(normal_(x, 0, -1, g), ValueError);
  CHECK_THROWS_AS(normal_(x, NAN, 1, g), ValueError);
  CHECK_THROWS_AS(normal_(x, 0, INFINITY, g), ValueError);
  CHECK(numbers(x) == std::vector<double>{0, 0});
  CHECK(x.version() == 0);
  Tensor integers = zeros({2}, int64);
  CHECK_THROWS_WITH(uniform_(integers, 0, 1, g),
                    ContainsSubstring("uniform_: needs a float32 or float64 tensor, not int64"));
  CHECK_THROWS_AS(normal_(integers, 0, 1, g), DTypeError);
  CHECK(g.position() == 0);
}

TEST_CASE("manual_seed restarts the generator of this thread only", "[threads]") {
  manual_seed(42);
  CHECK(default_generator().seed() == 42);
  CHECK(default_generator().position() == 0);
  const auto first = numbers(randn({10}));
  std::vector<double> other;
  std::thread([&] {
    manual_seed(42);
    other = numbers(randn({10}));
    randn({1000});
  }).join();
  CHECK(other == first);
  const auto second = numbers(randn({10}));
  CHECK(second != first);
  manual_seed(42);
  CHECK(numbers(randn({10})) == first);
  CHECK(numbers(randn({10})) == second);
  manual_seed(0);
}

TEST_CASE("threads that were never seeded draw from streams of their own", "[threads]") {
  rand({1});  // so that the first stream is taken
  const auto in_new_thread = [](const auto& f) { std::thread(f).join(); };
  std::vector<std::vector<double>> drawn;
  std::uint64_t stream = 0;
  const auto draw = [&] {
    drawn.push_back(numbers(randn({10})));
    stream = default_generator().stream();
  };
  in_new_thread(draw);
  const std::uint64_t first = stream;
  CHECK(first > 0);
  in_new_thread([] {});  // draws nothing and takes no number
  set_num_threads(3);
  Generator seeded(1);
  randn({1 << 20}, float32, seeded);  // nor do the threads of the pool
  set_num_threads(1);
  in_new_thread(draw);
  CHECK(stream == first + 1);
  CHECK(drawn[0] != drawn[1]);

  // The number of the stream says it all; no seed gives the same numbers as another stream.
  for (std::uint64_t i : {0, 1}) {
    Generator same(0, first + i), other(first + i);
    CHECK(numbers(randn({10}, float32, same)) == drawn[i]);
    CHECK(numbers(randn({10}, float32, other)) != drawn[i]);
  }
  Generator none(0);
  CHECK(numbers(randn({10}, float32, none)) != drawn[0]);
}

TEST_CASE("streams of one seed differ, and stream 0 is the seed's own") {
  Generator plain(9), zero(9, 0), one(9, 1);
  const auto numbers_of = [](Generator& g) { return numbers(rand({7}, float64, g)); };
  const auto expected = numbers_of(plain);
  CHECK(numbers_of(zero) == expected);
  CHECK(numbers_of(one) != expected);
  CHECK(one.stream() == 1);
  CHECK(one.seed() == 9);
  CHECK(one.position() == plain.position());
}
