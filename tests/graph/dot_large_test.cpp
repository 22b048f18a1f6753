// Pictures of graphs that are too large to be drawn as they are.

#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/graph/drawn.h"

namespace tg = tapegrad;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;

namespace {

/// `layers` layers of three operators in modules "net.layers.0" and on, of sizes that differ.
Tensor deep_net(int layers, int first_size = 2, int step = 0) {
  const tg::Scope net("net");
  Tensor x = tg::ones({first_size}).requires_grad_();
  x = tg::sin(x);
  for (int i = 0; i < layers; ++i) {
    const tg::Scope list("layers"), layer(std::to_string(i));
    x = tg::tanh(tg::exp(x * 0.5));
    if (step > 0) x = tg::cat({x, tg::ones({step}).requires_grad_()});
  }
  return tg::sum(x);
}

}  // namespace

TEST_CASE("to_dot: a large graph is closed to modules, and opens") {
  const Tensor y = deep_net(14, 2, 1);  // no layer is like another
  const DotText dot = drawn(y);
  CHECK(dot.nodes.size() == 1 + 1 + 14 + 1 + 1);  // leaf, sin, layers, sum, result
  CHECK(dot.node("3").text == "3|4 operators|1 parameter|keeps 44 B");
  CHECK(dot.node("3").has("peripheries=2"));
  CHECK(dot.node("3").frame == "net/layers");
  CHECK_THAT(dot.edge("3", "4"), ContainsSubstring("[6]"));
  const DotText open = drawn(y, {.open = {"net.layers.3"}});
  CHECK(open.count("exp") == 1);
  CHECK(open.node("exp").frame == "net/layers/3");
  CHECK(open.count("3") == 0);
  CHECK(open.count("4") == 1);
  CHECK(open.edge("2", "mul").find("[5]") != std::string::npos);
  const DotText all = drawn(y, {.most_operators = 0});
  CHECK(all.count("exp") == 14);
  CHECK(drawn(y, {.open = {"net"}}).count("exp") == 14);
}

TEST_CASE("to_dot: a module opens out of what is repeated") {
  const Tensor y = deep_net(20);
  CHECK(drawn(y).count("exp") == 1);
  const DotText open = drawn(y, {.open = {"net.layers.9"}});
  CHECK(open.count("exp") == 3);  // those before, it, and those behind
  CHECK(open.frames == std::vector<std::string>{
                           "net", "net/layers", "net/layers/9 times", "net/layers/9 times/0 to 8",
                           "net/layers/9", "net/layers/10 times", "net/layers/10 times/10 to 19"});
}

TEST_CASE("to_dot: what is repeated is drawn once, with how often, and arrows to the next time") {
  const Tensor wx = tg::ones({3, 3}).requires_grad_(), wh = tg::ones({3, 3}).requires_grad_();
  Tensor h = tg::zeros({1, 3});
  for (int t = 0; t < 50; ++t) {
    const tg::Scope cell("cell");
    h = tg::tanh(tg::matmul(tg::ones({1, 3}), wx) + tg::matmul(h, wh));
  }
  const Tensor loss = tg::sum(h);
  const DotText dot = drawn(loss, {.names = {{"wx", wx}, {"wh", wh}}});
  CHECK(dot.frames == std::vector<std::string>{"cell", "cell/50 times"});
  CHECK(dot.count("matmul") == 2);
  CHECK(dot.node("tanh").frame == "cell/50 times");
  CHECK(dot.node("wx").frame == "cell/50 times");
  CHECK(dot.count("50 of [1, 3]") == 1);
  int carried = 0;
  for (const DotText::Edge& edge : dot.edges) {
    if (edge.attributes.find("dashed") == std::string::npos) continue;
    ++carried;
    CHECK(edge.from == dot.id("tanh"));
  }
  CHECK(carried == 1);
  CHECK_THAT(dot.legend, ContainsSubstring("next time"));
  CHECK_THAT(drawn(loss, {.direction = tg::DotDirection::backward}).legend,
             ContainsSubstring("time before"));
  CHECK(dot.edge("sum", "result") != "none");
}

TEST_CASE("to_dot: layers of one kind are folded where they are too many even closed") {
  const DotText dot = drawn(deep_net(300));
  CHECK(dot.count("exp") == 1);
  CHECK(dot.node("exp").frame == "net/layers/300 times/0 to 299");
}

TEST_CASE("to_dot: repeats within repeats, and a tape of a million records") {
  Tensor y = tg::ones({}).requires_grad_();
  for (int i = 0; i < 20; ++i) {
    for (int k = 0; k < 7; ++k) y = y * 1.5;
    y = tg::sin(y);
  }
  const DotText dot = drawn(y);
  CHECK(dot.frames == std::vector<std::string>{"20 times", "20 times/7 times"});
  for (int i = 0; i < 1'000'000; ++i) y = y + 1;
  CHECK(tg::to_dot(y).size() < 20'000);
}

TEST_CASE("to_dot: of a long tape without any order neighbours are put together") {
  // Shapes that never come again.
  const DotText dot = drawn(deep_net(400, 1, 1), {.most_operators = 20});
  CHECK(dot.nodes.size() < 60);
  Tensor y = tg::ones({}).requires_grad_();
  unsigned random = 1;
  for (int i = 0; i < 10'000; ++i) {
    random = random * 1664525 + 1013904223;
    y = random >> 31 ? tg::sin(y) : tg::exp(y * 0.1);
  }
  const std::string text = tg::to_dot(y);
  CHECK(text.size() < 60'000);
  const DotText long_one = drawn(y);
  CHECK(long_one.nodes.size() <= 60);
  CHECK_THAT(long_one.nodes.begin()->second.text, ContainsSubstring("operators"));
}

TEST_CASE("to_dot: a loop with many leaves is no large picture") {
  Tensor sum = tg::zeros({});
  for (int i = 0; i < 3000; ++i) sum = sum + tg::sum(tg::ones({i % 7 + 1}).requires_grad_());
  CHECK(tg::to_dot(sum).size() < 60'000);
}

TEST_CASE("to_dot: what is there twice is no loop, nor are a few alike side by side") {
  Tensor y = tg::ones({2}).requires_grad_();
  for (int i = 0; i < 2; ++i) y = tg::tanh(tg::exp(tg::cos(tg::sin(y))));
  CHECK(drawn(y, {.most_operators = 7}).frames.empty());
  for (int i = 0; i < 2; ++i) y = tg::tanh(tg::exp(tg::cos(tg::sin(y))));
  CHECK(drawn(y, {.most_operators = 9}).frames == std::vector<std::string>{"4 times"});
}

TEST_CASE("to_dot: around a module that is open all others are as they were") {
  Tensor y = tg::ones({1}).requires_grad_();
  for (int i = 0; i < 12; ++i) {
    const tg::Scope outer("m" + std::to_string(i));
    for (const char* name : {"a", "b"}) {
      const tg::Scope inner(name);
      y = tg::cat({tg::exp(y), tg::ones({1})});
    }
  }
  CHECK(drawn(y, {.most_operators = 20}).nodes.size() == 12 + 1);
  const DotText dot = drawn(y, {.most_operators = 20, .open = {"m3.a"}});
  CHECK(dot.count("m3") == 0);
  CHECK(dot.count("m4") == 1);
  CHECK(dot.node("b").frame == "m3");
  CHECK(dot.node("exp").frame == "m3/a");
}
