// The result of an operator may take the memory of an operand that is a temporary. It must not
// where anybody can still see that, or a rule reads it.

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/point_gradients.h"

using namespace point_gradients;

namespace {

const void* memory_of(const Tensor& x) {
  return reinterpret_cast<const void*>(tapegrad::detail::impl_of(x)->address());
}

/// An expression of three vectors, written with temporaries and with names.
struct Pair {
  const char* name;
  Tensor (*temporaries)(const Tensor& x, const Tensor& y, const Tensor& z);
  Tensor (*names)(const Tensor& x, const Tensor& y, const Tensor& z);
};

using T = const Tensor&;
const Pair kPairs[] = {
    {"tanh(x * y + z)", [](T x, T y, T z) { return tg::tanh(x * y + z); },
     [](T x, T y, T z) {
       const Tensor xy = x * y;
       const Tensor sum = xy + z;
       return tg::tanh(sum);
     }},
    {"exp(x) * exp(y) / exp(z)", [](T x, T y, T z) { return tg::exp(x) * tg::exp(y) / tg::exp(z); },
     [](T x, T y, T z) {
       const Tensor ex = tg::exp(x), ey = tg::exp(y), ez = tg::exp(z);
       const Tensor product = ex * ey;
       return product / ez;
     }},
    {"2 * (x - y) / (1 + z * z)", [](T x, T y, T z) { return 2 * (x - y) / (1 + z * z); },
     [](T x, T y, T z) {
       const Tensor difference = x - y, square = z * z;
       const Tensor twice = 2 * difference, below = 1 + square;
       return twice / below;
     }},
    {"(x + y) * (x + y) - -z", [](T x, T y, T z) { return (x + y) * (x + y) - -z; },
     [](T x, T y, T z) {
       const Tensor a = x + y, b = x + y, minus = -z;
       const Tensor product = a * b;
       return product - minus;
     }},
    {"square(relu(x + 1)) * sigmoid(-y) + abs(z - 3)",
     [](T x, T y, T z) { return tg::square(tg::relu(x + 1)) * tg::sigmoid(-y) + tg::abs(z - 3); },
     [](T x, T y, T z) {
       const Tensor a = x + 1, c = -y, e = z - 3;
       const Tensor b = tg::relu(a), d = tg::sigmoid(c), f = tg::abs(e);
       const Tensor s = tg::square(b);
       const Tensor product = s * d;
       return product + f;
     }},
    {"x + (y + 1) of another shape",
     [](T x, T y, T z) { return tg::unsqueeze(x, 1) * (y + 1) + (tg::sum(z) + 1) * (x - 1); },
     [](T x, T y, T z) {
       const Tensor column = tg::unsqueeze(x, 1), y1 = y + 1, total = tg::sum(z), x1 = x - 1;
       const Tensor a = column * y1, t1 = total + 1;
       const Tensor b = t1 * x1;
       return a + b;
     }},
};

}  // namespace

TEST_CASE("expressions have the values and gradients that they have by name") {
  const Tensor x = leaf({0.5, -0.25, 1.5}), y = leaf({1.25, 0.75, -0.5}), z = leaf({2, -1, 0.3});
  for (const Pair& pair : kPairs) {
    INFO(pair.name);
    const Tensor value = pair.temporaries(x, y, z), by_name = pair.names(x, y, z);
    CHECK(tg::equal(value, by_name));
    const auto gradients = tg::grad({value.sum()}, {x, y, z});
    const auto expected = tg::grad({by_name.sum()}, {x, y, z});
    for (std::size_t i = 0; i < 3; ++i) CHECK(tg::equal(gradients[i], expected[i]));
    {
      const tg::NoGrad no_grad;
      CHECK(tg::equal(pair.temporaries(x, y, z), by_name));
    }
    const tg::GradcheckResult result = tg::gradcheck(
        [&](const std::vector<Tensor>& in) { return pair.temporaries(in[0], in[1], in[2]); },
        {x, y, z}, {.second_order = true});
    INFO(result.message());
    CHECK(result.ok);
  }
}

