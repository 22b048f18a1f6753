// The walk by itself: what inputs and roots may be of each other, walks within walks, gradients
// that begin as one buffer, and what a record costs.

#include <functional>
#include <stdexcept>

#include "autograd/autograd.h"
#include "autograd/tape/record.h"
#include "tests/catch.h"
#include "tests/memory/memory.h"
#include "tests/message_of.h"
#include "tests/point_gradients.h"
#include "tests/transforms/runs.h"

using namespace point_gradients;

TEST_CASE("grad: an input may be a root, a leaf, both, behind another, or asked for twice") {
  const Tensor x = leaf({2, 3});
  const Tensor h = x * x;
  const Tensor y = (h * x).sum();
  const std::vector<Tensor> found =
      tg::grad({y, x.sum(), x, h}, {h, x, y, x, h},
               {.grad_outputs = {1.0, 1.0, leaf({10, 20}).detach(), leaf({100, 200}).detach()}});
  check_values("h", found[0], {2 + 100, 3 + 200});
  check_values("x", found[1], {3 * 4 + 1 + 10 + 100 * 4, 3 * 9 + 1 + 20 + 200 * 6});
  check_values("y", found[2], {1});
  check_values("x again", found[3], values_of(found[1]));
  check_values("h again", found[4], values_of(found[0]));
  CHECK_FALSE(found[1].is_same(found[3]));
}

TEST_CASE("grad: inputs that are views of one value have gradients of their own") {
  const Tensor x = leaf({1, 2, 3, 4});
  const Tensor rows = x.reshape({2, 2}), row = rows[1], leaf_view = x.detach().requires_grad_();
  const Tensor y = (row * row).sum() + (leaf_view * 5).sum() + (rows * 7).sum();
  const std::vector<Tensor> found = tg::grad({y}, {rows, leaf_view, x, row});
  check_values("rows", found[0], {7, 7, 13, 15});
  check_values("leaf", found[1], {5, 5, 5, 5});
  check_values("x", found[2], {7, 7, 13, 15});
  check_values("row", found[3], {6, 8});
}

TEST_CASE("grad: thousands of inputs, leaves and others, each has its own") {
  constexpr int count = 3000;
  std::vector<Tensor> inputs;
  std::vector<Tensor> parts;
  for (int i = 0; i < count; ++i) {
    const Tensor x = leaf({1.0 * i});
    inputs.push_back(i % 2 ? x : x * 1);
    parts.push_back(inputs.back() * i);
  }
  const std::vector<Tensor> found = tg::grad({tg::cat(parts).sum()}, inputs);
  bool right = true;
  for (int i = 0; i < count; ++i) right = right && found[static_cast<std::size_t>(i)].item() == i;
  CHECK(right);
}

TEST_CASE("grad: an input that a rule changes in place is answered for what it was") {
  const Tensor x = leaf({2});
  Tensor h = x * 3;
  const Tensor y = runs(h * 5, [&] {
    const tg::EnableGrad recording;
    h.add_(x);  // has another history now
  });
  check_values("h", tg::grad(y.sum(), h), {5});
}

TEST_CASE("grad: an error says nothing of records that an earlier walk has released") {
  const Tensor x = leaf({2, 3}), other = leaf({1});
  const Tensor y = x * x;
  y.sum().backward();
  const Tensor z = (y * 2).sum();
  CHECK_THROWS_AS(tg::grad({z}, {y, other}), tg::GradError);
  CHECK_THAT(message_of<tg::GradError>([&] { (y * 2).sum().backward(); }),
             Catch::Matchers::ContainsSubstring("was released by an earlier backward"));
}

TEST_CASE("a walk within a walk over the same records gives them back as they were") {
  const Tensor x = leaf({2});
  Tensor h = x;
  for (int i = 0; i < 5; ++i) h = h * 1.0;
  const Tensor inside = (h * h).sum();
  const bool outer_captures = GENERATE(false, true), inner_captures = GENERATE(false, true);
  std::vector<double> found;
  const auto walk = [&] {
    if (inner_captures) {
      found.push_back(tg::grad(inside, h, {.retain_graph = true}).item());
    } else {
      inside.backward({.retain_graph = true});
    }
  };
  // What arrives at h before and after the rule has run, of which the walk within sees nothing.
  const Tensor y = (runs(h, walk) + h * 10 + runs(h * 100, walk)).sum();
  double gradient = 0;
  if (outer_captures) {
    gradient = tg::grad(y, x, {.retain_graph = true}).item();
  } else {
    y.backward({.retain_graph = true});
    gradient = x.grad().item() - (inner_captures ? 0 : 2 * 4);
  }
  CHECK(gradient == 111);
  if (inner_captures) CHECK(found == std::vector<double>{4, 4});
}

