// What is computed again has the bits of the plain call: values, gradients of all orders, and what
// else a walk leaves; and the tape does not keep it meanwhile.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/transforms/checkpoint.h"
#include "nn/nn.h"
#include "tests/all_operators.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/point_gradients.h"
#include "tests/transforms/runs.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Contains;
using tg::Tensor;

namespace {

using List = std::vector<Tensor>;
using OfList = std::function<List(const List&)>;

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() &&
         (a == b).to(tg::float32).sum().item() == static_cast<double>(a.numel());
}

/// The same, where NaN stands for itself.
bool same_values(const Tensor& a, const Tensor& b) {
  const auto u = point_gradients::values_of(a), v = point_gradients::values_of(b);
  return std::memcmp(u.data(), v.data(), u.size() * sizeof(double)) == 0 && u.size() == v.size();
}

/// Weights, and what is computed with them, before and within what is checkpointed.
struct Model {
  List leaves;
  explicit Model(std::uint64_t seed = 1, tg::DType dtype = tg::float32) {
    tg::Generator generator(seed);
    for (int i = 0; i < 4; ++i)
      leaves.push_back(tg::randn({6, 6}, dtype, generator).requires_grad_());
  }
};

/// How the function under test is called: plainly, or checkpointed.
using Call = std::function<List(const OfList&, const List&)>;
const Call plainly = [](const OfList& f, const List& x) { return f(x); };
const Call checkpointed = [](const OfList& f, const List& x) { return tg::checkpoint(f, x); };

/// A loss that uses every leaf before, within (captured), beside and behind three segments.
Tensor loss_of(const Model& model, const Call& call) {
  const Tensor &a = model.leaves[0], &b = model.leaves[1], &c = model.leaves[2],
               &d = model.leaves[3];
  Tensor h = tg::tanh(tg::matmul(a, b));
  const Tensor outer = h * c;  // with a history, captured
  for (int i = 0; i < 3; ++i) {
    const List y = call(
        [&b, outer](const List& x) {
          const Tensor u = tg::dropout(tg::sin(tg::matmul(x[0], b)), 0.3);
          const Tensor v = u * outer + tg::sum(x[1], {0}) * x[0] - b / 3;
          return List{v, tg::softmax(v, 1), tg::exp(-u * u), tg::tensor(2.0)};
        },
        {h, c});
    h = y[0] * 0.3 + y[2] / 7 + d * outer;
    h = h + y[1] * b;
  }
  return tg::sum(h * h + tg::sin(b) * a) / 3;
}

}  // namespace

TEST_CASE("a checkpointed function has the bits of the plain call, dropout included") {
  const Model model;
  const auto run = [&](const Call& call) {
    tg::manual_seed(5);
    List all{loss_of(model, call)};
    for (const Tensor& gradient : tg::grad({all[0]}, model.leaves)) all.push_back(gradient);
    all.push_back(tg::rand({3}));  // the generator is where it would be
    return all;
  };
  const List plain = run(plainly), again = run(checkpointed);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    INFO(i);
    CHECK(same_bits(plain[i], again[i]));
  }
}

TEST_CASE("every operator has the same bits in a checkpoint") {
  int compared = 0;
  for (const tg::OperatorInfo& info : all_operators()) {
    for (const tg::OperatorCase& each : info.cases) {
      INFO(info.name << ": " << each.label);
      List leaves;
      for (const Tensor& input : each.inputs)
        if (input.requires_grad()) leaves.push_back(input);
      if (leaves.empty()) continue;
      std::vector<List> all;
      for (const bool use : {false, true}) {
        const Tensor y = use ? tg::checkpoint(each.call, each.inputs) : each.call(each.inputs);
        List& gradients =
            all.emplace_back(tg::grad({tg::sum(tg::sin(y) / 3)}, leaves, {.allow_unused = true}));
        gradients.push_back(y.detach());
      }
      for (std::size_t i = 0; i < all[0].size(); ++i) {
        CHECK(same_values(all[0][i], all[1][i]));
        ++compared;
      }
    }
  }
  CHECK(compared > 500);
}

