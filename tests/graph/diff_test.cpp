#include "autograd/graph/diff.h"

#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/graph/drawn.h"

namespace tg = tapegrad;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;
using Kind = tg::GraphChange::Kind;

namespace {

/// Layers of these widths, "fc0" and on, in the module "net".
Tensor perceptron(const std::vector<std::int64_t>& widths, bool bend = true, int calls = 1) {
  std::vector<Tensor> weights, biases;
  for (std::size_t i = 1; i < widths.size(); ++i) {
    weights.push_back(tg::ones({widths[i], widths[i - 1]}).requires_grad_());
    biases.push_back(tg::ones({widths[i]}).requires_grad_());
  }
  const Tensor input = tg::ones({2, widths[0]});
  Tensor sum;
  for (int call = 0; call < calls; ++call) {
    const tg::Scope net("net");
    Tensor x = input;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const tg::Scope layer("fc" + std::to_string(i));
      x = tg::linear(x, weights[i], biases[i]);
      if (bend) x = tg::tanh(x);
    }
    sum = sum.defined() ? sum + tg::sum(x) : tg::sum(x);
  }
  return sum;
}

std::vector<Kind> kinds(const tg::GraphDiff& diff) {
  std::vector<Kind> list;
  for (const tg::GraphChange& change : diff.changes) list.push_back(change.kind);
  return list;
}

}  // namespace

TEST_CASE("graph_diff: a graph and one like it do not differ") {
  const tg::GraphDiff diff = tg::graph_diff(perceptron({4, 5, 3}), perceptron({4, 5, 3}));
  CHECK(diff.same());
  CHECK(diff.matched == std::vector<std::int64_t>{0, 1, 2, 3, 4});
  CHECK(tg::format_graph_diff(diff) == "No difference between the graphs of 5 records\n");
  CHECK(DotText(tg::to_dot(diff)).count("tanh") == 2);
  const Tensor repeats = perceptron({4, 5, 3}, true, 2);
  CHECK(tg::graph_diff(repeats, repeats).same());
}

TEST_CASE("graph_diff: what is new, and what is gone") {
  const tg::GraphDiff more = tg::graph_diff(perceptron({4, 5, 3}), perceptron({4, 5, 3, 3}));
  CHECK(kinds(more) == std::vector<Kind>{Kind::added, Kind::added});
  CHECK(more.changes[0].after == 4);
  CHECK(more.changes[0].before == -1);
  CHECK(more.after[4].scope == "net.fc2");
  CHECK(more.matched == std::vector<std::int64_t>{0, 1, 2, 3, -1, -1, 4});
  CHECK_THAT(tg::format_graph_diff(more),
             ContainsSubstring("+ new  #4  net.fc2  linear  [2, 3] float32") &&
                 ContainsSubstring("5 records before, 7 after: 2 new, 0 gone"));
  const tg::GraphDiff less = tg::graph_diff(perceptron({4, 5, 3}), perceptron({4, 5, 3}, false));
  CHECK(kinds(less) == std::vector<Kind>{Kind::removed, Kind::removed});
  CHECK(less.changes[0].before == 1);
  CHECK(less.changes[1].before == 3);
  CHECK_THAT(tg::format_graph_diff(less), ContainsSubstring("- gone  #1  net.fc0  tanh"));
}

TEST_CASE("graph_diff: of another shape or element type") {
  const tg::GraphDiff diff = tg::graph_diff(perceptron({4, 5, 3}), perceptron({4, 7, 3}));
  CHECK(kinds(diff) == std::vector<Kind>{Kind::reshaped, Kind::reshaped});
  CHECK(diff.changes[1].before == 1);
  CHECK(diff.changes[1].after == 1);
  CHECK_THAT(tg::format_graph_diff(diff), ContainsSubstring("[2, 5] float32 -> [2, 7] float32") &&
                                              ContainsSubstring("2 of another shape"));
  const Tensor x = tg::ones({2}).requires_grad_(), y = tg::ones({2}, tg::float64).requires_grad_();
  CHECK(kinds(tg::graph_diff(tg::exp(x), tg::exp(y))) == std::vector<Kind>{Kind::reshaped});
}

