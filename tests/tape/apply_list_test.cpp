// Operators with any number of inputs, with several outputs, and with values that they keep.

#include <stdexcept>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/point_gradients.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;

namespace {

/// The product of all inputs; its rule reads them.
struct Product {
  static constexpr const char* name = "product";
  static constexpr tg::Reads reads = tg::kA;
  Tensor forward(std::span<const Tensor> x) const {
    Tensor y = x[0];
    for (std::size_t i = 1; i < x.size(); ++i) y = y * x[i];
    return y;
  }
  Tensor vjp(std::size_t i, const Tensor& g, const tg::SavedList& x, auto) const {
    Tensor result = g;
    for (std::size_t k = 0; k < x.size(); ++k) {
      if (k != i) result = result * x[k];
    }
    return result;
  }
};

/// Sine, cosine, and where the sine is positive, which has no gradient. Each rule reads the other
/// output.
struct SinCos {
  static constexpr const char* name = "sincos";
  static constexpr tg::Reads reads = tg::kY;
  std::vector<Tensor> forward(std::span<const Tensor> x) const {
    return {tg::sin(x[0]), tg::cos(x[0]), tg::sin(x[0]) > 0};
  }
  Tensor vjp(std::size_t, std::span<const Tensor> g, auto, const tg::SavedList& y) const {
    Tensor result = tg::zeros({}, tg::float64);
    if (g[0].defined()) result = result + g[0] * y[1];
    if (g[1].defined()) result = result - g[1] * y[0];
    return result;
  }
};

/// Sine and cosine, with a rule that fails when it is told to.
struct FailingSinCos : SinCos {
  static constexpr bool opaque = true;
  bool* fails;
  explicit FailingSinCos(bool* told) : fails(told) {}
  Tensor vjp(std::size_t i, std::span<const Tensor> g, auto x, const tg::SavedList& y) const {
    if (*fails) throw std::runtime_error("told to fail");
    return SinCos::vjp(i, g, x, y);
  }
};

/// Sine and cosine, of an operator that cannot be moved to where its record is.
struct UnmovableSinCos : SinCos {
  UnmovableSinCos() = default;
  UnmovableSinCos(UnmovableSinCos&&) { throw std::runtime_error("not moved"); }
};

/// x, by an operator with members that need an address of their own kind.
struct Aligned {
  static constexpr const char* name = "aligned";
  static constexpr bool opaque = true;
  static constexpr tg::Reads reads[] = {tg::kNone};
  alignas(64) double factor = 3;
  Tensor forward(const Tensor& x) const { return x * factor; }
  Tensor vjp(const Tensor& g, auto, auto) const {
    CHECK(reinterpret_cast<std::uintptr_t>(&factor) % 64 == 0);
    return g * factor;
  }
};

/// x y, with rules that read a kept copy of the other operand, fused or not.
struct KeptProduct {
  static constexpr const char* name = "kept_product";
  static constexpr bool opaque = true;
  static constexpr tg::Reads reads[] = {tg::kKept | tg::kB, tg::kA}, fused = tg::kA;
  static constexpr std::size_t kept_values = 1;
  int* fused_calls;
  Tensor forward(const Tensor& x, const Tensor& y, tg::Kept<1>& kept) const {
    kept[0] = y.clone();
    return x * y;
  }
  Tensor vjp_a(const Tensor& g, auto, const Tensor& y, auto, const tg::Kept<1>&) const {
    return g * y;
  }
  Tensor vjp_fused_a(const Tensor& g, auto, const Tensor&, auto, const tg::Kept<1>& kept) const {
    ++*fused_calls;
    return g * kept[0];
  }
  Tensor vjp_b(const Tensor& g, const Tensor& x, auto, auto, auto) const { return g * x; }
};

/// x^2, whose rule reads a kept value that is the input itself.
struct KeepsInput {
  static constexpr const char* name = "keeps_input";
  static constexpr tg::Reads reads[] = {tg::kKept};
  static constexpr std::size_t kept_values = 1;
  static Tensor forward(const Tensor& x, tg::Kept<1>& kept) {
    kept[0] = x;
    return x * x;
  }
  static Tensor vjp(const Tensor& g, auto, auto, const tg::Kept<1>& kept) {
    return g * 2 * kept[0];
  }
};

/// e^x as one output of a list, whose rule reads it.
struct ExpInList {
  static constexpr const char* name = "exp_in_list";
  static constexpr tg::Reads reads = tg::kY;
  static std::vector<Tensor> forward(std::span<const Tensor> x) { return {tg::exp(x[0])}; }
  static Tensor vjp(std::size_t, std::span<const Tensor> g, auto, const tg::SavedList& y) {
    return g[0] * y[0];
  }
};

/// Walks, in its rule, over its own record, and lets go of it.
struct ReleasesItself {
  static constexpr const char* name = "releases_itself";
  static constexpr bool opaque = true;
  static constexpr tg::Reads reads[] = {tg::kNone};
  Tensor* after;
  Tensor source;
  Tensor forward(const Tensor& x) const { return x * 1; }
  Tensor vjp(const Tensor& g, auto, auto) const {
    if (after->defined()) tg::grad({std::exchange(*after, Tensor())}, {source});
    return g * 1;
  }
};

/// The sum of six inputs, each times its number.
struct Six {
  static constexpr const char* name = "six";
  static constexpr tg::Reads reads[] = {tg::kNone, tg::kNone, tg::kNone, tg::kNone, tg::kF, tg::kE};
  Tensor forward(const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& d,
                 const Tensor& e, const Tensor& f) const {
    return a + 2 * b + 3 * c + 4 * d + e * f;
  }
  template <class... Rest>
  Tensor vjp_a(const Tensor& g, Rest...) const {
    return g;
  }
  template <class... Rest>
  Tensor vjp_b(const Tensor& g, Rest...) const {
    return g * 2;
  }
  template <class... Rest>
  Tensor vjp_c(const Tensor& g, Rest...) const {
    return g * 3;
  }
  template <class... Rest>
  Tensor vjp_d(const Tensor& g, Rest...) const {
    return g * 4;
  }
  Tensor vjp_e(const Tensor& g, auto, auto, auto, auto, auto, const Tensor& f, auto) const {
    return g * f;
  }
  Tensor vjp_f(const Tensor& g, auto, auto, auto, auto, const Tensor& e, auto, auto) const {
    return g * e;
  }
};

/// Asks in its rule for a gradient through pieces that the walk around it is at.
struct WalksAgain {
  static constexpr const char* name = "walks_again";
  static constexpr bool opaque = true;
  static constexpr tg::Reads reads[] = {tg::kNone};
  Tensor inner, source;
  Tensor forward(const Tensor& x) const { return x * 1; }
  Tensor vjp(const Tensor& g, auto, auto) const {
    return g * tg::grad({inner}, {source}, {.retain_graph = true})[0].sum();
  }
};

std::vector<Tensor> sincos(const Tensor& x) { return tg::apply(SinCos{}, {&x, 1}); }

Tensor matrix(std::int64_t rows, std::int64_t columns) {
  return tg::arange(rows * columns).to(tg::float64).reshape({rows, columns}).detach();
}

}  // namespace