TEST_CASE("backward() through checkpoints leaves the same bits, and nothing on the tape") {
  const std::int64_t records = tg::live_records();
  std::vector<List> gradients;
  for (const Call& call : {plainly, checkpointed}) {
    const Model model;
    tg::manual_seed(5);
    for (int step = 0; step < 2; ++step) {  // also added to what is there
      const Tensor loss = loss_of(model, call);
      loss.backward({}, {.retain_graph = step == 0});
      if (step == 0) loss.backward();
    }
    CHECK(tg::live_records() == records);
    List& all = gradients.emplace_back();
    for (const Tensor& leaf : model.leaves) all.push_back(leaf.grad());
  }
  for (std::size_t i = 0; i < 4; ++i) CHECK(same_bits(gradients[0][i], gradients[1][i]));
}

TEST_CASE("second and third orders through checkpoints") {
  const Model model(1, tg::float64);
  const auto run = [&](const Call& call) {
    tg::manual_seed(5);
    const Tensor loss = loss_of(model, call);
    const List first = tg::grad({loss}, model.leaves, {.create_graph = true});
    Tensor next = tg::sum(first[0] * first[1]) + tg::sum(tg::sin(first[2]) * first[3]);
    List all = tg::grad({next}, model.leaves, {.create_graph = true});
    const Tensor third = tg::sum(all[0] * all[1] * all[3]) + tg::sum(all[2]);
    for (const Tensor& each : tg::grad({third}, model.leaves)) all.push_back(each);
    return all;
  };
  const List plain = run(plainly), again = run(checkpointed);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    INFO(i);
    CHECK(tg::allclose(plain[i], again[i], 1e-12, 1e-12));
  }
  CHECK(plain[0].abs().sum().item() > 0);
}

TEST_CASE("checkpoints within checkpoints") {
  const Model model;
  const Tensor &a = model.leaves[0], &b = model.leaves[1];  // float32
  const auto run = [&](bool use) {
    const std::function<Tensor(const Tensor&, int)> deep = [&](const Tensor& x, int depth) {
      const auto f = [&deep, &b, depth](const Tensor& t) {
        Tensor u = tg::dropout(tg::tanh(tg::matmul(t, b)), 0.2);
        if (depth > 0) u = deep(deep(u, depth - 1) + t, depth - 1);
        return u * b + t;
      };
      return use ? tg::checkpoint(f, x) : f(x);
    };
    tg::manual_seed(2);
    const Tensor y = deep(a * 0.5, 4);
    List all{y};
    for (const Tensor& g : tg::grad({tg::sum(y * y)}, {a, b}, {.create_graph = true}))
      all.push_back(g);
    for (const Tensor& g : tg::grad({tg::sum(all[1] * all[2])}, {a, b})) all.push_back(g);
    return all;
  };
  const List plain = run(false), again = run(true);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    INFO(i);
    CHECK((i < 3 ? same_bits(plain[i], again[i]) : tg::allclose(plain[i], again[i], 1e-3, 1e-3)));
  }
}

TEST_CASE("a cotangent that stands for its broadcast stays one") {
  // 1 / 3 times the number of rows is not the sum of that many.
  for (const bool use : {false, true}) {
    const Tensor bias = tg::zeros({5}).requires_grad_();
    const Tensor x = tg::ones({1000, 5});
    const auto f = [&](const Tensor& t) { return t + bias; };
    const Tensor y = use ? tg::checkpoint(f, x) : f(x);
    (tg::sum(y) / 3).backward();
    CHECK(bias.grad()[0].item() == 1000 * (1 / 3.0F));
  }
}

TEST_CASE("gradients for a subset, for the outputs themselves and for captured tensors") {
  const Model model;
  const Tensor &a = model.leaves[0], &b = model.leaves[1];
  const auto run = [&](const Call& call) {
    const Tensor h = a * 2, outer = tg::sin(b);
    const List y = call(
        [=](const List& x) {
          return List{x[0] * outer, tg::exp(x[0]) * x[0]};
        },
        {h});
    const Tensor loss = tg::sum(y[0] * y[1] * y[0]);
    return tg::grad({loss}, {y[1], outer, h, y[0]});
  };
  const List plain = run(plainly), again = run(checkpointed);
  for (std::size_t i = 0; i < plain.size(); ++i) CHECK(same_bits(plain[i], again[i]));
  // What is not asked for is not computed: the rule below is not run.
  int walked = 0;
  const Tensor y = tg::checkpoint(
      [&](const Tensor& x, const Tensor& z) { return runs(x, [&] { ++walked; }) * z; }, a, b);
  CHECK(same_bits(tg::grad({y}, {b}, {.grad_outputs = {y.detach()}})[0], a * (a * b).detach()));
  CHECK(walked == 0);
}

