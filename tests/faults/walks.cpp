// Walks over the tape: backward() and grad().

#include <atomic>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/faults/faults.h"
#include "tests/message_of.h"

namespace tg = tapegrad;
using Catch::Matchers::ContainsSubstring;
using faults::Numbers, faults::refuse_each;
using tg::Tensor;

namespace {

/// What a caller makes is the caller's to fail.
std::vector<Tensor> listed(const Tensor& tensor) {
  const faults::Spared spared;
  return {tensor};
}

/// A graph with branches that meet, operators with several outputs, leaves that have a gradient
/// already, and an output that keeps its own.
struct Graph {
  Graph() {
    w.set_grad(tg::ones({3, 3}, tg::float64));
    results.reserve(4);
    hidden.retain_grad();
  }

  Tensor x = (tg::manual_seed(2), tg::randn({2, 3}, tg::float64)).requires_grad_();
  Tensor w = tg::randn({3, 3}, tg::float64).requires_grad_();
  Tensor row = tg::randn({3}, tg::float64).requires_grad_();
  Tensor hidden = tg::tanh(tg::linear(x, w, row));
  Tensor loss = make_loss();
  std::vector<Tensor> results;

  Numbers numbers() const {
    Numbers numbers;
    for (const Tensor* each : {&x, &w, &row, &hidden}) {
      faults::add(numbers, *each);
      faults::add(numbers, each->grad());
    }
    for (const Tensor& result : results) faults::add(numbers, result);
    return numbers;
  }

  std::vector<Tensor> outputs() const { return listed(loss); }
  std::vector<Tensor> inputs() const {
    const faults::Spared spared;
    return {w, hidden, x};
  }
  Tensor make_loss() const {
    const std::vector<Tensor> parts = tg::split(hidden, 1, 1);
    const Tensor joined = tg::cat({parts[0] * parts[1], parts[2], x}, 1);
    const Tensor scores = tg::layer_norm(joined, {5}) + tg::softmax(joined, 1) * row.sum();
    return tg::cross_entropy(scores, tg::tensor({2, 0})) + tg::mean(tg::exp(x * w[0]));
  }
};

const tg::BackwardOptions kRetain{.retain_graph = true}, kCreate{.create_graph = true};

/// After a walk that an error ended: nothing was released, and the same walk is as if nothing
/// had been, or it says what happened, and nothing else has changed.
template <class Walk>
struct AgainOrTold {
  const Walk& walk;
  int& told;

  void operator()(Graph& graph) const {
    const Numbers before = graph.numbers();
    try {
      walk(graph);
    } catch (const tg::GradError& error) {
      CHECK_THAT(error.what(), ContainsSubstring("was ended by an error"));
      CHECK(graph.numbers() == before);
      ++told;
      graph.loss = {};  // which the graph of a new one does not need
      graph.hidden = tg::tanh(tg::linear(graph.x, graph.w, graph.row));
      graph.hidden.retain_grad();
      graph.loss = graph.make_loss();
      walk(graph);
    }
  }
};

template <class Walk>
int refuse_each_of(const Walk& walk) {
  int told = 0;
  refuse_each<Graph>(walk, AgainOrTold<Walk>{walk, told});
  return told;
}

/// Hands the gradient on, and throws while it is told to; or stops the computation.
struct Failing {
  static constexpr const char* name = "failing";
  static constexpr tg::Reads reads[] = {tg::kNone};
  static constexpr bool opaque = true;
  const bool* fails;
  std::atomic<bool>* stop = nullptr;
  Tensor forward(const Tensor& x) const { return x * 1; }
  Tensor vjp(const Tensor& g, auto, auto) const {
    if (*fails) throw std::logic_error("the rule fails");
    if (stop) *stop = true;
    return g;
  }
};

/// Its rule walks a part of the graph that it stands in.
struct Walking {
  static constexpr const char* name = "walking";
  static constexpr tg::Reads reads[] = {tg::kNone};
  static constexpr bool opaque = true;
  const Graph* graph;
  Tensor forward(const Tensor& x) const { return x * 1; }
  Tensor vjp(const Tensor& g, auto, auto) const {
    tg::GradOptions options;
    options.retain_graph = true;
    const tg::EnableGrad enable;
    const std::vector<Tensor> outputs = listed(graph->hidden.sum());
    return g + tg::grad(outputs, listed(graph->hidden), options).front();
  }
};

}  // namespace