TEST_CASE("graph_diff: what is recorded twice") {
  const tg::GraphDiff diff = tg::graph_diff(perceptron({4, 5, 3}), perceptron({4, 5, 3}, true, 2));
  CHECK(kinds(diff) == std::vector<Kind>{Kind::twice, Kind::twice, Kind::twice, Kind::twice,
                                         Kind::twice, Kind::added});
  CHECK(diff.changes[0].after == 5);
  CHECK(diff.changes[0].same_as == 0);
  CHECK_THAT(tg::format_graph_diff(diff),
             ContainsSubstring("as #0 does") && ContainsSubstring("5 recorded twice"));
}

TEST_CASE("graph_diff: what both have may be there twice only in the second") {
  const Tensor x = tg::ones({2}).requires_grad_(), y = tg::full({2}, 3.0).requires_grad_();
  const tg::GraphDiff diff = tg::graph_diff(tg::exp(x) * tg::exp(y), tg::exp(x) * tg::exp(x));
  REQUIRE(kinds(diff) == std::vector<Kind>{Kind::twice});
  CHECK(diff.changes[0].before == 1);
  CHECK(diff.changes[0].after == 1);
  CHECK(diff.changes[0].same_as == 0);
}

TEST_CASE("graph_diff: as many as can be have an equal") {
  const Tensor x = tg::ones({2}).requires_grad_();
  const auto chain = [&](const std::string& letters) {
    Tensor y = x;
    for (const char c : letters) y = c == 'a' ? tg::sin(y) : c == 'b' ? tg::cos(y) : tg::exp(y);
    return y;
  };
  const auto changed = [&](const std::string& a, const std::string& b) {
    const tg::GraphDiff diff = tg::graph_diff(chain(a), chain(b));
    std::int64_t last = -1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::int64_t match = diff.matched[j];
      if (match < 0) continue;
      CHECK(match > last);
      CHECK(a[static_cast<std::size_t>(match)] == b[j]);
      last = match;
    }
    return diff.changes.size();
  };
  CHECK(changed("abcabba", "cbabac") == 5);
  CHECK(changed("a", "b") == 2);
  CHECK(changed("abc", "xabc") == 1);
  CHECK(changed("aaaa", "aa") == 2);
  CHECK(changed("abcabcabc", "abcabc") == 3);
}

TEST_CASE("graph_diff: long tapes that have little in common") {
  const auto chain = [](unsigned seed) {
    Tensor y = tg::ones({}).requires_grad_();
    for (int i = 0; i < 20'000; ++i) {
      seed = seed * 1664525 + 1013904223;
      y = seed >> 30 == 0 ? tg::sin(y) : seed >> 30 == 1 ? tg::cos(y) : y * 0.5;
    }
    return y;
  };
  const Tensor a = chain(1), b = chain(2);
  const tg::GraphDiff diff = tg::graph_diff(a, b);
  std::int64_t last = -1, pairs = 0;
  for (const std::int64_t match : diff.matched) {
    if (match < 0) continue;
    CHECK(match > last);
    last = match;
    ++pairs;
  }
  CHECK(pairs > 8'000);
  CHECK(tg::to_dot(diff).size() < 100'000);
}

TEST_CASE("graph_diff: the picture has both graphs, with signs") {
  const tg::GraphDiff diff = tg::graph_diff(perceptron({4, 5, 3}), perceptron({4, 5, 3, 2}, false));
  const DotText dot(tg::to_dot(diff));
  CHECK(dot.count("- tanh") == 2);
  CHECK(dot.node("+ linear").frame == "net/fc2");
  CHECK(dot.node("+ linear").has("#0072b2"));
  CHECK(dot.count("sum") == 1);
  CHECK(dot.nodes.size() == 2 + 2 + 1 + 1 + 6 + 1);  // with the weights, the biases and the input
  CHECK_THAT(dot.legend, ContainsSubstring("+ new") && ContainsSubstring("- gone") &&
                             !ContainsSubstring("recorded twice"));
  const DotText closed(tg::to_dot(diff, {.closed = {"net.fc0", "net.fc2"}}));
  CHECK(closed.count("! fc0") == 1);
  CHECK(closed.count("+ fc2") == 1);
}

TEST_CASE("graph_diff: leaves have no graph; the undefined tensor is an error") {
  const Tensor x = tg::ones({2}).requires_grad_();
  CHECK(tg::graph_diff(x, x).same());
  CHECK(kinds(tg::graph_diff(x, tg::exp(x))) == std::vector<Kind>{Kind::added});
  CHECK_THROWS_AS(tg::graph_diff(Tensor(), x), tg::ValueError);
  CHECK_THROWS_AS(tg::graph_diff(x, Tensor()), tg::ValueError);
}
