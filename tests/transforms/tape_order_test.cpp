// The order in which a walk meets records: latest first, each once, in time that grows with their
// number and with nothing else.

#include "autograd/transforms/tape_order.h"

#include <algorithm>
#include <deque>
#include <random>
#include <utility>
#include <vector>

#include "tests/catch.h"

namespace tg = tapegrad;
using tg::detail::Record;
using tg::detail::TapeOrder;

namespace {

struct Entry final : Record {
  explicit Entry(std::uint64_t number) : Record(tg::float32) { sequence = number; }
  const char* name() const noexcept override { return "entry"; }
  tg::Tensor vjp(int, const tg::Tensor&, bool) override { return {}; }

  std::vector<Entry*> inputs;
  bool listed = false;
};

struct Graph {
  std::deque<Entry> entries;

  Entry* add(std::uint64_t sequence, std::vector<Entry*> inputs = {}) {
    Entry& entry = entries.emplace_back(sequence);
    entry.inputs = std::move(inputs);
    return &entry;
  }
};

void list(TapeOrder& order, Entry& entry) {
  if (std::exchange(entry.listed, true)) return;
  order.put(entry, order.place_for(entry));
}

/// Goes as a walk does from `roots` until `most` have come out, which is all unless said.
void go(TapeOrder& order, const std::vector<Entry*>& roots, std::size_t most = SIZE_MAX) {
  std::uint64_t latest = 0;
  for (const Entry* root : roots) latest = std::max(latest, root->sequence);
  order.begin(latest);
  for (Entry* root : roots) list(order, *root);
  while (order.met().size() < most) {
    Record* next = order.next();
    if (!next) return;
    for (Entry* input : static_cast<Entry*>(next)->inputs) list(order, *input);
  }
}

/// Checks that every record of the graph comes out once, latest first, and that few places were
/// looked at.
void check_order(Graph& graph, const std::vector<Entry*>& roots) {
  TapeOrder order;
  go(order, roots);
  std::vector<Record*> met = order.met();
  CHECK(std::is_sorted(met.begin(), met.end(),
                       [](const Record* a, const Record* b) { return a->sequence > b->sequence; }));
  CHECK(order.looked_at() <= 4 * met.size() + 6000);
  CHECK(met.size() == graph.entries.size());
  std::sort(met.begin(), met.end());
  CHECK(std::adjacent_find(met.begin(), met.end()) == met.end());
}

/// A chain of `length` records whose sequences are `gap(i)` apart.
template <class F>
void check_chain(int length, F gap) {
  Graph graph;
  std::uint64_t sequence = 1;
  Entry* last = graph.add(sequence);
  for (int i = 1; i < length; ++i) last = graph.add(sequence += gap(i), {last});
  check_order(graph, {last});
}

}  // namespace

TEST_CASE("a chain comes out in order, however sparse it is") {
  check_chain(10'000, [](int) { return 1; });
  check_chain(10'000, [](int) { return 2; });
  check_chain(10'000, [](int) { return 4000; });
  check_chain(10'000, [](int) { return 20'000; });
  check_chain(10'000, [](int) { return 5'000'000; });
  check_chain(10'000, [](int i) { return i % 100 ? 1 : 1'000'000; });
  check_chain(10'000, [](int i) { return 10'000 - i; });  // ever farther
  check_chain(10'000, [](int i) { return 8 * (10'000 - i); });
}

TEST_CASE("graphs that were recorded among each other come out in order") {
  // A long one, and, millions of records before each of its own, a few of another.
  Graph graph;
  Entry* a = graph.add(1);
  Entry* b = graph.add(2);
  std::uint64_t sequence = 2;
  for (int i = 0; i < 300; ++i) {
    a = graph.add(sequence += 3'000'000, {a});
    for (int k = 0; k < 30; ++k) b = graph.add(sequence += 1 + i % 3, {b});
  }
  check_order(graph, {graph.add(sequence + 1, {a, b})});
}

TEST_CASE("records of several threads with the same sequence come out once each") {
  Graph graph;
  std::vector<Entry*> before;
  for (std::uint64_t sequence = 1; sequence <= 100; ++sequence) {
    std::vector<Entry*> now;
    for (int thread = 0; thread < 20; ++thread) now.push_back(graph.add(sequence, before));
    before = now;
  }
  check_order(graph, before);
}

TEST_CASE("a hundred thousand parallel branches come out in order") {
  const bool backwards = GENERATE(false, true);
  Graph graph;
  std::vector<Entry*> ends;
  Entry* trunk = graph.add(1);
  for (std::uint64_t i = 0; i < 100'000; ++i)
    ends.push_back(graph.add(3 * i + 4, {graph.add(3 * i + 3, {graph.add(3 * i + 2, {trunk})})}));
  if (backwards) std::reverse(ends.begin(), ends.end());
  check_order(graph, {graph.add(300'002, ends)});
}

TEST_CASE("roots of different ages, behind one another, and given twice, come out in order") {
  Graph graph;
  Entry* old = graph.add(7);
  Entry* early = graph.add(1000, {old});
  Entry* middle = graph.add(1'000'000, {early});
  Entry* late = graph.add(1'000'003, {middle, early});
  Entry* alone = graph.add(3);
  check_order(graph, {old, late, early, alone, middle, late});
}

TEST_CASE("random graphs come out in order, and what has not come out is known") {
  std::mt19937 random(20261127);
  const auto below = [&](std::size_t n) { return random() % n; };
  for (int round = 0; round < 300; ++round) {
    INFO("round " << round);
    Graph graph;
    const std::size_t count = 1 + below(300), widest = 1 + below(6), gap = 1 + below(3000);
    std::vector<Entry*> roots;
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<Entry*> inputs;
      std::uint64_t sequence = 0;
      for (std::size_t k = below(widest + 1); k > 0 && i > 0; --k) {
        inputs.push_back(&graph.entries[below(2) ? i - 1 : below(i)]);
        sequence = std::max(sequence, inputs.back()->sequence);
      }
      roots.push_back(graph.add(sequence + 1 + below(gap), inputs));  // else not all are reached
    }
    if (round % 2) {
      check_order(graph, roots);
      continue;
    }
    TapeOrder order;
    go(order, roots, 1 + below(count));
    std::vector<Record*> all = order.met();
    const std::size_t met = all.size();
    order.for_waiting([&](Record& record) { all.push_back(&record); });
    CHECK(met + static_cast<std::size_t>(order.next() != nullptr) <= count);
    std::sort(all.begin(), all.end());
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
    CHECK(all.size() ==
          static_cast<std::size_t>(std::count_if(graph.entries.begin(), graph.entries.end(),
                                                 [](const Entry& entry) { return entry.listed; })));
  }
}

TEST_CASE("an order begins anew after its end") {
  TapeOrder order;
  for (const std::uint64_t gap : {1, 50'000'000, 1}) {
    Graph graph;
    Entry* last = graph.add(1);
    for (int i = 0; i < 100; ++i) last = graph.add(last->sequence + gap, {last});
    go(order, {last}, 50);
    order.end();
    CHECK(order.met().empty());
    order.for_waiting([](Record&) { FAIL("nothing waits"); });
  }
}