TEST_CASE("an operator that cannot be moved onto the tape leaves nothing there") {
  const Tensor x = leaf({1, 2});
  const std::int64_t tensors = tg::live_tensors(), records = tg::live_records();
  CHECK_THROWS_AS(tg::apply(UnmovableSinCos(), std::vector<Tensor>{x}), std::runtime_error);
  CHECK(tg::live_tensors() == tensors);
  CHECK(tg::live_records() == records);
}

TEST_CASE("an operator's members are aligned on the tape as they say") {
  const Tensor x = leaf({1, 2});
  tg::apply(Aligned{}, x).sum().backward();
  check_values("x", x.grad(), {3, 3});
}

TEST_CASE("an operator takes any number of inputs, and its rule reads them") {
  const std::vector<Tensor> x{leaf({2, 3}), leaf({5, 7}), leaf({11, 13})};
  const auto product = [](const std::vector<Tensor>& in) { return tg::apply(Product{}, in); };
  product(x).sum().backward();
  check_values("first", x[0].grad(), {55, 91});
  check_values("last", x[2].grad(), {10, 21});
  CHECK(tg::gradcheck(product, x).ok);
  CHECK(tg::gradgradcheck(product, x).ok);
  CHECK(tg::records(product(x))[0].bytes_saved == 3 * 16);
}

TEST_CASE("an operator with more than four inputs has a rule for each") {
  const std::vector<Tensor> x{leaf({1}), leaf({2}), leaf({3}), leaf({4}), leaf({5}), leaf({6})};
  const auto six = [](const std::vector<Tensor>& in) {
    return tg::apply(Six{}, in[0], in[1], in[2], in[3], in[4], in[5]);
  };
  const std::vector<Tensor> g = tg::grad({six(x)}, x);
  for (std::size_t i = 0; i < 6; ++i)
    check_values("input", g[i], {std::vector<double>{1, 2, 3, 4, 6, 5}[i]});
  CHECK(tg::gradgradcheck(six, x).ok);
}

