// Forward mode: nested, and what a function may do while it is differentiated. Every operator's
// rule is checked by `verify`.

#include <functional>
#include <limits>
#include <optional>

#include "autograd/autograd.h"
#include "autograd/tensor/door/watcher.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/transforms/case_functions.h"

namespace tg = tapegrad;
using tg::Tensor;
using Tensors = std::vector<Tensor>;

namespace {

std::pair<Tensor, Tensor> jvp_of(const CaseFunction& f, const Tensors& x, const Tensors& v) {
  auto [y, dy] = tg::jvp([&](const Tensors& in) { return f.listed(in); }, x, v);
  return {y[0], dy[0]};
}

double dot(const Tensors& a, const Tensors& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += tg::sum(a[i] * b[i]).item();
  return sum;
}

bool close(double a, double b, double tolerance = 1e-9) {
  return std::abs(a - b) <= tolerance * (1 + std::abs(a) + std::abs(b));
}

Tensors leaves(const Tensors& x) {
  Tensors all;
  for (const Tensor& each : x) all.push_back(each.detach().clone().requires_grad_());
  return all;
}

std::vector<double> numbers_of(const Tensor& t) {
  std::vector<double> all;
  for (std::int64_t i = 0; i < t.numel(); ++i) all.push_back(tg::reshape(t, -1)[i].item());
  return all;
}

}  // namespace

TEST_CASE("forward over reverse, reverse over forward and forward over forward agree") {
  tg::manual_seed(13);
  for_each_case([](const CaseFunction& f) {
    Tensors u;
    for (const Tensor& each : f.x) u.push_back(tg::randn(each.shape(), tg::float64));
    const Tensor g = tg::randn(f(f.x).shape(), tg::float64);
    // d/dx of g . (J v), along u.
    const Tensors x = leaves(f.x);
    const Tensor dy = jvp_of(f, x, f.v).second;
    double reverse = 0;
    if (dy.requires_grad())
      reverse = dot(tg::grad({dy}, x, {.grad_outputs = {g}, .allow_unused = true}), u);
    // The gradient of g . f, along v; then with u.
    const auto gradient = [&](const Tensors& in) {
      Tensors inner;
      for (const Tensor& each : in) inner.push_back(Tensor(each).requires_grad_());
      return tg::grad({f(inner)}, inner, {.grad_outputs = {g}, .allow_unused = true});
    };
    const double forward = dot(tg::jvp(gradient, f.x, f.v).second, u);
    CHECK(close(reverse, forward, 1e-8));
    // Both forward.
    const auto inner = [&](const Tensors& in) { return Tensors{jvp_of(f, in, f.v).second}; };
    CHECK(close(dot({g}, tg::jvp(inner, f.x, u).second), forward, 1e-8));
  });
}

TEST_CASE("nested directions are not confused") {
  // d/dx (x * d/dy (x + y)) = 1, where confusion gives 2.
  const Tensor x = tg::tensor(3.0, tg::float64), one = tg::ones({}, tg::float64);
  const auto outer = [&](const Tensor& a) {
    const auto inner = [&](const Tensor& b) { return a + b; };
    return a * tg::jvp(inner, one, one).second;
  };
  CHECK(tg::jvp(outer, x, one).second.item() == 1);
  // What a function holds of the input itself is constant.
  CHECK(tg::jvp([&](const Tensor& a) { return a * x; }, x, one).second.item() == 3);
  // The third derivative of x^4.
  const auto d1 = [&](const Tensor& a) {
    return tg::jvp([](const Tensor& b) { return b * b * b * b; }, a, one).second;
  };
  const auto d2 = [&](const Tensor& a) { return tg::jvp(d1, a, one).second; };
  CHECK(tg::jvp(d2, x, one).second.item() == 72);
}

