// vmap: where entries lie, what a function may do, and what is refused.

#include "autograd/autograd.h"
#include "autograd/ops/custom.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/message_of.h"

namespace tg = tapegrad;
using tg::Tensor;
using Tensors = std::vector<Tensor>;

namespace {

Tensor numbers(const tg::Shape& shape) {
  return tg::reshape(tg::arange(shape.numel()), shape).to(tg::float64) * 0.25 - 1;
}

template <class F>
std::string refused(const F& f, const Tensor& x, const tg::VmapOptions& options = {}) {
  const std::string message = message_of<tg::Error>([&] { (void)tg::vmap(f, options)(x); });
  CHECK_FALSE(tg::detail::watched());
  return message;
}

template <class F>
void accepted(const F& f, const Tensor& x, const tg::VmapOptions& options = {}) {
  const Tensor y = tg::vmap(f, options)(x);
  for (std::int64_t i = 0; i < x.size(0); ++i) CHECK(tg::allclose(y[i], f(x[i])));
}

/// An operator that nobody can look into.
struct Secret {
  static constexpr const char* name = "secret";
  static constexpr bool opaque = true;
  static constexpr tg::Reads reads[] = {tg::kNone};
  std::string factor = "3";
  Tensor forward(const Tensor& x) const { return x * std::stod(factor); }
  Tensor vjp(const Tensor& g, auto, auto) const { return g * std::stod(factor); }
};

}  // namespace

TEST_CASE("vmap takes and leaves entries along any dimension", "[transforms]") {
  const Tensor x = numbers({3, 4, 2}), w = numbers({2});
  const auto f = [](const Tensor& a, const Tensor& b) { return tg::matmul(a, b); };
  for (const int in : {0, 1, -3, -2}) {
    for (const int out : {0, 1, -1}) {
      const Tensor y = tg::vmap(f, {.in_dims = {in, std::nullopt}, .out_dims = {out}})(x, w);
      const int along = (in + 3) % 3, to = (out + 2) % 2;
      CHECK(y.size(to) == x.size(along));
      for (std::int64_t i = 0; i < x.size(along); ++i)
        CHECK(tg::equal(tg::select(y, to, i), f(tg::select(x, along, i), w)));
    }
  }
  // Every input along the first, unless something else is said; several results.
  const auto both = [](const Tensor& a, const Tensor& b) { return std::tuple(a + b, a * b, b); };
  const Tensor v = numbers({3});
  const auto [sum, product, same] = tg::vmap(both)(x, v);
  CHECK(tg::equal(sum[2], x[2] + v[2]));
  CHECK(tg::equal(product[1], x[1] * v[1]));
  CHECK(tg::equal(same, v));
  // A list in, a list out.
  const auto listed = [](const Tensors& in) { return Tensors{in[1], in[0] * 2}; };
  const Tensors out = tg::vmap(listed, {.out_dims = {0, -1}})(Tensors{x, v});
  CHECK(tg::equal(out[0], v));
  CHECK(tg::equal(out[1], tg::movedim(x * 2, 0, -1)));
  // What does not depend on an entry is the same for all.
  const Tensor constant = tg::vmap([&](const Tensor&) { return w; })(x);
  CHECK(tg::equal(constant, tg::stack({w, w, w})));
}

TEST_CASE("vmap within vmap, in chunks, and of no entries", "[transforms]") {
  const Tensor a = numbers({3, 2}), b = numbers({4, 2});
  const auto dot = [](const Tensor& x, const Tensor& y) { return tg::sum(x * y); };
  const auto outer = [&](const Tensor& x) {
    return tg::vmap(dot, {.in_dims = {std::nullopt, 0}})(x, b);
  };
  const Tensor all = tg::vmap(outer)(a);
  CHECK(all.shape() == tg::Shape{3, 4});
  for (const int i : {0, 1, 2})
    for (const int j : {0, 1, 2, 3}) CHECK(tg::equal(all[i][j], dot(a[i], b[j])));
  for (const int chunk : {1, 2, 3, 7})
    CHECK(tg::equal(tg::vmap(outer, {.chunk_size = chunk})(a), all));
  CHECK(tg::vmap(outer)(tg::zeros({0, 2}, tg::float64)).shape() == tg::Shape{0, 4});
  CHECK(tg::vmap(tg::grad([](const Tensor& t) { return tg::sum(t * t); }))(tg::zeros({0, 5}))
            .shape() == tg::Shape{0, 5});
}

