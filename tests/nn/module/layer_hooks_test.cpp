// Hooks of layers: when they are called, with what, what a replacement does, whose they are.

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "nn/module/hooks.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/point_gradients.h"

namespace nn = tapegrad::nn;
using namespace point_gradients;
using Catch::Matchers::ContainsSubstring;

namespace {

/// y = w x, in float64.
nn::Linear times(double w) {
  nn::Linear layer{1, 1, {.bias = false, .dtype = tg::float64}};
  layer.weight = tg::full({1, 1}, w, tg::float64).requires_grad_();
  return layer;
}

struct Block {
  nn::Linear fc = times(3);
  Tensor operator()(const Tensor& x) const { return fc(x) * 10; }
  void visit(nn::Visitor& f) { f("fc", fc); }
};

struct Net {
  Block plain;
  nn::Layer held{Block{}};
  nn::Sequential list{times(2), tg::exp, Block{}};
  std::vector<nn::Linear> many{times(1), times(7)};
  Tensor operator()(const Tensor& x) const {
    const Tensor y = many[1](plain(x));
    return y + held(x);
  }
  void visit(nn::Visitor& f) {
    f("plain", plain);
    f("held", held);
    f("list", list);
    f("many", many);
  }
};

/// "name(x)" or "name(x -> y)" for each call, of tensors of one element.
struct Log {
  std::vector<std::string> lines;
  static std::string number(const Tensor& x) {
    return x.defined() ? std::to_string(static_cast<int>(x.item())) : "none";
  }
  auto one(std::string name) {
    return [this, name](const Tensor& x) { lines.push_back(name + "(" + number(x) + ")"); };
  }
  auto two(std::string name) {
    return [this, name](const Tensor& x, const Tensor& y) {
      lines.push_back(name + "(" + number(x) + " -> " + number(y) + ")");
    };
  }
};

Tensor point(double x) { return leaf({x}).detach().reshape({1, 1}).requires_grad_(); }

}  // namespace

TEST_CASE("hooks see a layer's input and output, in the order of registration, and are taken off") {
  Net net;
  Log log;
  nn::register_forward_hook(net, "plain.fc", log.two("out"));
  tg::HookHandle in = nn::register_forward_pre_hook(net, "plain.fc", log.one("in"));
  nn::register_forward_hook(net.many[1], log.two("last"));
  nn::register_forward_hook(net, "held", log.two("held"));
  const Tensor x = point(2);
  const Tensor y = net(x);
  CHECK(log.lines ==
        std::vector<std::string>{"in(2)", "out(2 -> 6)", "last(60 -> 420)", "held(2 -> 60)"});
  check_values("y", y, {480});
  in.remove();
  log.lines.clear();
  (void)net.plain(x);
  CHECK(log.lines == std::vector<std::string>{"out(2 -> 6)"});
}

TEST_CASE("hooks replace inputs and outputs, each what the one before made") {
  nn::Sequential net{times(2), tg::exp};
  nn::register_forward_pre_hook(net, "0", [](const Tensor& x) { return x + 1; });
  nn::register_forward_pre_hook(net, "0", [](const Tensor& x) { return x * 10; });
  nn::register_forward_hook(net, "0", [](const Tensor& x, const Tensor& y) { return y - x; });
  nn::register_forward_hook(net, "0", [](const Tensor&, const Tensor&) { return Tensor(); });
  nn::register_forward_hook(net, "1", [](const Tensor& x, const Tensor&) { return x * 5; });
  Log log;
  nn::register_forward_hook(net, log.two("net"));
  const Tensor x = point(3);
  const Tensor y = net(x);
  check_values("y", y, {(80 - 40) * 5});
  CHECK(log.lines == std::vector<std::string>{"net(3 -> 200)"});
  y.sum().backward();
  check_values("x", x.grad(), {(2 - 1) * 10 * 5});
}