TEST_CASE("several outputs: each hands on its gradient, those without take no part") {
  const Tensor x = leaf({0.5, -1});
  const std::vector<Tensor> y = sincos(x);
  REQUIRE(y.size() == 3);
  CHECK(y[2].dtype() == tg::boolean);
  CHECK_FALSE(y[2].requires_grad());
  const auto g = [&](const Tensor& of) {
    return tg::grad({of.sum()}, {x}, {.retain_graph = true})[0];
  };
  check_values("sine", g(y[0]), {std::cos(0.5), std::cos(-1.0)});
  check_values("cosine", g(y[1]), {-std::sin(0.5), -std::sin(-1.0)});
  check_values("both", g(y[0] * 2 + y[1]),
               {2 * std::cos(0.5) - std::sin(0.5), 2 * std::cos(-1.0) - std::sin(-1.0)});
  for (const std::size_t i : {0u, 1u}) {
    const auto f = [i](const Tensor& v) { return sincos(v)[i]; };
    CHECK(tg::gradcheck(f, x).ok);
    CHECK(tg::gradgradcheck(f, x).ok);
  }
  const auto both = [](const Tensor& v) {
    const std::vector<Tensor> s = sincos(v);
    return s[0] * s[1] + s[0];
  };
  const auto second = tg::gradgradcheck(both, x);
  INFO(second.message());
  CHECK(second.ok);
}

TEST_CASE("several outputs: outputs may be asked for gradients, keep them, and be dropped") {
  const Tensor x = leaf({1, 2, 3, 4});
  const std::int64_t before = tg::live_records();
  {
    std::vector<Tensor> piece = tg::split(x * 1, 2);
    CHECK(tg::live_records() - before == 4);  // mul, split and its two outputs
    const Tensor loss = (piece[0] * piece[1]).sum();
    check_values("piece", tg::grad({loss}, {piece[0]}, {.retain_graph = true})[0], {3, 4});
    piece[1].retain_grad();
    loss.backward();
    check_values("kept", piece[1].grad(), {1, 2});
    check_values("x", x.grad(), {3, 4, 1, 2});
    CHECK_THROWS_WITH(piece[0].sum().backward(),
                      ContainsSubstring("the graph of 'split' (output [2]) was released"));
  }
  CHECK(tg::live_records() == before);
  const Tensor last = tg::split(x * 1, 1).back();
  check_values("one of four", tg::grad(last.sum(), x), {0, 0, 0, 1});
}

TEST_CASE("several outputs: a walk within a walk leaves the cotangents of the outer one") {
  const Tensor x = leaf({1, 2, 3, 4});
  const std::vector<Tensor> piece = tg::split(x, 2);
  const Tensor again = tg::apply(WalksAgain{piece[0].sum(), x}, piece[0] * 3);
  ((piece[1] * 5).sum() + again.sum()).backward();
  // The inner gradient is [1, 1, 0, 0], whose sum is 2.
  check_values("x", x.grad(), {6, 6, 5, 5});
}