TEST_CASE("changes in place, pieces, types and detached values in forward mode") {
  const Tensor x = tg::tensor({1.0, 2.0, 3.0}, tg::float64),
               v = tg::tensor({1.0, 10.0, 100.0}, tg::float64);
  const auto along = [&](auto f) { return numbers_of(tg::jvp(f, x, v).second); };
  using Numbers = std::vector<double>;
  CHECK(along([](const Tensor& a) {
          Tensor b = a * 2;
          b *= a;  // 2 a^2
          b += 1;
          return b;
        }) == Numbers{4, 80, 1200});
  CHECK(along([](const Tensor& a) {
          Tensor b = tg::zeros({3}, tg::float64);
          b += a;
          b = b * 0;
          return b;
        }) == Numbers{0, 0, 0});
  CHECK(along([](const Tensor& a) {
          Tensor b = a * 1;
          b *= b;
          return b;
        }) == Numbers{2, 40, 600});
  CHECK(along([](const Tensor& a) { return a * a.detach(); }) == Numbers{1, 20, 300});
  CHECK(along([](const Tensor& a) {
          const Tensors parts = tg::split(a, 1);
          return tg::cat({parts[2], a[0] * parts[1]}, 0);
        }) == Numbers{100, 12});
  CHECK(along([](const Tensor& a) { return a.to(tg::float32).to(tg::float64) * 3; }) ==
        Numbers{3, 30, 300});
  CHECK(along([](const Tensor& a) { return tg::argmax(a, 0).to(tg::float64) + a[0]; }) ==
        Numbers{1});
  CHECK(along([](const Tensor&) { return tg::ones({3}, tg::float64); }) == Numbers{0, 0, 0});
  // The memory of an operand that is given up is not taken while its value is needed.
  CHECK(along([](const Tensor& a) { return tg::tanh(tg::tanh(a * 0) * a); }) == Numbers{0, 0, 0});
}

TEST_CASE("at ties forward mode follows the same convention as the walk") {
  const Tensor x = tg::tensor({{1.0, 3.0, 3.0}, {2.0, 2.0, 2.0}}, tg::float64);
  const Tensor v = tg::tensor({{1.0, 2.0, 4.0}, {8.0, 16.0, 32.0}}, tg::float64);
  const std::pair<const char*, std::function<Tensor(const Tensor&)>> functions[] = {
      {"amax", [](const Tensor& a) { return tg::amax(a, 1); }},
      {"amin", [](const Tensor& a) { return tg::amin(a, 1); }},
      {"amax of all", [](const Tensor& a) { return tg::amax(a); }},
      {"max", [](const Tensor& a) { return tg::max(a, 1).values; }},
      {"min", [](const Tensor& a) { return tg::min(a, 1).values; }},
      {"maximum",
       [](const Tensor& a) {
         return tg::maximum(a, tg::full({2, 3}, 2.0));
       }},
      {"minimum", [](const Tensor& a) { return tg::minimum(a, a.detach()); }},
      {"clamp", [](const Tensor& a) { return tg::clamp(a, 2.0, 3.0); }},
      {"prod of zeros", [](const Tensor& a) { return tg::prod(a - 3, 1); }},
      {"abs", [](const Tensor& a) { return tg::abs(a - 2); }},
      {"relu", [](const Tensor& a) { return tg::relu(a - 2); }},
      {"var of equal ones", [](const Tensor& a) { return tg::var(a, 1); }},
      {"std of equal ones", [](const Tensor& a) { return tg::std(a, 1); }},
  };
  for (const auto& [name, f] : functions) {
    CAPTURE(name);
    const Tensor leaf = x.clone().requires_grad_();
    const Tensor g = tg::randn(f(x).shape(), tg::float64);
    const Tensor gradient = tg::grad({f(leaf)}, {leaf}, {.grad_outputs = {g}})[0];
    CHECK(close(dot({tg::jvp(f, x, v).second}, {g}), dot({gradient}, {v})));
  }
}

TEST_CASE("numbers, and rows that do not count, in forward mode") {
  CHECK(
      tg::jvp([](const Tensor& a) { return tg::pow(tg::tensor(3.0), a); }, Tensor(2.0), Tensor(1.0))
          .second.item() == Approx(9.88751));
  const Tensor target = tg::full({2}, -100, tg::int64);
  const auto loss = [&](const Tensor& a) { return tg::cross_entropy(a, target); };
  CHECK(tg::jvp(loss, tg::ones({2, 3}), tg::ones({2, 3})).second.item() == 0);
}

TEST_CASE("forward mode walks networks, and leaves nothing behind") {
  tg::manual_seed(2);
  const tg::nn::Linear first(5, 8), second(8, 3);
  const Tensor x = tg::randn({4, 5}), v = tg::randn({4, 5});
  const Tensor target = tg::tensor({0, 1, 2, 1});
  const auto loss = [&](const Tensor& in) {
    return tg::cross_entropy(second(tg::tanh(first(in))), target);
  };
  const auto [y, dy] = tg::jvp(loss, x, v);
  Tensor leaf = x.clone().requires_grad_();
  const Tensor back = tg::grad(loss(leaf), leaf);
  CHECK(tg::sum(back * v).item() == Approx(dy.item()).epsilon(1e-5));
  // The parameters require gradients, so that the derivative can be walked back.
  CHECK(dy.requires_grad());
  const tg::NoGrad no_grad;
  CHECK_FALSE(tg::jvp(loss, x, v).second.requires_grad());
  CHECK_FALSE(tg::detail::watched());
}