TEST_CASE("vmap leaves inputs alone, and results are their own", "[transforms]") {
  const Tensor x = numbers({3, 2}), before = x.clone();
  Tensor same = tg::vmap([](const Tensor& a) { return a; })(x);
  same.fill_(7);
  Tensor changed = tg::vmap([](Tensor a) {
    a.mul_(3);
    a.add_(a);
    return a;
  })(x);
  CHECK(tg::equal(x, before));
  CHECK(tg::equal(changed, x * 3 + x * 3));
}

TEST_CASE("integers, masks and choices within vmap", "[transforms]") {
  const Tensor x = numbers({4, 3});
  const auto f = [](const Tensor& a) {
    const Tensor best = tg::argmax(a * a, 0);
    return tg::where(a > 0, tg::index_select(a, 0, tg::reshape(best, {1})), -a);
  };
  const Tensor y = tg::vmap(f)(x);
  for (const int i : {0, 1, 2, 3}) CHECK(tg::equal(y[i], f(x[i])));
  const Tensor classes = tg::tensor({2, 0, 1, 1});
  const auto loss = [](const Tensor& a, const Tensor& c) { return tg::cross_entropy(a, c); };
  const Tensor losses = tg::vmap(loss)(x, classes);
  for (const int i : {0, 1, 2, 3}) CHECK(tg::allclose(losses[i], loss(x[i], classes[i])));
  // A class that is none is found in every entry.
  CHECK_THROWS_AS(tg::vmap(loss)(x, tg::tensor({2, 0, 3, 1})), tg::IndexError);
  // Entries in which other rows count.
  const Tensor logits = numbers({3, 4, 5}),
               some = tg::tensor({{2, -100, 1, 1}, {0, 1, 2, 3}, {-100, -100, 4, -100}});
  const Tensor means = tg::vmap(loss)(logits, some);
  for (const int i : {0, 1, 2}) CHECK(tg::allclose(means[i], loss(logits[i], some[i])));
}

TEST_CASE("gradients pass through vmap to its inputs and to what the function holds",
          "[transforms]") {
  Tensor x = numbers({4, 3}).requires_grad_(), w = numbers({3}).requires_grad_();
  const auto f = [&](const Tensor& a) { return tg::sum(tg::tanh(a * w)); };
  tg::sum(tg::vmap(f)(x)).backward();
  const Tensor gx = x.grad().clone(), gw = w.grad().clone();
  x.zero_grad();
  w.zero_grad();
  tg::sum(tg::tanh(x * w)).backward();
  CHECK(tg::allclose(gx, x.grad(), 1e-13));
  CHECK(tg::allclose(gw, w.grad(), 1e-13));
  // And to gradients of entries.
  const Tensor slopes = tg::vmap(tg::grad(f))(x);
  const Tensor second = tg::grad(tg::sum(slopes), w);
  const Tensor t = tg::tanh(x * w), expected = tg::sum((1 - t * t) * (1 - 2 * t * x * w), 0);
  CHECK(tg::allclose(second, expected, 1e-12));
  const tg::NoGrad no_grad;
  CHECK_FALSE(tg::vmap(tg::grad(f))(x).requires_grad());
}

TEST_CASE("an operator that is opaque is called for each entry", "[transforms]") {
  const Tensor x = numbers({4, 3});
  const auto f = [](const Tensor& a) { return tg::sum(tg::apply(Secret{}, a) * a); };
  CHECK(tg::allclose(tg::vmap(tg::grad(f))(x), 6 * x, 1e-13));
}