TEST_CASE("backward() that finds no memory has changed no gradient, and says what it released") {
  CHECK(refuse_each_of([](Graph& graph) { graph.loss.backward(); }) > 10);
}

TEST_CASE("backward() that finds no memory can be called again where the graph is kept") {
  CHECK(refuse_each_of([](Graph& graph) { graph.loss.backward(kRetain); }) == 0);
  CHECK(refuse_each_of([](Graph& graph) {
          graph.loss.backward(kRetain);
          graph.x.zero_grad();
          graph.w.zero_grad();
        }) == 0);
}

TEST_CASE("backward() that is recorded and finds no memory can be called again") {
  CHECK(refuse_each_of([](Graph& graph) {
          graph.loss.backward(kCreate);
          const faults::Spared spared;
          // Else leaves own the graph, which owns them.
          for (const Tensor* leaf : {&graph.x, &graph.w, &graph.row, &graph.hidden}) {
            Tensor handle = *leaf;
            graph.results.push_back(handle.grad().detach());
            handle.zero_grad();
          }
        }) == 0);
}

TEST_CASE("backward() that somebody watches can be called again") {
  CHECK(refuse_each_of([](Graph& graph) {
          const tg::ProfileScope profile;
          graph.loss.backward(kRetain);
        }) == 0);
}

TEST_CASE("backward() whose rules walk the same graph can be called again") {
  struct Nested : Graph {
    Tensor outer = tg::sum(tg::apply(Walking{this}, hidden) * hidden);
  };
  refuse_each<Nested>([](Nested& graph) { graph.outer.backward(kRetain); });
}

TEST_CASE("grad() that finds no memory has changed nothing") {
  const auto call = [](bool retain) {
    return [retain](Graph& graph) {
      tg::GradOptions options;
      options.retain_graph = retain;
      graph.results = tg::grad(graph.outputs(), graph.inputs(), options);
    };
  };
  CHECK(refuse_each_of(call(true)) == 0);
  CHECK(refuse_each_of(call(false)) > 10);
  CHECK(refuse_each_of([](Graph& graph) {
          tg::GradOptions options;
          options.create_graph = true;
          const std::vector<Tensor> first = tg::grad(graph.outputs(), graph.inputs(), options);
          const Tensor squares = tg::sum(first[0] * first[0]);
          tg::GradOptions again;
          again.retain_graph = true;
          graph.results = tg::grad(listed(squares), graph.inputs(), again);
          const faults::Spared spared;
          for (Tensor& result : graph.results) result = result.detach();
        }) == 0);
}

TEST_CASE("forward mode that finds no memory can be asked again") {
  struct Directions : Graph {
    Tensor v = tg::randn(x.shape(), tg::float64);
  };
  refuse_each<Directions>([](Directions& graph) {
    const auto f = [&](const Tensor& x) {
      Tensor y = tg::tanh(tg::linear(x, graph.w, graph.row));
      y = y * x;
      const std::vector<Tensor> parts = tg::split(y, 1, 1);
      return tg::layer_norm(tg::cat({parts[0] * 2.0, parts[2]}, 1), {2});
    };
    auto [y, dy] = tg::jvp(f, graph.x, graph.v);
    const faults::Spared spared;
    graph.results = {y.detach(), dy.detach()};
  });
  refuse_each<Directions>([](Directions& graph) {
    const tg::NoGrad no_grad;
    const auto f = [](const Tensor& x) { return tg::tanh(x * x + 1) * tg::exp(-x); };
    auto [y, dy] = tg::jvp(f, graph.x, graph.v);
    const faults::Spared spared;
    graph.results = {y, dy};
  });
}