TEST_CASE("a backward hook sees both gradients, and replaces that of the input") {
  Net net;
  Log log;
  const Tensor x = point(2);
  nn::register_full_backward_hook(net, "plain.fc", log.two("fc"));
  nn::register_full_backward_hook(net, "plain.fc",
                                  [](const Tensor& in, const Tensor&) { return in * 100; });
  tg::HookHandle third = nn::register_full_backward_hook(net, "plain.fc", log.two("again"));
  const Tensor y = net.plain(x) + x * 5;  // what comes by another way is not the layer's
  y.sum().backward({}, {.retain_graph = true});
  CHECK(log.lines == std::vector<std::string>{"fc(30 -> 10)", "again(3000 -> 10)"});
  check_values("x", x.grad(), {3000 + 5});
  check_values("the weight sees the layer's input", net.plain.fc.weight.grad(), {20});
  third.remove();  // also for graphs that are there
  log.lines.clear();
  y.sum().backward();
  CHECK(log.lines == std::vector<std::string>{"fc(30 -> 10)"});
}

TEST_CASE("a backward hook of a first layer gets the output's gradient alone") {
  nn::Sequential net{times(2), times(3)};
  Log log;
  nn::register_full_backward_hook(net, "0", log.two("first"));
  const Tensor x = point(4).detach();
  net(x).sum().backward();
  CHECK(log.lines == std::vector<std::string>{"first(none -> 3)"});
  tg::HookHandle bad =
      nn::register_full_backward_hook(net, "0", [](const Tensor&, const Tensor& g) { return g; });
  CHECK_THAT(message_of<tg::GradError>([&] { net(x).sum().backward(); }),
             ContainsSubstring("an input that requires none"));
  bad.remove();
  log.lines.clear();
  {
    const tg::NoGrad no_grad;
    CHECK_FALSE(net(x).requires_grad());
  }
  // A walk that does not go through to the input calls none.
  const Tensor in = point(4);
  (void)tg::grad({net(in).sum()}, {net[0].get<nn::Linear>()->weight});
  CHECK(log.lines.empty());
}

TEST_CASE("backward hooks are differentiated again, and leave nothing behind") {
  nn::Sequential net{times(2), tg::exp, times(3)};
  std::vector<double> seen;
  nn::register_full_backward_hook(net, "1", [&](const Tensor& in, const Tensor& out) {
    seen.push_back(out.item());
    return in * out;
  });
  const Tensor x = point(0.5);
  const Tensor y = net(x).sum();
  const Tensor dx = tg::grad({y}, {x}, {.create_graph = true})[0];
  const double e = std::exp(1.0);
  check_values("dx", dx, {2 * 3 * 3 * e});
  check_values("w", tg::grad({dx.sum()}, {net[2].get<nn::Linear>()->weight})[0], {2 * 2 * 3 * e});
  CHECK(seen.size() >= 1);
  // By its weight alone, recorded: what the output's end noted is gone when the walk ends, though it
  // owns the graph. (A leak would be seen at the end of this test.)
  nn::register_full_backward_hook(net, "0", [](const Tensor&, const Tensor&) {});
  const Tensor z = net(x).sum();
  (void)tg::grad({z}, {net[0].get<nn::Linear>()->weight}, {.create_graph = true});
  const auto [value, tangent] =
      tg::jvp([&](const Tensor& at) { return net(at); }, x.detach(), tg::ones({1, 1}, tg::float64));
  check_values("forward mode goes through", tangent, {6 * e});
}

TEST_CASE("what backward hooks return is checked") {
  nn::Linear layer = times(2);
  const Tensor x = point(4);
  tg::HookHandle handle = nn::register_full_backward_hook(
      layer, [](const Tensor& g, const Tensor&) { return g.reshape({1}); });
  CHECK_THAT(message_of<tg::GradError>([&] { layer(x).sum().backward(); }),
             ContainsSubstring("returned a tensor of shape [1] and type float64 for the input's "
                               "gradient of shape [1, 1] and type float64"));
  CHECK_FALSE(x.grad().defined());
  handle.remove();
  nn::register_full_backward_hook(
      layer, [](const Tensor&, const Tensor&) { throw std::runtime_error("no"); });
  CHECK_THROWS_WITH(layer(x).sum().backward(), "no");
}