TEST_CASE("a temporary lends its memory") {
  for (const bool recorded : {false, true}) {
    const Tensor x = leaf({0.25, 0.5}).detach().requires_grad_(recorded);
    const Tensor y = leaf({1, -1}).detach();
    Tensor t = x * y;
    const void* memory = memory_of(t);
    Tensor u = std::move(t) + y;
    CHECK(memory_of(u) == memory);
    CHECK_FALSE(t.defined());
    Tensor v = y - std::move(u);
    CHECK(memory_of(v) == memory);
    Tensor w = tg::tanh(-std::move(v));
    CHECK(memory_of(w) == memory);
    CHECK(w.version() == 0);
    check_values("w", w, {std::tanh(0.25), std::tanh(-0.5)});
    CHECK(w.requires_grad() == recorded);
    if (!recorded) continue;
    tg::sum(w).backward();
    check_values("x", x.grad(),
                 {1 - std::pow(std::tanh(0.25), 2), std::pow(std::tanh(0.5), 2) - 1});
  }
}

TEST_CASE("layers lend what they were given by the layer before") {
  const void* memory = nullptr;
  const auto look = [&](const Tensor& h) {
    memory = memory_of(h);
    return h;
  };
  const tg::nn::Sequential net{tg::nn::Linear(2, 3), tg::nn::stateless(look),
                               tg::nn::Sequential{tg::relu}, tg::nn::Tanh(), tg::nn::ELU()};
  const Tensor x = tg::ones({4, 2});
  const tg::NoGrad no_grad;
  const Tensor y = net(x);
  CHECK(memory_of(y) == memory);
  CHECK(tg::equal(x, tg::ones({4, 2})));
}

TEST_CASE("memory that somebody sees is not lent") {
  const Tensor x = leaf({1, 2}), y = leaf({3, 4}).detach();
  const auto check_kept = [](Tensor t, const auto& see) {
    const std::vector<double> values = values_of(t);
    const void* memory = memory_of(t);
    const auto seen = see(t);
    const Tensor u = std::move(t) + 1;
    CHECK(memory_of(u) != memory);
    check_values("kept", seen.detach(), values);
  };
  check_kept(x * y, [](const Tensor& t) { return t; });                    // another handle
  check_kept(x * y, [](const Tensor& t) { return t.detach(); });           // a view
  check_kept(x * y, [](const Tensor& t) { return tg::reshape(t, {2}); });  // a recorded view
  check_kept(tg::ones({2}), [](const Tensor& t) { return tg::reshape(t, {2}); });

  // A leaf that collects a gradient: also the record of the operator holds it.
  Tensor own = leaf({1, 2});
  const void* memory = memory_of(own);
  const Tensor u = std::move(own) + 1;
  CHECK(memory_of(u) != memory);

  // What a rule reads.
  Tensor e = tg::exp(x);
  memory = memory_of(e);
  const Tensor f = std::move(e) + 1;
  CHECK(memory_of(f) != memory);
  Tensor t = x + y;
  memory = memory_of(t);
  const Tensor square = tg::square(std::move(t));
  CHECK(memory_of(square) != memory);
  tg::sum(f * square).backward();
  const auto derivative = [](double v, double w) {
    return std::exp(v) * (v + w) * (v + w) + (std::exp(v) + 1) * 2 * (v + w);
  };
  check_values("x", x.grad(), {derivative(1, 3), derivative(2, 4)});
}

TEST_CASE("a tensor may be moved into an operator that has it twice") {
  const Tensor x = leaf({2, 4});
  Tensor a = x * 3, b = x * 3;
  const Tensor quotient = std::move(a) / a;  // NOLINT: this is what is tested
  const Tensor product = b * std::move(b);
  check_values("1", quotient, {1, 1});
  check_values("b^2", product, {36, 144});
  tg::sum(quotient + product).backward();
  check_values("x", x.grad(), {36, 72});
}