TEST_CASE("one of several outputs, an input, a constant, and the same output twice") {
  const Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
  const List y = tg::checkpoint(
      [](const List& in) {
        const Tensor s = in[0] * in[0];
        return List{in[0], tg::tensor({5.0, 6.0}), s, s, tg::argmax(in[0])};
      },
      List{x});
  CHECK(y[0].is_same(x));
  CHECK_FALSE(y[1].requires_grad());
  CHECK(y[2].is_same(y[3]));
  CHECK(y[4].item() == 1);
  tg::sum(y[2] * y[3] + y[0]).backward();
  CHECK(x.grad()[1].item() == 4 * 8 + 1);
  // One that depends on nothing with a gradient, and one of nothing but what is captured.
  CHECK_FALSE(tg::checkpoint([](const Tensor& t) { return t * 2; }, tg::ones({2})).requires_grad());
  const Tensor captured = tg::checkpoint([&] { return x * x; });
  CHECK(tg::grad(tg::sum(captured), x)[1].item() == 4);
  {
    const tg::NoGrad no_grad;
    CHECK_FALSE(tg::checkpoint([](const Tensor& t) { return t * 2; }, x).requires_grad());
  }
}

TEST_CASE("a function that changes types by a C++ number does so again") {
  const Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
  const Tensor number = 0.1;
  const Tensor y =
      tg::checkpoint([](const Tensor& t, const Tensor& n) { return t * n; }, x, number);
  CHECK(y.dtype() == tg::float32);
  CHECK(tg::grad(tg::sum(y), x)[0].item() == 0.1F);
}

TEST_CASE("memory: a chain keeps its segments' inputs, and one segment while it is walked") {
  constexpr std::int64_t n = 1 << 14;
  const Tensor w = tg::full({n}, 0.9).requires_grad_();
  const auto most = [&](bool use) {
    std::int64_t peak = 0;
    const std::int64_t before = tg::memory_stats().live_bytes;
    const auto look = [&] { peak = std::max(peak, tg::memory_stats().live_bytes - before); };
    Tensor h = tg::ones({n});
    for (int i = 0; i < 20; ++i) {
      const auto f = [&](const Tensor& x) {
        Tensor u = x;
        for (int k = 0; k < 20; ++k) u = tg::sin(u * w);
        return runs(u, look);
      };
      h = use ? tg::checkpoint(f, h) : f(h);
    }
    look();
    tg::sum(h).backward();
    const_cast<Tensor&>(w).zero_grad();
    return static_cast<double>(peak) / (n * 4);
  };
  const double plain = most(false), again = most(true);
  CHECK(plain > 800);      // two values for each of 400 steps
  CHECK(again < 20 + 60);  // 20 inputs, and 40 values of a segment
}

TEST_CASE("a chain of many segments, and what was made in a region goes at once") {
  const std::int64_t records = tg::live_records();
  const Tensor x = tg::tensor(0.5).requires_grad_();
  Tensor y = x;
  for (int i = 0; i < 20000; ++i)
    y = tg::checkpoint([y](const Tensor& t) { return t * 0.5 + y * 0.5; }, y);
  CHECK(tg::live_records() - records == 2 * 20000);
  y.backward();
  CHECK(x.grad().item() == 1);
  CHECK(tg::live_records() == records + 1);  // the last output's, without what it had kept
  y = x;
  CHECK(tg::live_records() == records);
}

TEST_CASE("what a function captures goes when the graph is released") {
  const auto token = std::make_shared<int>(1);
  const Tensor x = tg::tensor(0.5).requires_grad_();
  const List y = tg::checkpoint(
      [token](const List& in) {
        return List{in[0] * 2, in[0] * 3};
      },
      List{x});
  CHECK(token.use_count() == 2);
  y[0].backward({}, {.retain_graph = true});
  CHECK(token.use_count() == 2);
  y[0].backward();
  CHECK(token.use_count() == 1);
  CHECK_THAT(message_of<tg::GradError>([&] { y[1].backward(); }), Contains("was released"));
}