namespace {

struct Cube {
  static constexpr const char* name = "cube";
  static constexpr tg::Reads reads[] = {tg::kA};
  static Tensor forward(const Tensor& x) { return x * x * x; }
  static Tensor vjp(const Tensor& g, const Tensor& x, auto) { return g * 3 * x * x; }
};
struct CubeBothWays : Cube {
  static Tensor jvp(const Tensor& t, const Tensor& x, const Tensor&) { return t * 3 * x * x; }
};
/// Returns its input.
struct Reversal {
  static constexpr const char* name = "reversal";
  static constexpr tg::Reads reads[] = {tg::kNone};
  static Tensor forward(const Tensor& x) { return x; }
  static Tensor vjp(const Tensor& g, auto, auto) { return -g; }
  static Tensor jvp(const Tensor& t, const Tensor&, const Tensor&) { return -t; }
};

}  // namespace

TEST_CASE("an operator of one's own brings its forward-mode rule, or says that it has none") {
  const Tensor x = tg::tensor({2.0}), v = tg::ones({1});
  CHECK(tg::jvp([](const Tensor& a) { return tg::apply(CubeBothWays(), a); }, x, v).second.item() ==
        12);
  const auto both = [](const Tensor& a) { return tg::apply(Reversal(), a) * 2 + a; };
  CHECK(tg::jvp(both, x, v).second.item() == -1);
  CHECK(message_of<tg::GradError>([&] {
          tg::jvp([](const Tensor& a) { return tg::apply(Cube(), a); }, x, v);
        }).find("cube: it has no forward-mode rule; give its struct one (jvp,") == 0);
  CHECK(tg::apply(Cube(), x).item() == 8);  // nothing watches any more
}

TEST_CASE("jvp says what does not fit") {
  const Tensor x = tg::ones({2, 3});
  const auto f = [](const Tensor& a) { return a * 2; };
  CHECK(message_of<tg::ShapeError>([&] { tg::jvp(f, x, tg::ones({3})); }) ==
        "jvp: the direction of input 0 has shape [3], but the input has shape [2, 3]");
  CHECK(message_of<tg::DTypeError>([&] {
          tg::jvp(f, x, tg::ones({2, 3}, tg::float64));
        }) ==
        "jvp: the direction of input 0 is float64, but the input is float32; convert it with to()");
  CHECK(message_of<tg::DTypeError>([&] { tg::jvp(f, tg::arange(3), tg::arange(3)); }) ==
        "jvp: input 0 is int64; only float32 and float64 have derivatives");
  CHECK(message_of<tg::ValueError>([&] {
          tg::jvp([](const Tensors& a) { return a; }, Tensors{x}, Tensors{x, x});
        }) == "jvp: 1 inputs, but 2 directions; each input needs one");
  CHECK_THROWS_AS(tg::jvp([](const Tensor&) { return Tensor(); }, x, x), tg::Error);
  CHECK(message_of<tg::GradError>([&] {
          tg::jvp(
              [](const Tensor& a) {
                Tensor b = a * 1;
                const Tensor view = tg::reshape(b, {3, 2});
                b += 1;
                return view;
              },
              x, x);
        }).find("in forward mode a tensor of shape [2, 3] whose memory another one shows") !=
        std::string::npos);
  CHECK_FALSE(tg::detail::watched());
}

TEST_CASE("what would lose a tangent throws, and what only looks like it does not") {
  const Tensor x = tg::tensor({1.0, 2.0, 3.0}, tg::float64),
               v = tg::tensor({1.0, 10.0, 100.0}, tg::float64);
  const auto refused = [&](auto f) {
    CHECK_THROWS_AS(tg::jvp(f, x, v), tg::GradError);
    CHECK_FALSE(tg::detail::watched());
  };
  refused([](const Tensor& a) {
    Tensor out = tg::zeros({3}, tg::float64);
    Tensor piece = out[0];
    piece.copy_(a[0]);
    return out;
  });
  refused([](const Tensor& a) {
    Tensor b = tg::zeros({3}, tg::float64);
    const Tensor shown = tg::reshape(b, {3, 1});
    b += a;
    return shown * 1;
  });
  refused([](const Tensor& a) {
    Tensor w = tg::ones({3}, tg::float64).requires_grad_();
    tg::nn::SGD optimizer({{"w", w}}, {.lr = 0.1});
    tg::sum(w * w * a).backward();
    optimizer.step();
    return w * 1;
  });
  const auto along = [&](auto f) { return numbers_of(tg::jvp(f, x, v).second); };
  using Numbers = std::vector<double>;
  CHECK(along([](const Tensor& a) {
          return tg::cat({a, tg::arange(3), a > 1.5}, 0);
        }) == Numbers{1, 10, 100, 0, 0, 0, 0, 0, 0});
  CHECK(along([](const Tensor& a) {
          Tensors many(40, tg::ones({1}, tg::float64));
          many[35] = a[1] * tg::ones({1}, tg::float64);
          return tg::narrow(tg::cat(many, 0), 0, 34, 3);
        }) == Numbers{0, 10, 0});
}

