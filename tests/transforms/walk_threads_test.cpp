// Walks on several threads: leaves may be shared, and more than leaves is an error that says so,
// after which everything can be walked again.

#include <atomic>
#include <functional>
#include <latch>
#include <string>
#include <thread>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/on_threads.h"
#include "tests/point_gradients.h"
#include "tests/transforms/runs.h"

using namespace point_gradients;
using namespace threads;
using Catch::Matchers::ContainsSubstring;

namespace {

/// x, with a rule that says that its walk has begun, and waits until it may go on.
struct Waits {
  static constexpr const char* name = "waits";
  static constexpr bool opaque = true;
  static constexpr tg::Reads reads[] = {tg::kNone};
  std::latch* begun;
  std::latch* go_on;
  Tensor forward(const Tensor& x) const { return x * 1; }
  Tensor vjp(const Tensor& g, auto, auto) const {
    begun->count_down();
    go_on->wait();
    return g * 1;
  }
};

/// x^2, with a rule that reads x.
struct Square {
  static constexpr const char* name = "square_of";
  static constexpr tg::Reads reads[] = {tg::kA};
  static Tensor forward(const Tensor& x) { return x * x; }
  static Tensor vjp(const Tensor& g, const Tensor& x, auto) { return g * 2 * x; }
};

/// x and 2x, with a rule that reads the other output often.
struct Twice {
  static constexpr const char* name = "twice";
  static constexpr tg::Reads reads = tg::kY;
  static std::vector<Tensor> forward(std::span<const Tensor> x) { return {x[0] * 1, x[0] * 2}; }
  static Tensor vjp(std::size_t, std::span<const Tensor> g, auto, const tg::SavedList& y) {
    double ones = 0;
    for (int i = 0; i < 200; ++i) ones += y[1].item() / 400;
    return g[0] * ones;
  }
};

/// Two graphs on one trunk, of which `walked` is being walked by another thread, from when this is
/// made until `finish`.
struct SharedTrunk {
  const Tensor x = leaf({0.5, 1});
  const Tensor trunk = tg::tanh(x);
  std::latch begun{1}, go_on{1};
  const Tensor walked = tg::apply(Waits{&begun, &go_on}, trunk).sum();
  const Tensor other = (trunk * 2).sum();
  std::thread walker;

  explicit SharedTrunk(bool retain_graph)
      : walker([this, retain_graph] { walked.backward({.retain_graph = retain_graph}); }) {
    begun.wait();
  }
  void finish() {
    go_on.count_down();
    walker.join();
  }
  /// Of x, for `scale` times the trunk.
  static std::vector<double> expected(double scale) {
    const auto slope = [](double at) { return 1 - std::tanh(at) * std::tanh(at); };
    return {scale * slope(0.5), scale * slope(1)};
  }
};

constexpr const char* kOtherThread =
    "backward: 'tanh' (output [2]) is part of a graph that another thread is walking at this moment";

}  // namespace

TEST_CASE("the gradients that two threads leave at one leaf add up", "[threads]") {
  struct Case {
    const char* what;
    bool before, held, create_graph, retain_grad;
  };
  const Case test = GENERATE(Case{"none before", false, false, false, false},  //
                             Case{"one before", true, false, false, false},
                             Case{"one before, which the program holds", true, true, false, false},
                             Case{"recorded", false, false, true, false},
                             Case{"with outputs that keep theirs", false, false, false, true});
  INFO(test.what);
  Tensor w = leaf({1, 2});
  if (test.before) w.set_grad(tg::full({2}, 1000, tg::float64));
  const Tensor kept = test.held ? w.grad() : Tensor();
  std::vector<Finding> findings(2);
  on_threads(2, [&](int i) {
    bool right = true;
    for (int round = 0; round < 200; ++round) {
      Tensor y = w * 1.0;
      if (test.retain_grad) y.retain_grad();
      y.sum().backward({.create_graph = test.create_graph});
      if (test.retain_grad) right = right && values_of(y.grad()) == std::vector<double>{1, 1};
    }
    findings[static_cast<std::size_t>(i)].truth = right;
  });
  const double sum = test.before ? 1400 : 400;
  CHECK(values_of(w.grad()) == std::vector<double>{sum, sum});
  CHECK(findings[0].truth);
  CHECK(findings[1].truth);
  if (test.held) CHECK(values_of(kept) == std::vector<double>{1000, 1000});
  w.zero_grad();
}

