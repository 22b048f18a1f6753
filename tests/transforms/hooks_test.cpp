// Hooks of tensors: when they are called and with what, what a replacement does, what removes them.

#include "autograd/transforms/hooks.h"

#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/on_threads.h"
#include "tests/point_gradients.h"

using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;

namespace {

/// What a hook was called with.
using Seen = std::vector<std::vector<double>>;
auto noting(Seen& seen) {
  return [&seen](const Tensor& g) { seen.push_back(values_of(g)); };
}

}  // namespace

TEST_CASE("a hook sees the whole gradient of a result, once for each walk") {
  const Tensor x = leaf({2, 3});
  const Tensor h = x * x;
  Seen seen;
  tg::register_hook(h, noting(seen));
  const Tensor y = (h * 3).sum() + (h * h).sum();
  y.backward({}, {.retain_graph = true});
  CHECK(seen == Seen{{3 + 2 * 4, 3 + 2 * 9}});
  y.backward();
  CHECK(seen.size() == 2);
  check_values("x", x.grad(), {2 * 11 * 4, 2 * 21 * 6});
}

TEST_CASE("a hook of a leaf sees what this walk adds, before it is added") {
  const Tensor x = leaf({2, 3});
  Seen seen, before;
  tg::register_hook(x, [&](const Tensor& g) {
    seen.push_back(values_of(g));
    before.push_back(x.grad().defined() ? values_of(x.grad()) : std::vector<double>());
  });
  (x * x + x).sum().backward();
  (x * 10).sum().backward();
  CHECK(seen == Seen{{5, 7}, {10, 10}});
  CHECK(before == Seen{{}, {5, 7}});
  check_values("x", x.grad(), {15, 17});
}

TEST_CASE("hooks are called in the order of registration, each with what the one before made") {
  const Tensor x = leaf({1, 2});
  Tensor h = x * 1;
  h.retain_grad();
  Seen seen;
  tg::register_hook(h, [](const Tensor& g) { return g + 1; });
  tg::register_hook(h, noting(seen));
  tg::register_hook(h, [](const Tensor& g) { return g * 10; });
  tg::register_hook(h, [](const Tensor&) { return Tensor(); });
  tg::register_hook(x, [](const Tensor& g) { return -g; });
  h.sum().backward();
  CHECK(seen == Seen{{2, 2}});
  check_values("the retained gradient comes out of the hooks", h.grad(), {20, 20});
  check_values("x", x.grad(), {-20, -20});
}

TEST_CASE("hooks are called for inputs of grad, and replace what it returns") {
  const Tensor x = leaf({1, 2}), other = leaf({5});
  const Tensor h = x * 3;
  int calls = 0;
  tg::register_hook(h, [&](const Tensor& g) { return ++calls, g * 2; });
  tg::register_hook(x, [](const Tensor& g) { return g + 0.5; });
  tg::register_hook(other, [&](const Tensor&) { calls += 100; });
  const Tensor y = (h * h).sum() + other.sum();
  const std::vector<Tensor> found = tg::grad({y}, {h, x}, {.retain_graph = true});
  check_values("h", found[0], {2 * 2 * 3, 2 * 2 * 6});
  check_values("x", found[1], {36 + 0.5, 72 + 0.5});
  CHECK(calls == 1);
  CHECK_FALSE(x.grad().defined());
  (void)tg::grad({y}, {other}, {.retain_graph = true});
  CHECK(calls == 101);
  check_values("the root itself", tg::grad({x}, {x}, {.grad_outputs = {tg::ones_like(x)}})[0],
               {1.5, 1.5});
}

TEST_CASE("a gradient that only stands for its broadcast is shown in the tensor's shape") {
  const Tensor x = tg::ones({2, 3}, tg::float64).requires_grad_();
  const Tensor h = tg::exp(x * 0);
  tg::Shape shape, leaf_shape;
  tg::register_hook(h, [&](const Tensor& g) { shape = g.shape(); });
  tg::register_hook(x, [&](const Tensor& g) { leaf_shape = g.shape(); });
  (h.sum() + x.sum()).backward();
  CHECK(shape == tg::Shape{2, 3});
  CHECK(leaf_shape == tg::Shape{2, 3});
}