TEST_CASE("a tensor that keeps its gradient is not lent") {
  const Tensor x = leaf({1, 2});
  Tensor h = x * 3;
  h.retain_grad();
  const Tensor same = h;
  tg::sum(std::move(h) * 2).backward();
  check_values("h", same.grad(), {2, 2});
  Tensor gone = x * 3;
  gone.retain_grad();
  const Tensor y = std::move(gone) + 1;
  tg::sum(y).backward();
  check_values("y", y, {4, 7});
  CHECK_FALSE(y.grad().defined());
}

TEST_CASE("a tensor that was changed in place may be lent") {
  const Tensor x = leaf({1, 2});
  Tensor t = x * 0.25;
  t.add_(0.5);
  const void* memory = memory_of(t);
  const Tensor y = tg::tanh(std::move(t));
  CHECK(memory_of(y) == memory);
  CHECK(y.version() == 0);
  tg::sum(y).backward();
  check_values(
      "x", x.grad(),
      {0.25 * (1 - std::pow(std::tanh(0.75), 2)), 0.25 * (1 - std::pow(std::tanh(1.0), 2))});
}

TEST_CASE("inside NoGrad a recorded temporary loses its history") {
  const std::int64_t before = tg::live_records();
  const Tensor x = leaf({1, 2});
  Tensor t = x + 1;
  const tg::NoGrad no_grad;
  const Tensor y = tg::relu(std::move(t));
  CHECK_FALSE(y.requires_grad());
  CHECK(y.is_leaf());
  CHECK(tg::live_records() == before);
  check_values("y", y, {2, 3});
}

TEST_CASE("a result of another shape or type takes no operand's memory") {
  Tensor row = tg::ones({2}), integers = tg::arange(2), truths = tg::ones({2}) == 1;
  const Tensor matrix = std::move(row) + tg::ones({3, 2});
  CHECK(matrix.shape() == tg::Shape{3, 2});
  const Tensor sum = std::move(integers) + 0.5;
  CHECK(sum.dtype() == tg::float32);
  check_values("sum", sum, {0.5, 1.5});
  const Tensor roots = tg::sqrt(tg::arange(2) + 3);
  check_values("roots", roots, {std::sqrt(3.0), 2});
  const Tensor either = std::move(truths) + (tg::ones({2}) == 0);
  CHECK(either.dtype() == tg::boolean);
  check_values("double", tg::ones({2}) * 1.0 + tg::ones({2}, tg::float64), {2, 2});
}

TEST_CASE("an operator that fails leaves the operand that it was given") {
  Tensor t = tg::ones({2}) * 3;
  CHECK_THROWS_AS(std::move(t) + tg::ones({3}), tg::ShapeError);
  check_values("t", t, {3, 3});
  const Tensor y = std::move(t) - 1;
  check_values("y", y, {2, 2});
}