TEST_CASE("hooks move with a layer, are shared by its copies, and go with the last") {
  const auto held = std::make_shared<int>(1);
  int calls = 0;
  const auto counts = [&calls, held](const Tensor&, const Tensor&) { ++calls; };
  const Tensor x = point(1);
  {
    nn::Linear layer = times(2);
    const nn::Linear before = layer;
    tg::HookHandle handle = nn::register_forward_hook(layer, counts);
    nn::Linear moved = std::move(layer);
    (void)moved(x);
    CHECK(calls == 1);
    nn::Sequential net{moved, tg::exp};
    (void)net(x);
    CHECK(calls == 2);
    const nn::Sequential copy = nn::clone(net);
    (void)copy(x);
    CHECK(calls == 3);
    (void)before(x);  // a copy from before has none
    CHECK(calls == 3);
    handle.remove();
    (void)copy(x);
    (void)moved(x);
    CHECK(calls == 3);
    nn::register_forward_hook(net, "1", counts);
    (void)copy(x);
    CHECK(calls == 3);
    (void)nn::Sequential(net)(x);
    CHECK(calls == 4);
  }
  CHECK(held.use_count() == 2);
}

TEST_CASE("a module that does not call hooks, or is not there, is an error that says so") {
  Net net;
  const auto hook = [](const Tensor&, const Tensor&) {};
  const auto message = [&](auto path) {
    return message_of<tg::ValueError>([&] { nn::register_forward_hook(net, path, hook); });
  };
  CHECK_THAT(message("plain"),
             ContainsSubstring("register_forward_hook: \"plain\" is Block, which does not call "
                               "hooks; hold it as an nn::Layer"));
  CHECK_THAT(message(""), ContainsSubstring("the model is Net, which does not call hooks"));
  CHECK_THAT(message("fc9"), ContainsSubstring("has no module \"fc9\"; it has plain, plain.fc, "
                                               "held, held.fc, list, list.0, list.1, list.2, "
                                               "list.2.fc, many.0, many.1"));
  CHECK_THAT(message_of<tg::ValueError>(
                 [&] { nn::register_full_backward_hook(net, "plain.fc.weight", hook); }),
             ContainsSubstring("register_full_backward_hook: the model has no module"));
  int calls = 0;
  const auto counts = [&](const Tensor&, const Tensor&) { ++calls; };
  for (const char* path :
       {"held", "held.fc", "list", "list.0", "list.1", "list.2", "list.2.fc", "many.0"})
    nn::register_forward_hook(net, path, counts);
  (void)net.held(point(1));
  CHECK(calls == 2);
  (void)net.list(point(1));
  CHECK(calls == 2 + 5);
  (void)net.many[0](point(1));
  CHECK(calls == 8);
}

TEST_CASE("a hook may call other layers, and its own again; errors leave nothing armed") {
  nn::Linear layer = times(2);
  int depth = 0, calls = 0;
  nn::register_forward_hook(layer, [&](const Tensor&, const Tensor& y) {
    ++calls;
    if (depth++ == 0) return layer(y);
    return Tensor();
  });
  check_values("twice", layer(point(3)), {12});
  CHECK(calls == 2);
  CHECK_THROWS_AS(layer(Tensor()), tg::ValueError);
  check_values("as before", layer(point(3)), {6});
  CHECK(calls == 3);
  tg::HookHandle throws =
      nn::register_forward_pre_hook(layer, [](const Tensor&) { throw std::runtime_error("no"); });
  CHECK_THROWS_WITH(layer(point(3)), "no");
  throws.remove();
  (void)layer(point(3));
  CHECK(calls == 4);
}

TEST_CASE("what hooks compute is named by where the layer is called, not by the layer") {
  nn::Sequential net{times(2)};
  nn::name_modules(net, "net");
  nn::register_forward_hook(net, "0", [](const Tensor&, const Tensor& y) { return y * 3; });
  const auto records = tg::records(net(point(1)));
  REQUIRE(records.size() == 2);
  CHECK(records[0].scope == "net.0");
  CHECK(records[1].scope.empty());
}