TEST_CASE("one of several outputs, a view, and a root have hooks") {
  const Tensor x = leaf({1, 2, 3, 4});
  const std::vector<Tensor> halves = tg::split(x, 2);
  const Tensor square = x.reshape({2, 2});
  const Tensor y = (halves[0] * 3).sum() + (square * square).sum();
  Seen seen;
  tg::register_hook(halves[0], noting(seen));
  tg::register_hook(halves[1], noting(seen));  // nothing arrives there
  tg::register_hook(square, noting(seen));
  tg::register_hook(y, [&](const Tensor& g) { return seen.push_back(values_of(g)), g * 2; });
  y.backward();
  CHECK(seen.size() == 3);
  CHECK(seen[0] == std::vector<double>{1});
  CHECK(seen[1] == std::vector<double>{4, 8, 12, 16});
  CHECK(seen[2] == std::vector<double>{6, 6});
  check_values("x", x.grad(), {4 + 6, 8 + 6, 12, 16});
}

TEST_CASE("with create_graph the history of a replacement counts") {
  const Tensor x = leaf({3}), w = leaf({2});
  const Tensor h = x * x;
  tg::register_hook(h, [&](const Tensor& g) { return g * w * x; });
  const Tensor y = (h * h).sum();
  // dy/dh = 2 x^2, times w x; so dy/dx = 4 w x^4.
  const Tensor dx = tg::grad({y}, {x}, {.create_graph = true})[0];
  check_values("dx", dx, {4 * 2 * 81});
  const std::vector<Tensor> second = tg::grad({dx.sum()}, {x, w}, {.retain_graph = true});
  check_values("by w", second[1], {4 * 81});
  CHECK(second[0].item() != 16 * 2 * 27);  // the walk over h calls the hook again
  const Tensor plain = tg::grad({y}, {x}, {.retain_graph = true})[0];
  CHECK_FALSE(plain.requires_grad());

  // Without it, what a replacement brings along from elsewhere ends.
  const Tensor k = x * 2, made = w * 7;
  tg::register_hook(k, [&](const Tensor&) { return made; });
  k.sum().backward();
  check_values("x", x.grad(), {2 * 14});
  CHECK_FALSE(x.grad().requires_grad());
  check_values("what the hook returned is as it was", made, {14});
  const Tensor z = leaf({1});
  tg::register_hook(z, [&](const Tensor&) {
    const tg::EnableGrad recorded;
    return w * 7;
  });
  z.sum().backward();
  check_values("z", z.grad(), {14});
  CHECK_FALSE(z.grad().requires_grad());
}

TEST_CASE("a handle removes its hook, at any time and from within") {
  const Tensor x = leaf({1});
  Tensor h = x * 2;
  Seen first, second;
  tg::HookHandle one = tg::register_hook(h, noting(first)), leaf_one, gone, later;
  leaf_one = tg::register_hook(x, [&](const Tensor& g) {
    leaf_one.remove();
    later.remove();  // is not called any more in this walk
    return g * 100;
  });
  later = tg::register_hook(x, noting(second));
  const Tensor y = h.sum();
  y.backward({}, {.retain_graph = true});
  const tg::HookHandle copy = one;
  one.remove();
  one.remove();
  y.backward({}, {.retain_graph = true});
  CHECK(first.size() == 1);
  CHECK(second.empty());
  check_values("x", x.grad(), {200 + 2});
  gone = tg::register_hook(h, noting(second));
  h = {};
  y.backward();
  CHECK(second.size() == 1);  // the handle of the tensor may go, as long as the graph is there
  tg::HookHandle().remove();
}

TEST_CASE("a handle outlives its tensor, and what hooks hold goes with the tensor or by remove") {
  const auto held = std::make_shared<int>(1);
  tg::HookHandle of_result, of_leaf;
  {
    const Tensor x = leaf({1});
    const Tensor h = x * 2;
    of_result = tg::register_hook(h, [held](const Tensor&) {});
    of_leaf = tg::register_hook(x, [held](const Tensor&) {});
    CHECK(held.use_count() == 3);
  }
  CHECK(held.use_count() == 1);
  of_result.remove();
  of_leaf.remove();
}