TEST_CASE(
    "several outputs: an error in a rule leaves gradients as they were, and no parts behind") {
  const Tensor x = leaf({1, 2, 3, 4});
  const std::vector<Tensor> piece = tg::split(tg::sqrt(x), 2);
  Tensor second = piece[1].detach();
  const Tensor y = (piece[0] * piece[1]).sum();
  second.write<double>([](std::span<double> data) { data[0] = 0; });
  CHECK_THROWS_AS(y.backward({.retain_graph = true}), tg::GradError);
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("several outputs: what a rule reads of an output is that output") {
  const Tensor x = leaf({0, 0});
  for (const bool held : {true, false}) {
    Tensor z = tg::apply(ExpInList{}, {&x, 1})[0];
    const Tensor first = tg::grad({z.sum()}, {x}, {.create_graph = true})[0];
    if (held) {
      check_values("z", tg::grad({first.sum()}, {z}, {.retain_graph = true})[0], {1, 1});
      check_values("z", tg::grad({(first + z).sum()}, {z}, {.retain_graph = true})[0], {2, 2});
      z.retain_grad();
      (first + z).sum().backward({.retain_graph = true});
      check_values("z kept", z.grad(), {2, 2});
    } else {
      z = Tensor();  // its entry on the tape goes, and the rule makes another
    }
    check_values("x", tg::grad({first.sum()}, {x}, {.create_graph = true})[0], {1, 1});
  }
}

TEST_CASE("a rule that releases its own record is an error") {
  const Tensor x = leaf({1, 2});
  Tensor after;
  const Tensor y = tg::apply(ReleasesItself{&after, x}, x * 1);
  after = y.sum();
  CHECK_THROWS_WITH(y.sum().backward(), ContainsSubstring("'releases_itself' (output [2]) was"));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("kept values are counted, released, and read by the rules that say so") {
  const Tensor x = leaf({2, 3}), y = leaf({5, 7});
  int calls = 0;
  const auto f = [&](const std::vector<Tensor>& in) {
    return tg::apply(KeptProduct{&calls}, in[0], in[1]);
  };
  CHECK(tg::records(f({x, y}))[0].bytes_saved == 3 * 16);
  CHECK(tg::records(f({x.detach(), y}))[0].bytes_saved == 16);  // its rule reads x alone
  f({x, y}).sum().backward();
  CHECK(calls == 1);
  check_values("x", x.grad(), {5, 7});
  tg::grad({f({x, y}).sum()}, {x}, {.create_graph = true});
  CHECK(calls == 1);
  CHECK(tg::gradgradcheck(f, {x, y}).ok);
  const std::int64_t before = tg::memory_stats().live_tensors;
  { const Tensor unused = f({x, y}); }
  CHECK(tg::memory_stats().live_tensors == before);
}

TEST_CASE("no gradient flows to a kept value, even where that is an input") {
  const Tensor leaf_input = leaf({3}), made = leaf_input * 1;
  for (const Tensor& x : {leaf_input, made}) {
    const Tensor y = tg::apply(KeepsInput{}, x);
    const Tensor first = tg::grad({y}, {leaf_input}, {.create_graph = true})[0];
    check_values("first", first, {6});
    CHECK_FALSE(first.requires_grad());
  }
}

TEST_CASE("one output in a list is listed by its shape") {
  const Tensor x = leaf({1, 2, 3, 4});
  const tg::RecordInfo split = tg::records(tg::split(x, 4)[0])[0];
  CHECK(split.outputs == 1);
  CHECK(split.shape == tg::Shape(4));
}

TEST_CASE("what layer_norm and cross_entropy keep stands in the listing") {
  const Tensor x = tg::randn({4, 3}).requires_grad_();
  // The input, and two numbers and a scale for each row.
  CHECK(tg::records(tg::layer_norm(x, 3))[1].bytes_saved == 4 * 3 * 4 + 3 * 4 * 4);
  // The logits, the classes, and two numbers for each row.
  CHECK(tg::records(tg::cross_entropy(x, tg::tensor({0, 1, 2, 0})))[0].bytes_saved ==
        4 * 3 * 4 + 4 * 8 + 2 * 4 * 4);
}

TEST_CASE("pieces add to the gradient of what they were taken from, wherever they lie") {
  for (const bool create_graph : {false, true}) {
    const Tensor x = matrix(3, 4).requires_grad_();
    Tensor sum = tg::zeros({}, tg::float64), expected = tg::zeros({3, 4}, tg::float64);
    const auto add = [&](const Tensor& part, const Tensor& mask) {
      sum = sum + tg::square(part).sum();
      expected = expected + 2 * x.detach() * mask;
    };
    const Tensor one = tg::ones({3, 4}, tg::float64), row = tg::arange(3).reshape({3, 1});
    const Tensor column = tg::arange(4).reshape({1, 4});
    for (int i = 0; i < 3; ++i) add(x[i], one * (row == i));
    for (int i = 0; i < 4; ++i) add(x.select(1, i), one * (column == i));
    add(x.narrow(1, 1, 2), one * ((column == 1) | (column == 2)));
    add(x.narrow(0, 1, 2), one * (row >= 1));
    add(x, one);
    const Tensor g = tg::grad(sum, x, {.create_graph = create_graph});
    CHECK(tg::allclose(g, expected));
  }
}

TEST_CASE("a piece is not added to a gradient that others see, or that is of another type") {
  const Tensor x = leaf({1, 2, 3});
  x.sum().backward();
  const Tensor seen = x.grad();
  x[1].backward();
  check_values("seen", seen, {1, 1, 1});
  check_values("x", x.grad(), {1, 2, 1});
}

TEST_CASE("an output that a failed walk released is read all the same, also when it is gone") {
  const bool gone = GENERATE(false, true);
  const Tensor x = leaf({0.5});
  bool fails = true;
  std::vector<Tensor> y = tg::apply(FailingSinCos{&fails}, std::vector<Tensor>{x});
  CHECK_THROWS_AS(y[0].sum().backward(), std::runtime_error);
  if (gone) y[0] = Tensor();
  fails = false;
  const Tensor first = tg::grad(y[1].sum(), x, {.create_graph = true});
  check_values("x", first, {-std::sin(0.5)});
  check_values("x", tg::grad(first, x), {-std::cos(0.5)});
}