namespace {

/// One line of a random program: an operator on two earlier values, and whether its result is then
/// changed in place.
struct Line {
  unsigned operation, first, second;
  bool in_place, recorded;
};

template <class A, class B>
Tensor compute(unsigned operation, A&& a, B&& b) {
  switch (operation) {
    case 0:
      return std::forward<A>(a) + std::forward<B>(b);
    case 1:
      return std::forward<A>(a) - std::forward<B>(b);
    case 2:
      return std::forward<A>(a) * std::forward<B>(b);
    case 3:
      return std::forward<A>(a) / std::forward<B>(b);
    case 4:
      return tg::tanh(std::forward<A>(a));
    case 5:
      return tg::relu(std::forward<A>(a));
    case 6:
      return -std::forward<A>(a);
    case 7:
      return std::forward<A>(a) * 2;
    case 8:
      return a.detach();
    case 9:
      return a.to(tg::float64);
    default:
      return tg::softplus(std::forward<A>(a));
  }
}
constexpr unsigned kOperations = 11, kBinary = 4;

/// True for what may show the data of its operand.
bool shares(unsigned operation) { return operation == 8 || operation == 9; }

bool identical(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() && tg::allclose(a, b, 0, 0, true);
}

/// Runs the program; `moved`: each operand is moved from where it is used for the last time.
/// Returns the results that nothing uses, and the gradients of their sum; empty where it is
/// refused.
std::vector<Tensor> run(const std::vector<Line>& program, const std::vector<Tensor>& leaves,
                        bool moved) {
  std::vector<std::size_t> last(leaves.size() + program.size());
  for (std::size_t i = 0; i < program.size(); ++i) {
    last[program[i].first] = i;
    if (program[i].operation < kBinary) last[program[i].second] = i;
  }
  std::vector<Tensor> values = leaves, copies, found;
  for (std::size_t i = 0; i < program.size(); ++i) {
    const Line& line = program[i];
    Tensor &a = values[line.first], &b = values[line.second];
    const bool move_a = moved && last[line.first] == i && &a != &b;
    const bool move_b = moved && last[line.second] == i && &a != &b && line.operation < kBinary;
    const auto step = [&] {
      Tensor y = move_a ? (move_b ? compute(line.operation, std::move(a), std::move(b))
                                  : compute(line.operation, std::move(a), b))
                        : (move_b ? compute(line.operation, a, std::move(b))
                                  : compute(line.operation, a, b));
      if (line.in_place && !shares(line.operation)) y.mul_(0.5);
      return y;
    };
    const auto unrecorded = [&] {
      const tg::NoGrad no_grad;
      return step();
    };
    const Tensor y = line.recorded ? step() : unrecorded();
    if (!moved) copies.push_back(y);
    values.push_back(y);
  }
  Tensor loss = tg::zeros({}, tg::float64);
  for (std::size_t i = leaves.size(); i < values.size(); ++i) {
    if (last[i] > 0) continue;
    found.push_back(values[i].detach());
    loss = loss + tg::sum(values[i].to(tg::float64));
  }
  values.clear();
  if (!loss.requires_grad()) return found;
  for (const Tensor& gradient : tg::grad({loss}, leaves, {.allow_unused = true}))
    found.push_back(gradient);
  return found;
}

}  // namespace

TEST_CASE("random programs have the same bits with their operands moved and kept") {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    std::mt19937 engine(seed);
    const auto draw = [&] { return static_cast<unsigned>(engine()); };
    tg::manual_seed(seed);
    const tg::Shape shapes[] = {{2, 3}, {3}, {2, 3}, {}};
    std::vector<Tensor> leaves;
    for (unsigned i = draw() % 3 + 2; i > 0; --i) {
      leaves.push_back(tg::rand(shapes[draw() % 4], draw() % 4 ? tg::float32 : tg::float64));
      leaves.back().requires_grad_();
    }
    std::vector<Line> program;
    for (unsigned i = draw() % 12 + 3; i > 0; --i) {
      const auto known = static_cast<unsigned>(leaves.size() + program.size());
      const unsigned operation = draw() % kOperations, first = draw() % known;
      program.push_back({operation, first, draw() % known, draw() % 5 == 0, draw() % 8 != 0});
    }
    std::vector<Tensor> kept, moved;
    std::string kept_error, moved_error;
    try {
      kept = run(program, leaves, false);
    } catch (const tg::Error& error) {
      kept_error = error.what();
    }
    try {
      moved = run(program, leaves, true);
    } catch (const tg::Error& error) {
      moved_error = error.what();
    }
    // What is changed in place while the other program still has it may be refused only there.
    if (!kept_error.empty()) continue;
    CHECK(moved_error.empty());
    REQUIRE(kept.size() == moved.size());
    for (std::size_t i = 0; i < kept.size(); ++i) CHECK(identical(kept[i], moved[i]));
  }
}