TEST_CASE("leaves of every size, views and memory of the host among them, may have hooks and go") {
  const auto held = std::make_shared<int>(1);
  const auto hold = [held](const Tensor&) {};
  std::vector<double> host(300);
  const auto before = tg::memory_stats().live_bytes;
  {
    std::vector<Tensor> leaves;
    for (const std::int64_t size : {0, 1, 20, 200, 3000, 40'000, 3'000'000})
      leaves.push_back(tg::zeros({size}, tg::float64).requires_grad_());
    const Tensor whole = tg::zeros({4, 5}, tg::float64);
    leaves.push_back(whole[2].detach().requires_grad_());
    leaves.push_back(tg::from_blob(host.data(), {300}, tg::float64).requires_grad_());
    for (const Tensor& x : leaves) {
      tg::register_hook(x, hold);
      tg::register_hook(x, hold);
      (x * 2).sum().backward();
    }
    CHECK(held.use_count() == 2 + 2 * 9);
    leaves.erase(leaves.begin() + 3);
    CHECK(held.use_count() == 2 + 2 * 8);
  }
  CHECK(held.use_count() == 2);
  CHECK(tg::memory_stats().live_bytes == before);
}

TEST_CASE("after a change in place hooks stay with the value before, retain_grad moves on") {
  const Tensor x = leaf({1, 2});
  Tensor h = x * 2;
  Seen seen;
  tg::register_hook(h, noting(seen));
  h.retain_grad();
  h.mul_(5);
  tg::register_hook(h, noting(seen));
  (h * 3).sum().backward();
  CHECK(seen == Seen{{3, 3}, {15, 15}});
  check_values("h", h.grad(), {3, 3});
}

TEST_CASE("a hook that throws ends the walk before any leaf has got anything") {
  const Tensor x = leaf({1}), w = leaf({2});
  const auto fails = [](const Tensor&) { throw std::runtime_error("no"); };
  tg::HookHandle handle = tg::register_hook(x, fails);
  CHECK_THROWS_WITH((x * w).sum().backward(), "no");
  CHECK_FALSE(x.grad().defined());
  CHECK_FALSE(w.grad().defined());
  handle.remove();

  Tensor h = x * w;
  handle = tg::register_hook(h, fails);
  const Tensor y = (h * h).sum();
  CHECK_THROWS_WITH(y.backward({}, {.retain_graph = true}), "no");
  CHECK_FALSE(w.grad().defined());
  handle.remove();
  y.backward();
  check_values("w", w.grad(), {2 * 2 * 1});
  CHECK(tg::grad_enabled());
}

TEST_CASE("what does not fit is refused, in the walk or at once") {
  const Tensor x = leaf({1, 2});
  const auto message = [&](auto f) {
    tg::HookHandle handle = tg::register_hook(x, f);
    const std::string text = message_of<tg::GradError>([&] { (x * 1).sum().backward(); });
    handle.remove();
    return text;
  };
  CHECK_THAT(message([](const Tensor& g) { return g.sum(); }),
             ContainsSubstring("a hook returned a tensor of shape [] and type float64 for a "
                               "gradient of shape [2] and type float64"));
  CHECK_THAT(message([](const Tensor& g) { return g.to(tg::float32); }),
             ContainsSubstring("type float32"));
  CHECK_THAT(message([](Tensor g) { g.mul_(2); }), ContainsSubstring("return a new tensor"));
  CHECK_FALSE(x.grad().defined());

  CHECK_THROWS_AS(tg::register_hook(Tensor(), [](const Tensor&) {}), tg::ValueError);
  CHECK_THAT(
      message_of<tg::GradError>([&] { tg::register_hook(tg::argmax(x), [](const Tensor&) {}); }),
      ContainsSubstring("register_hook: the tensor of shape [] does not require gradients"));
  CHECK_THAT(message_of<tg::GradError>(
                 [&] { tg::register_post_accumulate_grad_hook(x * 2, [](const Tensor&) {}); }),
             ContainsSubstring("is no leaf"));
}

TEST_CASE("a number that a hook returns is a gradient as any other") {
  const Tensor x = tg::tensor(3.0, tg::float64).requires_grad_();
  tg::register_hook(x, [](const Tensor&) { return Tensor(2.5); });
  (x * 1).backward();
  CHECK(x.grad().item() == 2.5);
  CHECK((x.grad() + tg::ones({}, tg::float32)).dtype() == tg::float64);
}

TEST_CASE("a hook may start a walk of its own, over the same graph too") {
  const Tensor x = leaf({3}), w = leaf({2});
  const Tensor h = x * x, y = (h * w).sum();
  bool inside = false;
  double inner = 0;
  tg::register_hook(h, [&](const Tensor& g) {
    if (std::exchange(inside, true)) return Tensor();
    inner = tg::grad({y}, {x}, {.retain_graph = true})[0].item();
    const tg::EnableGrad recorded;
    (w * 1).sum().backward();
    inside = false;
    return g * w.detach();
  });
  y.backward({}, {.retain_graph = true});
  CHECK(inner == 12);
  check_values("x", x.grad(), {2 * 2 * 6});
  check_values("w", w.grad(), {9 + 1});
}

TEST_CASE("a hook that walks and releases the graph it is called from ends in an error") {
  const Tensor x = leaf({3});
  const Tensor h = x * x, y = h.sum();
  bool inside = false;
  tg::register_hook(h, [&](const Tensor&) {
    if (!std::exchange(inside, true)) y.backward();
  });
  CHECK_THROWS_AS(y.backward(), tg::GradError);
}

TEST_CASE("gradients with hooks are right in nested derivatives and in forward mode") {
  // The gradient of x^2 is replaced by three times what it is, wherever it is taken.
  const auto f = [](const Tensor& x) {
    const Tensor h = x * x;
    if (h.requires_grad()) tg::register_hook(h, [](const Tensor& g) { return g * 3; });
    return (h * h).sum();
  };
  const auto slope = [&](const Tensor& x) {
    const Tensor at = x.requires_grad() ? x * 1 : x.detach().requires_grad_();
    return tg::grad({f(at)}, {at}, {.create_graph = true})[0];
  };
  const Tensor x = tg::tensor({2.0}, tg::float64);
  check_values("3 * 4 x^3", slope(x), {3 * 4 * 8});
  const auto [y, dy] = tg::jvp(
      [&](const Tensor& at) {
        const Tensor own = at * 1;
        Tensor in = own;
        in.requires_grad_();
        const Tensor h = in * in;
        tg::register_hook(h, [](const Tensor& g) { return g * 3; });
        return tg::grad({(h * h).sum()}, {in}, {.create_graph = true})[0];
      },
      x, tg::ones({1}, tg::float64));
  check_values("value", y, {3 * 4 * 8});
  check_values("and its derivative", dy, {3 * 12 * 4});
}

TEST_CASE("a hook for the time after the gradient was added sees it, and may use it up") {
  const Tensor x = leaf({1, 2}), w = leaf({3});
  Seen seen;
  tg::HookHandle handle = tg::register_post_accumulate_grad_hook(x, [&](Tensor at) {
    seen.push_back(values_of(at.grad()));
    CHECK(w.grad().defined());  // all leaves have theirs
    const tg::NoGrad no_grad;
    at.sub_(at.grad());
    at.zero_grad();
  });
  const Tensor y = (x * w).sum();
  y.backward();
  CHECK(seen == Seen{{3, 3}});
  check_values("x", x, {-2, -1});
  CHECK_FALSE(x.grad().defined());
  (void)tg::grad({(x * w).sum()}, {x});
  CHECK(seen.size() == 1);
  handle.remove();
  (x * w).sum().backward();
  CHECK(seen.size() == 1);
  tg::register_post_accumulate_grad_hook(x,
                                         [](const Tensor&) { throw std::runtime_error("after"); });
  Tensor(x).zero_grad();
  CHECK_THROWS_WITH((x * w).sum().backward(), "after");
  CHECK(x.grad().defined());
}

TEST_CASE("threads walk graphs of their own to one leaf, with hooks that come and go") {
  const Tensor w = leaf({1});
  std::atomic<int> calls{0};
  tg::HookHandle counted = tg::register_hook(w, [&](const Tensor& g) {
    calls.fetch_add(1);
    return g * 2;
  });
  threads::on_threads(4, [&](int) {
    for (int i = 0; i < 50; ++i) {
      tg::HookHandle own = tg::register_hook(w, [](const Tensor&) {});
      const Tensor h = w * 1;
      tg::register_hook(h, [](const Tensor& g) { return g * 3; });
      h.sum().backward();
      own.remove();
    }
  });
  CHECK(calls == 200);
  check_values("w", w.grad(), {200 * 6});
  counted.remove();
}

TEST_CASE("a long chain of hooked results, each holding the one before, is freed") {
  Tensor h = leaf({1});
  for (int i = 0; i < 100'000; ++i) {
    const Tensor before = h;
    h = h * 1;
    tg::register_hook(h, [before](const Tensor&) {});
  }
  h.sum().backward();
  h = {};
  CHECK_FALSE(h.defined());
}