TEST_CASE("forward mode within, around and across checkpoints") {
  const Tensor x = tg::tensor({0.3, 0.7}, tg::float64), v = tg::tensor({1.0, -2.0}, tg::float64);
  const auto plain = [](const Tensor& t) { return tg::sin(t) * t * tg::exp(t); };
  const auto again = [&](const Tensor& t) { return tg::checkpoint(plain, t); };
  CHECK(same_bits(tg::jvp(plain, x, v).second, tg::jvp(again, x, v).second));
  const auto slope = [](const auto& f) {
    return [&f](const Tensor& at) {
      Tensor leaf = at;
      leaf.requires_grad_();
      return tg::grad(tg::sum(f(leaf)), leaf);
    };
  };
  // Forward over reverse: what is computed again has tangents.
  CHECK(same_bits(tg::jvp(slope(plain), x, v).second, tg::jvp(slope(again), x, v).second));
  // Reverse over forward, and a tangent computed within.
  const auto along = [&](const auto& f) {
    return [&f, &v](const Tensor& at) { return tg::jvp(f, at, v).second; };
  };
  const auto by_forward = along(plain);
  const auto by_again = along(again);
  CHECK(tg::allclose(slope(by_forward)(x.clone()), slope(by_again)(x.clone()), 1e-14));
  const auto within = [&](const Tensor& t) { return tg::checkpoint(by_forward, t); };
  CHECK(same_bits(slope(by_forward)(x.clone()), slope(within)(x.clone())));
  // A walk within what is checkpointed.
  const auto curved = [&](const Tensor& t) {
    const Tensor u = t * 1;
    return tg::grad(tg::sum(plain(u)), u, {.create_graph = true});
  };
  const auto curved_again = [&](const Tensor& t) { return tg::checkpoint(curved, t); };
  CHECK(same_bits(slope(curved)(x.clone()), slope(curved_again)(x.clone())));
}

TEST_CASE("a graph with checkpoints may be made in one thread and walked in another") {
  const Model model;
  tg::manual_seed(5);
  const List plain = tg::grad({loss_of(model, plainly)}, model.leaves);
  tg::manual_seed(5);
  const Tensor loss = loss_of(model, checkpointed);
  List other;
  std::thread([&] { other = tg::grad({loss}, model.leaves); }).join();
  for (std::size_t i = 0; i < plain.size(); ++i) CHECK(same_bits(plain[i], other[i]));
}

TEST_CASE("checkpoints capture what another thread recorded far ahead of this one") {
  List gradients;
  for (const bool use : {false, true}) {
    const Tensor x = tg::tensor({0.5, 0.25}).requires_grad_();
    Tensor far = x;
    for (int i = 0; i < 1000; ++i) far = far + 0;
    const auto elsewhere = [&, use] {
      Tensor y;
      std::thread([&] {  // its records are counted from 1
        const auto f = [&far](const Tensor& t) { return tg::sin(t) * far; };
        y = use ? tg::checkpoint(f, x) : f(x);
      })
          .join();
      return y;
    };
    const Tensor a = elsewhere(), b = elsewhere();
    tg::sum(a * b).backward();
    gradients.push_back(x.grad());
  }
  CHECK(tg::allclose(gradients[0], gradients[1], 1e-6));
}

TEST_CASE("what is computed again has the module path and default type of the first time") {
  std::vector<std::string> paths;
  const Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
  Tensor y;
  {
    const tg::Scope net("net");
    const tg::DefaultDType doubles(tg::float64);
    y = tg::checkpoint(
        [&](const Tensor& t) {
          const tg::Scope layer("layer");
          paths.emplace_back(tg::current_scope());
          return t.to(tg::float64) * tg::ones({2});
        },
        x);
  }
  CHECK(y.dtype() == tg::float64);
  tg::sum(y).backward();
  CHECK(paths == std::vector<std::string>{"net.layer", "net.layer"});
  CHECK(tg::current_scope() == nullptr);
  CHECK(tg::records(y).back().scope == "net");
}