TEST_CASE("a trunk that another thread is walking is an error, and its result is right",
          "[threads]") {
  SharedTrunk graphs(true);
  CHECK_THROWS_WITH(graphs.other.backward(), ContainsSubstring(kOtherThread));
  CHECK_THROWS_WITH(tg::grad(graphs.other, graphs.x), ContainsSubstring(kOtherThread));
  CHECK_THROWS_WITH(graphs.walked.backward(), ContainsSubstring("another thread"));
  graphs.finish();
  check_values("x", graphs.x.grad(), SharedTrunk::expected(1));

  // Nothing is marked.
  graphs.other.backward({.retain_graph = true});
  check_values("x", graphs.x.grad(), SharedTrunk::expected(3));
  check_values("x", tg::grad(graphs.walked, graphs.x, {.retain_graph = true}),
               SharedTrunk::expected(1));
  check_values("x", tg::grad(graphs.other, graphs.x), SharedTrunk::expected(2));
}

TEST_CASE("a trunk that another thread walked and released says so", "[threads]") {
  SharedTrunk graphs(false);
  CHECK_THROWS_WITH(graphs.other.backward(), ContainsSubstring(kOtherThread));
  graphs.finish();
  check_values("x", graphs.x.grad(), SharedTrunk::expected(1));
  CHECK_THROWS_WITH(graphs.other.backward(),
                    ContainsSubstring("the graph of 'tanh' (output [2]) was released"));
  check_values("x", graphs.x.grad(), SharedTrunk::expected(1));
}

TEST_CASE("a trunk may be continued, and let go, while another thread walks it", "[threads]") {
  SharedTrunk graphs(true);
  const Tensor more = tg::exp(graphs.trunk).sum() + graphs.other;
  { const Tensor dropped = tg::exp(graphs.trunk * graphs.trunk); }
  graphs.finish();
  CHECK(tg::grad(more, graphs.x).numel() == 2);
  check_values("x", graphs.x.grad(), SharedTrunk::expected(1));
}

TEST_CASE("a rule that meets another thread's walk ends its own, which leaves no mark",
          "[threads]") {
  SharedTrunk graphs(true);
  const Tensor z = leaf({3});
  const auto meets = [&] { tg::grad(graphs.other, graphs.x, {.retain_graph = true}); };
  const Tensor y = tg::apply(Runs{meets}, z * 2).sum();
  CHECK_THROWS_WITH(y.backward({.retain_graph = true}), ContainsSubstring(kOtherThread));
  CHECK_FALSE(z.grad().defined());
  graphs.finish();
  y.backward();
  check_values("z", z.grad(), {2});
}

TEST_CASE("threads that meet in a trunk at any moment get sums or errors", "[threads]") {
  const Tensor x = leaf({1});
  Tensor trunk = x;
  for (int i = 0; i < 20; ++i) trunk = trunk * 1.0;
  // One thread's rule walks over records of its own walk: they are never anybody else's meanwhile.
  Tensor inner = (trunk * 1.0).sum();
  const auto walks = [&] { tg::grad(inner, x, {.retain_graph = true}); };
  const std::vector<Tensor> outputs = {tg::apply(Runs{walks}, trunk).sum(), (trunk * 1.0).sum()};
  std::atomic<int> walked{0}, refused{0}, wrong{0};
  on_threads(2, [&](int i) {
    for (int round = 0; round < 500; ++round) {
      try {
        outputs[static_cast<std::size_t>(i)].backward({.retain_graph = true});
        ++walked;
      } catch (const tg::GradError& error) {
        ++refused;
        if (std::string(error.what()).find("another thread") == std::string::npos) ++wrong;
      }
    }
  });
  CHECK(walked + refused == 1000);
  CHECK(wrong == 0);
  REQUIRE(walked > 0);
  CHECK(x.grad().item() == walked);
  CHECK(tg::grad(outputs[0] + outputs[1], x).item() == 2);
}

TEST_CASE("rules on two threads start walks of their own at once", "[threads]") {
  const Tensor w = leaf({2});
  std::vector<Finding> findings(2);
  on_threads(2, [&](int i) {
    std::vector<double>& found = findings[static_cast<std::size_t>(i)].values;
    for (int round = 0; round < 100; ++round) {
      const Tensor h = w * w;
      const Tensor cube = (h * w).sum();
      const auto walks = [&] {
        found = values_of(tg::grad(cube, w, {.retain_graph = true}));  // over records of the outer
      };
      (tg::apply(Runs{walks}, h).sum() + cube).backward();
    }
  });
  for (const Finding& finding : findings) CHECK(finding.values == std::vector<double>{12});
  CHECK(w.grad().item() == 2 * 100 * (4 + 12));
}