TEST_CASE("a rule that throws leaves gradients alone, and the next walk says so") {
  bool fails = true;
  Tensor x = tg::tensor({1.0, 2.0}).requires_grad_(), other = tg::tensor(3.0).requires_grad_();
  other.set_grad(tg::tensor(7.0f));
  const Tensor early = tg::sin(x);
  const Tensor failing = tg::apply(Failing{&fails}, early);
  const Tensor late = tg::exp(failing * other);
  const Tensor loss = late.sum();
  CHECK_THROWS_AS(loss.backward(), std::logic_error);
  CHECK(!x.grad().defined());
  CHECK(other.grad().item() == 7);
  fails = false;

  const std::string text = message_of<tg::GradError>([&] { loss.backward(); });
  CHECK_THAT(text, ContainsSubstring("an earlier backward through 'sum'"));
  CHECK_THAT(text, ContainsSubstring("was ended by an error after it had released a part"));
  CHECK_THAT(text, ContainsSubstring("compute the graph again, or pass retain_graph = true"));
  CHECK(!x.grad().defined());
  CHECK(other.grad().item() == 7);

  // What was not reached is as it was.
  failing.sum().backward();
  CHECK(x.grad().at<float>({0}) == Approx(std::cos(1.0)));
  CHECK(x.grad().at<float>({1}) == Approx(std::cos(2.0)));
}

TEST_CASE("a rule that throws in a walk that keeps the graph can be walked again") {
  bool fails = true;
  Tensor x = tg::tensor({1.0, 2.0}).requires_grad_();
  const Tensor loss = tg::exp(tg::apply(Failing{&fails}, tg::sin(x))).sum();
  CHECK_THROWS_AS(loss.backward(kRetain), std::logic_error);
  CHECK_THROWS_AS(tg::grad(loss, x, {.grad_outputs = {}, .retain_graph = true}), std::logic_error);
  fails = false;
  loss.backward();
  CHECK(x.grad().at<float>({0}) == Approx(std::cos(1.0) * std::exp(std::sin(1.0))));
}

TEST_CASE("grad() of an output that has nothing to do with an input says so, and later too") {
  Tensor x = tg::tensor(1.0).requires_grad_(), other = tg::tensor(2.0).requires_grad_();
  const Tensor loss = tg::sin(x);
  CHECK_THAT(message_of<tg::GradError>([&] { tg::grad(loss, other); }),
             ContainsSubstring("do not depend on input 0"));
  loss.backward();  // nothing lay between them, so nothing was released
  CHECK(x.grad().item() == Approx(std::cos(1.0)));
}

TEST_CASE("a walk that is cancelled leaves gradients alone") {
  bool fails = false;
  std::atomic<bool> stop = false;
  Graph graph;
  const Tensor loss = graph.loss + tg::apply(Failing{&fails, &stop}, graph.x).sum();
  const Numbers before = graph.numbers();
  {
    const tg::CancelScope scope(stop);
    CHECK_THROWS_AS(loss.backward(kRetain), tg::CancelledError);
  }
  CHECK(graph.numbers() == before);
  loss.backward();
  CHECK(graph.numbers() != before);
}

TEST_CASE("the listing of a graph that finds no memory says so") {
  refuse_each<Graph>([](Graph& graph) { tg::records(graph.loss); });
  refuse_each<Graph>([](Graph& graph) { tg::format_records(graph.loss); });
  refuse_each<Graph>([](Graph& graph) { tg::to_dot(graph.loss); });
  refuse_each<Graph>([](Graph& graph) {
    tg::to_dot(graph.loss, {.direction = tg::DotDirection::both, .gradients = true});
  });
  refuse_each<Graph>([](Graph& graph) { tg::to_dot(tg::graph_diff(graph.hidden, graph.loss)); });
}