TEST_CASE("a walk within a walk that throws gives the records back, and so does the outer") {
  const Tensor x = leaf({2});
  const Tensor h = x * 1.0;
  bool fails = true;
  const Tensor inside = runs(h * h, [&] {
                          if (fails) throw std::runtime_error("inner");
                        }).sum();
  bool catches = true;
  const Tensor y = (runs(h,
                         [&] {
                           try {
                             tg::grad(inside, x, {.retain_graph = true});
                           } catch (const std::runtime_error&) {
                             if (!catches) throw;
                           }
                         }) +
                    h * 10)
                       .sum();
  check_values("x", tg::grad(y, x, {.retain_graph = true}), {11});
  catches = false;
  CHECK_THROWS_AS(tg::grad(y, x, {.retain_graph = true}), std::runtime_error);
  CHECK_THROWS_AS(y.backward({.retain_graph = true}), std::runtime_error);
  CHECK_FALSE(x.grad().defined());
  fails = false;
  y.backward({.retain_graph = true});
  check_values("x", x.grad(), {11});
  check_values("x", tg::grad(inside, x), {4});
}

TEST_CASE("gradients that begin as one buffer end as several") {
  const Tensor a = leaf({1, 2}), b = leaf({3, 4});
  const Tensor seed = tg::tensor({5.0, 6.0}, tg::float64);
  SECTION("of two leaves, of which one has a gradient that the program holds") {
    (a * 1).backward(seed);
    const Tensor held = a.grad();
    (a + b).backward(seed);
    check_values("held", held, {5, 6});
    check_values("a", a.grad(), {10, 12});
    check_values("b", b.grad(), {5, 6});
    (a + b).backward(seed);
    b.mutable_grad().mul_(0);
    check_values("held", held, {5, 6});
    check_values("a", a.grad(), {15, 18});
  }
  SECTION("of one leaf twice") {
    (a + a).backward(seed);
    check_values("a", a.grad(), {10, 12});
    (a + a).backward(seed);
    check_values("a", a.grad(), {20, 24});
  }
  SECTION("of a leaf that is walked from with its own gradient") {
    a.backward(seed);
    a.backward(a.grad());
    check_values("a", a.grad(), {10, 12});
  }
  SECTION("recorded") {
    (a + b).backward(seed, {.create_graph = true});
    Tensor first = a, second = b;
    first.mutable_grad().mul_(0);
    check_values("b", b.grad(), {5, 6});
    first.zero_grad();
    second.zero_grad();
  }
  check_values("seed", seed, {5, 6});
}

TEST_CASE("a record has 64 bytes, and a scalar operator takes at most 200 bytes") {
  CHECK(sizeof(tg::detail::Record) == 64);
  CHECK(sizeof(tg::detail::Impl) == 56);
  if (!memory::caches()) return;  // each block has one of the system's around it
  const std::vector<std::pair<const char*, std::function<Tensor(const Tensor&)>>> operators = {
      {"sin", [](const Tensor& y) { return tg::sin(y); }},
      {"mul", [](const Tensor& y) { return y * y; }},
      {"add", [](const Tensor& y) { return y + y; }}};
  for (const auto& [name, apply] : operators) {
    Tensor y = tg::ones({1}).requires_grad_();
    for (int i = 0; i < 10; ++i) y = apply(y);
    const std::int64_t before = tg::memory_stats().live_bytes;
    constexpr int count = 1000;
    for (int i = 0; i < count; ++i) y = apply(y);
    const double bytes = static_cast<double>(tg::memory_stats().live_bytes - before) / count;
    INFO(name << ": " << bytes << " bytes");
    CHECK(bytes > 64);
    CHECK(bytes <= 200);
  }
}