TEST_CASE("models are checkpointed as they are, and retained gradients arrive") {
  tg::manual_seed(3);
  nn::Sequential net{nn::Linear{4, 8}, tg::relu, nn::Linear{8, 2}};
  const Tensor x = tg::randn({5, 4});
  std::vector<List> all;
  for (const bool use : {false, true}) {
    nn::zero_grad(net);
    Tensor y = use ? tg::checkpoint(net, x) : net(x);
    y.retain_grad();
    tg::mean(y * y).backward();
    List& gradients = all.emplace_back();
    for (const auto& parameter : nn::parameters(net)) gradients.push_back(parameter.value.grad());
    gradients.push_back(y.grad());
  }
  for (std::size_t i = 0; i < all[0].size(); ++i) CHECK(same_bits(all[0][i], all[1][i]));
}

TEST_CASE("an error while it is computed again leaves everything as it was") {
  const Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
  bool fails = false;
  const auto make = [&] {
    return tg::checkpoint(
        [&](const Tensor& t) {
          const tg::Scope scope("layer");
          const Tensor u = tg::dropout(t, 0.5);
          if (fails) tg::fail<tg::ValueError>("f: not again");
          return u * u;
        },
        x);
  };
  const Tensor y = make();
  const std::uint64_t position = tg::default_generator().position();
  fails = true;
  CHECK_THAT(message_of<tg::ValueError>([&] { tg::sum(y).backward({}, {.retain_graph = true}); }),
             Contains("f: not again") && Contains("layer"));
  CHECK_FALSE(x.grad().defined());
  CHECK(tg::grad_enabled());
  CHECK(tg::current_scope() == nullptr);
  CHECK(tg::default_generator().position() == position);
  fails = false;
  tg::sum(y).backward();
  CHECK(x.grad().defined());
}

TEST_CASE("a function that computes something else the next time is an error") {
  const Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
  const auto second = [&](const std::function<Tensor(const Tensor&, int)>& f) {
    int calls = 0;
    const Tensor y = tg::checkpoint([&](const Tensor& t) { return f(t, calls++); }, x);
    return message_of<tg::GradError>([&] { tg::sum(y).backward(); });
  };
  CHECK_THAT(second([](const Tensor& t, int i) {
               return i ? tg::cat({t, t}) : t * 2;
             }),
             Contains("output 0 had shape [4] and type float32, and before [2] and float32"));
  CHECK_THAT(second([](const Tensor& t, int i) { return t * (i + 2); }),
             Contains("output 0 of shape [2] had other elements"));
  CHECK_THAT(second([](const Tensor& t, int i) { return i ? (t * 2).detach() : t * 2; }),
             Contains("did not depend on what requires gradients"));
  const Tensor two = x * 2, other = x * 2;
  CHECK_THAT(second([&](const Tensor& t, int i) { return t + (i ? other : two); }),
             Contains("it read 'mul'"));
  int calls = 0;
  const List y =
      tg::checkpoint([&](const List& in) { return calls++ ? List{} : List{in[0] * 2}; }, List{x});
  CHECK_THAT(message_of<tg::GradError>([&] { tg::sum(y[0]).backward(); }),
             Contains("returned 0 tensors"));
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("changes in place of what a checkpoint has to read again are errors") {
  const Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
  Tensor h = x * 2, w = tg::tensor({3.0, 4.0}).requires_grad_();
  const auto f = [&](const Tensor& t) { return t + w; };
  const Tensor y = tg::checkpoint(f, h), z = tg::checkpoint(f, x * 2);
  h.add_(1);
  CHECK_THAT(message_of<tg::GradError>([&] { tg::sum(y).backward(); }),
             Contains("'checkpoint'") && Contains("'add_'"));
  {
    const tg::NoGrad no_grad;
    w.sub_(1);
  }
  CHECK_THAT(message_of<tg::GradError>([&] { tg::sum(z).backward(); }),
             Contains("'checkpoint'") && Contains("'sub_'"));
  Tensor u = x * 2;
  CHECK_THAT(message_of<tg::GradError>(
                 [&] { (void)tg::checkpoint([](Tensor t) { return t.mul_(2) * 1; }, u); }),
             Contains("changed its input 0 of shape [2] in place by 'mul_'"));
}