TEST_CASE("checks within vmap are about every entry", "[transforms]") {
  const Tensor x = tg::zeros({3, 4}), one = tg::ones({1});
  const auto put = [&](const Tensor& a, const Tensor& i) { return tg::index_put(a, {i}, one); };
  for (const int bad : {4, 5, -5, 100'000})
    CHECK_THROWS_AS(tg::vmap(put)(x, tg::reshape(tg::tensor({0, bad, 0}), {3, 1})), tg::IndexError);
  const auto pick = [](const Tensor& a, const Tensor& j) {
    return tg::index(a, {tg::tensor({0, 0}), j});
  };
  CHECK_THROWS_AS(tg::vmap(pick)(tg::zeros({2, 3, 4}), tg::tensor({{0, 1}, {0, 5}})),
                  tg::IndexError);
  const auto draw = [](const Tensor& p) { return tg::bernoulli(p); };
  CHECK_THROWS_AS(tg::vmap(draw, {.randomness = tg::Randomness::same})(tg::tensor({0.5, 7.0})),
                  tg::ValueError);
}

TEST_CASE("what would be that of the first entry is refused within vmap", "[transforms]") {
  const Tensor x = numbers({3, 2});
  CHECK(refused(
            [](const Tensor& a) {
              const auto times = tg::custom_op(
                  "times", [=](const Tensor& b) { return a * b; },
                  [=](const Tensor& g, const Tensor&, const Tensor&) { return g * a; });
              return times(tg::ones({2}, tg::float64)) * 1;
            },
            x)
            .find("vmap: an operator holds a tensor that differs") == 0);
  Tensor w = numbers({2}).requires_grad_();
  CHECK(refused(
            [&](const Tensor& a) {
              tg::sum(w * a).backward();
              return a;
            },
            x)
            .find("backward: within vmap the gradient of a leaf of shape [2]") == 0);
  CHECK_FALSE(w.grad().defined());
  tg::Generator own(3);
  CHECK(refused([&](const Tensor& a) { return a + tg::rand({2}, tg::float64, own); }, x)
            .find("vmap: the function draws random numbers") == 0);
  // Results have the type that they have for an entry.
  const auto promoted = [](const Tensor& a) { return a * tg::ones({2}, tg::float32); };
  CHECK(tg::vmap(promoted)(tg::ones({3}, tg::float64)).dtype() == tg::float32);
}

TEST_CASE("functions that change their input, or stop recording, in every direction",
          "[transforms]") {
  const Tensor x = numbers({3});
  const auto changes = [](Tensor a) {
    a.mul_(2);
    return a * a;
  };
  const auto sum = [&](const Tensor& a) { return tg::sum(changes(a)); };
  const Tensor slope = 8 * x;
  for (Tensor at : {x.clone(), x.clone().requires_grad_()}) {
    CHECK(tg::allclose(tg::grad(sum)(at), slope));
    CHECK(tg::allclose(tg::vjp(sum, at).second(tg::ones({}, tg::float64)), slope));
    for (const auto direction : {tg::Direction::forward, tg::Direction::reverse})
      CHECK(tg::allclose(tg::diagonal(tg::jacobian(changes, at, {.direction = direction})), slope));
    CHECK(tg::allclose(tg::diagonal(tg::hessian(sum, at)), 8 * tg::ones_like(x)));
    CHECK(tg::equal(at, x));
  }
  const auto stops = [](const Tensor& a) {
    Tensor square;
    {
      const tg::NoGrad no_grad;
      square = a * a;
    }
    return square * a;
  };
  for (const auto direction : {tg::Direction::forward, tg::Direction::reverse})
    CHECK(tg::allclose(tg::diagonal(tg::jacobian(stops, x, {.direction = direction})), x * x));
  // The value that vjp returns is nobody's but the caller's.
  Tensor leaf = x.clone().requires_grad_();
  auto [y, pullback] = tg::vjp([](const Tensor& a) { return tg::sin(a); }, leaf);
  Tensor own = y;
  own.mul_(3);
  CHECK(tg::allclose(pullback(tg::ones_like(x)), tg::cos(x)));
  Tensor captured = x.clone();
  auto [constant, none] = tg::vjp([&](const Tensor&) { return captured; }, x);
  constant.mul_(2);
  CHECK(tg::equal(captured, x));
}

TEST_CASE("vmap says what it cannot do", "[transforms]") {
  const Tensor x = numbers({3, 2}), w = numbers({2});
  const auto square = [](const Tensor& a) { return a * a; };
  const auto add = [](const Tensor& a, const Tensor& b) { return a + b; };
  CHECK(refused([](const Tensor& a) { return tg::sum(a).item() > 0 ? a : -a; }, x)
            .find("vmap: the function looks at elements (item, data, print") == 0);
  CHECK(refused(
            [](const Tensor& a) {
              fmt::print(stderr, "{}", a.data<double>()[0] * 0);
              return a * 1;
            },
            x)
            .find("vmap: the function looks at elements") == 0);
  CHECK(refused([&](const Tensor& a) { return tg::equal(a, x[0]) ? a : -a; }, x)
            .find("vmap: the function looks at elements") == 0);
  // What is the same in all entries may be looked at.
  accepted([](const Tensor& a) { return a * (tg::sum(tg::abs(a * 0)).item() + 1); }, x);
  accepted([&](const Tensor& a) { return a * w.data<double>()[0]; }, x);
  CHECK(refused(
            [](const Tensor& a) {
              Tensor b = a * 1;
              b.write<double>([](std::span<double> data) { data[0] = 1; });
              return b;
            },
            x)
            .find("vmap: a tensor that differs from entry to entry was changed past") == 0);
  CHECK(refused(
            [](const Tensor& a) {
              Tensor sum = tg::zeros({2}, tg::float64);
              sum += a;
              return sum;
            },
            x) ==
        "add_: within vmap a tensor of shape [2] that is the same for all entries would be changed "
        "by one that differs from entry to entry; use the form without underscore, or begin with a "
        "tensor that has entries");
  CHECK(refused([](const Tensor& a) { return a * tg::rand({2}, tg::float64); }, x) ==
        "vmap: the function draws random numbers, and every entry would get the same; draw them "
        "before, as an input with entries, or say so: {.randomness = Randomness::same}");
  const auto with_noise = [](const Tensor& a) { return a * 0 + tg::rand({2}, tg::float64); };
  const Tensor noise = tg::vmap(with_noise, {.randomness = tg::Randomness::same})(x);
  CHECK(tg::equal(noise[0], noise[2]));
  CHECK(refused([](const Tensor& a) { return tg::masked_select(a, a > -0.6); }, x)
            .find("must not have a shape that depends on elements") != std::string::npos);
  CHECK(refused(square, tg::tensor(2.0)) ==
        "vmap: input 0 is a number (0-d), which has no entries; its in_dims is std::nullopt");
  CHECK(refused(square, x, {.in_dims = {std::nullopt}}) ==
        "vmap: none of its 1 inputs has entries; one of in_dims is a dimension");
  CHECK(refused(square, x, {.in_dims = {2}}).find("vmap: ") == 0);
  CHECK(refused(square, x, {.out_dims = {0, 1}}) ==
        "vmap: 1 results, but 2 out_dims; give one for each, or one for all");
  CHECK(refused(square, x, {.chunk_size = -1}) ==
        "vmap: chunk_size is -1; it is a number of entries, or 0 for all");
  CHECK(refused([](const Tensor&) { return Tensor(); }, x).find("vmap: ") == 0);
  CHECK(message_of<tg::ShapeError>([&] { (void)tg::vmap(add)(x, w); }) ==
        "vmap: input 1 of shape [2] has 2 entries, and those before have 3");
  CHECK(message_of<tg::ValueError>([&] {
          (void)tg::vmap(add, {.in_dims = {0, 0, 0}})(x, x);
        }) == "vmap: 2 inputs, but 3 in_dims; give one for each, or one for all");
  accepted(square, tg::zeros({1, 1, 1, 1, 1, 1, 1, 1}));
  CHECK(refused([](const Tensor& a) { return tg::unsqueeze(a, 0); },
                tg::zeros({1, 1, 1, 1, 1, 1, 1, 1}))
            .find("8") != std::string::npos);
  CHECK(refused([](const Tensor&) -> Tensor { throw tg::ValueError("mine"); }, x) == "mine");
  CHECK(refused(tg::nn::BatchNorm1d(2, {.dtype = tg::float64}), numbers({3, 4, 2}))
            .find("within vmap a tensor of shape [2] that is the same for all entries") !=
        std::string::npos);
}

TEST_CASE("all passes of a transform draw the same random numbers", "[transforms]") {
  tg::manual_seed(9);
  // Each column of the Jacobian is the mask.
  const auto f = [](const Tensor& x) {
    return tg::dropout(tg::ones({40}, tg::float64) * tg::sum(x), 0.5);
  };
  const Tensor x = tg::ones({20}, tg::float64);
  for (const Tensor& J :
       {tg::jacobian(f, x, {.direction = tg::Direction::forward, .chunk_size = 3}),
        tg::sparse_jacobian(f, x, {.chunk_size = 3}).to_dense()}) {
    CHECK(J.sum().item() > 0);
    CHECK(tg::equal(J, tg::narrow(J, 1, 0, 1).expand(J.shape())));
  }
  const auto loss = [&](const Tensor& t) { return tg::sum(f(tg::square(t)) * f(t)); };
  for (const Tensor& H : {tg::hessian(loss, x, {.chunk_size = 3}),
                          tg::sparse_hessian(loss, x, {.chunk_size = 3}).to_dense()}) {
    CHECK(H.sum().item() > 0);
    CHECK(tg::equal(H, tg::transpose(H, 0, 1)));
  }
  const auto noise = [](const Tensor& t) { return t + tg::rand({1}, tg::float64); };
  const tg::VmapOptions chunks{.randomness = tg::Randomness::same, .chunk_size = 2};
  const Tensor y = tg::vmap(noise, chunks)(tg::zeros({5, 1}, tg::float64));
  CHECK(tg::equal(y, tg::narrow(y, 0, 0, 1).expand(y.shape())));
  // The next call draws others.
  CHECK_FALSE(tg::equal(y, tg::vmap(noise, chunks)(tg::zeros({5, 1}, tg::float64))));
}