TEST_CASE("eight threads read the parameters and get the bits of one", "[threads]") {
  tg::manual_seed(5);
  Tensor w = tg::randn({16, 8}).requires_grad_();
  Tensor b = tg::randn({8}).requires_grad_();
  const Tensor x = tg::randn({32, 16});
  const auto gradients = [&](int i) {
    const Tensor loss = tg::log_softmax(tg::tanh(tg::linear(x * (i + 1), w.t(), b)), 1).mean();
    std::vector<double> all;
    for (const Tensor& found : tg::grad({loss}, {w, b}))
      for (const double value : values_of(found)) all.push_back(value);
    return all;
  };
  std::vector<std::vector<double>> alone;
  for (int i = 0; i < 8; ++i) alone.push_back(gradients(i));
  const int before = tg::num_threads();
  std::vector<Finding> findings(8);
  on_threads(8, [&](int i) {
    bool same = true;
    for (int round = 0; round < 20; ++round) {
      if (i == 0) tg::set_num_threads(1 + round % 3);
      same = same && gradients(i) == alone[static_cast<std::size_t>(i)];
    }
    findings[static_cast<std::size_t>(i)].truth = same;
  });
  tg::set_num_threads(before);
  for (const Finding& finding : findings) CHECK(finding.truth);
  CHECK_FALSE(w.grad().defined());
}

TEST_CASE("a graph is recorded here, walked there and freed on a third thread", "[threads]") {
  const std::int64_t records = tg::live_records();
  const Tensor x = leaf({1, 2});
  Tensor y, found;
  std::string scope;
  std::thread([&] {
    const tg::Scope outer("first thread");
    y = (tg::exp(x * x) / tg::exp(x * x) * x).sum();
  }).join();
  scope = tg::records(y).front().scope;  // of a thread that has ended
  std::thread([&] { found = tg::grad(y, x, {.create_graph = true}); }).join();
  check_values("x", found, {1, 1});
  std::thread([&] {
    y = Tensor();
    found = Tensor();
  }).join();
  CHECK(scope == "first thread");
  CHECK(tg::live_records() == records);
}

TEST_CASE("an error in a walk names the scope of a thread that has ended", "[threads]") {
  const Tensor x = leaf({1, 2});
  Tensor y;
  std::thread([&] {
    const tg::Scope scope("gone");
    y = tg::exp(x).sum();
  }).join();
  y.backward();
  CHECK_THROWS_WITH(y.backward(), ContainsSubstring("gone"));
}

TEST_CASE("handles may go while another thread walks the graph that their values are in",
          "[threads]") {
  constexpr int rounds = 300, count = 200;
  const Tensor x = leaf({1});
  Tensor output;
  std::vector<Tensor> values;
  double sum = 0;
  const auto walk_while_values_go = [&](auto record, auto walk) {
    std::atomic<int> recorded{0}, walking{0}, walked{0};
    const auto wait_for = [](const std::atomic<int>& reached, int round) {
      while (reached.load() < round) std::this_thread::yield();
    };
    std::thread walker([&] {
      for (int round = 1; round <= rounds; ++round) {
        wait_for(recorded, round);
        walking.store(round);
        walk();
        walked.store(round);
      }
    });
    for (int round = 1; round <= rounds; ++round) {
      record();
      recorded.store(round);
      while (walking.load() < round) {
      }
      for (volatile int moment = 0; moment < round % 50 * 20;) moment = moment + 1;
      values.clear();
      wait_for(walked, round);
    }
    walker.join();
  };
  SECTION("which rules read") {
    walk_while_values_go(
        [&] {
          values = {tg::relu(x * 1.0)};
          output = Tensor(0.0);
          for (int i = 0; i < count; ++i) output = output + tg::apply(Square{}, values[0]).sum();
        },
        [&] { sum += tg::grad(output, x).item(); });
    CHECK(sum == 2 * rounds * count);
  }
  SECTION("which keep their gradients") {
    walk_while_values_go(
        [&] {
          output = Tensor(0.0);
          for (int i = 0; i < count; ++i) {
            values.push_back(x * 1.0);
            values.back().retain_grad();
            output = output + tg::square(values.back()).sum();
          }
        },
        [&] { output.backward(); });
    CHECK(x.grad().item() == 2 * rounds * count);
  }
  SECTION("which are other outputs of an operator") {
    walk_while_values_go(
        [&] {
          const std::vector<Tensor> both = tg::apply(Twice{}, std::vector<Tensor>{x});
          output = both[0].sum();
          values = {both[1]};
        },
        [&] { sum += tg::grad(output, x, {.create_graph = true}).item(); });
    CHECK(sum == Approx(rounds));
  }
}

TEST_CASE("threads make ever new shapes, more than are kept", "[threads]") {
  std::vector<Finding> findings(4);
  on_threads(4, [&](int i) {
    bool right = true;
    for (std::int64_t n = 1; n <= 1500; ++n) {
      const std::int64_t rows = i % 2 ? n : n + 1500;  // two threads make the same ones
      const Tensor x = tg::ones({rows, 1, 2}).requires_grad_();
      const Tensor g = tg::grad(tg::square(x).sum(), x);
      right = right && g.shape() == tg::Shape{rows, 1, 2} && g.at<float>({rows - 1, 0, 1}) == 2;
    }
    findings[static_cast<std::size_t>(i)].truth = right;
  });
  for (const Finding& finding : findings) CHECK(finding.truth);
}