namespace {

struct Masked {
  static constexpr const char* name = "masked";
  static constexpr tg::Reads reads[] = {tg::kB, tg::kNone}, constant = tg::kB;
  static constexpr bool linear = true;
  static Tensor forward(const Tensor& x, const Tensor& c) { return x * c; }
  static Tensor vjp_a(const Tensor& g, auto, const Tensor& c, auto) { return g * c; }
};

}  // namespace

TEST_CASE("an input that has no gradient counts as constant, whatever it is computed from") {
  const Tensor x = tg::tensor({2.0, 3.0}, tg::float64), v = tg::ones({2}, tg::float64);
  CHECK(numbers_of(
            tg::jvp([](const Tensor& a) { return tg::apply(Masked(), a, a * 1); }, x, v).second) ==
        std::vector<double>{2, 3});
  CHECK(numbers_of(
            tg::jvp([&](const Tensor& a) { return tg::apply(Masked(), x, a * 1); }, x, v).second) ==
        std::vector<double>{0, 0});
}

TEST_CASE("a value that goes with the graph of a tangent takes its own tangent along") {
  const Tensor x = tg::tensor({1.0, 2.0}), v = tg::ones({2});
  Tensor w = tg::tensor({2.0, 3.0}).requires_grad_();
  const auto f = [&](const Tensor& a) {
    Tensor c;
    {
      const Tensor p = a * w, q = a + w;
      c = p * q;
    }
    c = Tensor();
    Tensors many;  // in the memory of what was
    for (int i = 0; i < 5; ++i) many.push_back(tg::empty({2}));
    for (Tensor& each : many) each.write<float>([](auto to) { to[0] = to[1] = 1; });
    return many[0] + many[1] + many[2] + many[3] + many[4];
  };
  CHECK(numbers_of(tg::jvp(f, x, v).second) == std::vector<double>{0, 0});
}

TEST_CASE("nested forward mode of operands of several types") {
  const Tensor x = tg::tensor({1.5}), one = tg::ones({1});
  const auto inner = [&](const Tensor& a) {
    const auto f = [](const Tensor& u) { return u * u.to(tg::float64) * 2.0; };
    return tg::jvp(f, a, one).second;
  };
  CHECK(tg::jvp(inner, x, one).second.item() == Approx(4));
}

TEST_CASE("what jvp returns shares no memory with what it got, nor with each other") {
  const Tensor x = tg::ones({3}), v = tg::full({3}, 2.0);
  const auto f = [](const Tensors& in) { return Tensors{in[0], in[0].reshape({3, 1}), in[0] + 1}; };
  auto [y, dy] = tg::jvp(f, Tensors{x}, Tensors{v});
  for (const Tensor& each : dy) CHECK(numbers_of(each) == std::vector<double>{2, 2, 2});
  y[0].fill_(7);
  dy[0].fill_(8);
  CHECK(numbers_of(x) == std::vector<double>{1, 1, 1});
  CHECK(numbers_of(v) == std::vector<double>{2, 2, 2});
  CHECK(numbers_of(dy[1]) == std::vector<double>{2, 2, 2});
  CHECK(numbers_of(dy[2]) == std::vector<double>{2, 2, 2});
}

TEST_CASE("tangents go with their values") {
  const Tensor x = tg::ones({1000}), v = tg::ones({1000});
  const std::int64_t before = tg::memory_stats().live_bytes;
  std::int64_t most = 0;
  tg::jvp(
      [&](const Tensor& a) {
        Tensor y = a * 1;
        for (int i = 0; i < 100; ++i) {
          y = tg::sin(y) * a;
          most = std::max(most, tg::memory_stats().live_bytes - before);
        }
        return y;
      },
      x, v);
  CHECK(most < 16 * 4000);
  CHECK(tg::memory_stats().live_bytes == before);
}
