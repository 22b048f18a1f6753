#include <autograd/autograd.h>
#include <fmt/format.h>

#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/stages.h"

// What the tape costs by itself: long chains of operators on one element, many leaves, and a
// softmax beside its masked form. Nothing fails because a machine is slow; the goals are in the
// names.

namespace bench {

namespace {

namespace tg = tapegrad;

/// An operator that is applied to its own result again and again.
struct Link {
  const char* name;
  tg::Tensor (*next)(const tg::Tensor& x, const tg::Tensor& w);
};

constexpr Link kLinks[] = {
    {"sin(x)", [](const tg::Tensor& x, const tg::Tensor&) { return tg::sin(x); }},
    {"x*w", [](const tg::Tensor& x, const tg::Tensor& w) { return x * w; }},
    {"x+w", [](const tg::Tensor& x, const tg::Tensor& w) { return x + w; }},
};

constexpr int kShort = 6000;  // stays in the cache

tg::Tensor leaf(double value) {
  return tg::tensor({value}, tg::float32).reshape({}).requires_grad_();
}

tg::Tensor chain(const Link& link, int length, const tg::Tensor& x, const tg::Tensor& w) {
  tg::Tensor y = x;
  for (int i = 0; i < length; ++i) y = link.next(y, w);
  return y;
}

/// Seconds of one operator, recorded and walked back.
std::vector<Figure> time_chain(const Link& link, int length, const Effort& effort) {
  // With factors of 1 a chain of any length stays far from 0 and infinity.
  const tg::Tensor x = leaf(0.5), w = leaf(1);
  std::vector<Figure> figures = time_stages(
      [&](StopWatch& watch) {
        watch.start();
        tg::Tensor y = chain(link, length, x, w);
        watch.stop();
        watch.start();
        y.backward();
        watch.stop();
      },
      effort);
  for (Figure& figure : figures) figure = per(figure, length);
  return figures;
}

Row chain_bytes(const std::string& name, const Link& link) {
  const tg::Tensor x = leaf(0.5), w = leaf(1);
  const std::int64_t before = tg::memory_stats().live_bytes;
  const tg::Tensor y = chain(link, kShort, x, w);
  const std::int64_t bytes = tg::memory_stats().live_bytes - before;
  return {name + ", bytes (at most 200)",
          {Figure{static_cast<double>(bytes) / kShort}, {}, {}},
          Unit::bytes};
}

void add_chain_cases(Cases& cases) {
  for (const Link& link : kLinks) {
    const auto title = [&link](int length) {
      return fmt::format("tape: {} {} times, each", link.name, length);
    };
    cases.push_back({title(kShort), false, [=](const Setting& setting) {
                       const auto brief = time_chain(link, kShort, setting.effort);
                       return Rows{{title(kShort) + ", recorded", {brief[0], {}, {}}},
                                   {title(kShort) + ", walked back", {brief[1], {}, {}}},
                                   chain_bytes(title(kShort), link)};
                     }});
    for (const int length : {200'000, 2'000'000}) {
      cases.push_back({title(length), length > 1'000'000, [=](const Setting& setting) {
                         const auto brief = time_chain(link, kShort, setting.effort);
                         const auto all = time_chain(link, length, setting.effort);
                         const auto against =
                             fmt::format("tape: {} {} against {} times", link.name, length, kShort);
                         return Rows{
                             {title(length) + ", recorded", {all[0], {}, {}}},
                             {title(length) + ", walked back", {all[1], {}, {}}},
                             ratio(against + ", recorded", all[0], brief[0]),
                             ratio(against + ", walked back (at most 1.3)", all[1], brief[1])};
                       }});
    }
  }
}

/// The gradients of many leaves, added to them and handed out.
Rows measure_leaves(const Setting& setting, const std::string& name, int count) {
  std::vector<tg::Tensor> leaves;
  for (int i = 0; i < count; ++i) leaves.push_back(leaf(1 + 1.0 / (1 + i)));
  const auto sum_of_squares = [&] {
    tg::Tensor sum = leaves[0] * leaves[0];
    for (int i = 1; i < count; ++i) sum = sum + leaves[i] * leaves[i];
    return sum;
  };
  const auto times = time_stages(
      [&](StopWatch& watch) {
        for (tg::Tensor& one : leaves) one.zero_grad();
        const tg::Tensor added = sum_of_squares();
        watch.start();
        added.backward();
        watch.stop();
        const tg::Tensor handed_out = sum_of_squares();
        watch.start();
        tg::grad({handed_out}, leaves);
        watch.stop();
      },
      setting.effort);
  return {{name + ", backward()", {times[0], {}, {}}},
          {name + ", grad()", {times[1], {}, {}}},
          ratio(name + ", against backward() (at most 2)", times[1], times[0])};
}

void add_leaves_cases(Cases& cases) {
  for (const int count : {400, 4'000, 40'000}) {
    const std::string name = fmt::format("tape: {} leaves", count);
    cases.push_back({name, count > 400,
                     [=](const Setting& setting) { return measure_leaves(setting, name, count); }});
  }
}

Rows measure_masked_softmax(const Setting& setting, const std::string& name, std::int64_t rows) {
  constexpr int kTimes = 100;  // so that the clock costs nothing
  constexpr std::int64_t kWidth = 64;
  tg::manual_seed(1);
  tg::Tensor x = tg::randn({rows, kWidth}).requires_grad_();
  const tg::Tensor mask = tg::bernoulli(0.5, {rows, kWidth}) > 0;
  const tg::Tensor upstream = tg::randn({rows, kWidth});
  const auto forward = [&](StopWatch& watch, const auto& softmax) {
    const tg::NoGrad no_grad;
    watch.start();
    for (int i = 0; i < kTimes; ++i) (void)softmax();
    watch.stop();
  };
  const auto both_ways = [&](StopWatch& watch, const auto& softmax) {
    watch.start();
    for (int i = 0; i < kTimes; ++i) {
      x.zero_grad();
      softmax().backward(upstream);
    }
    watch.stop();
  };
  const auto plain = [&] { return tg::softmax(x, 1); };
  const auto masked = [&] { return tg::masked_softmax(x, mask, 1); };
  auto times = time_stages(
      [&](StopWatch& watch) {
        forward(watch, plain);
        forward(watch, masked);
        both_ways(watch, plain);
        both_ways(watch, masked);
      },
      setting.effort);
  for (Figure& time : times) time = per(time, kTimes);
  return {{name + ", softmax, forward", {times[0], {}, {}}},
          {name + ", masked_softmax, forward", {times[1], {}, {}}},
          ratio(name + ", masked, ratio, forward (at most 1.5)", times[1], times[0]),
          {name + ", softmax, both ways", {times[2], {}, {}}},
          {name + ", masked_softmax, both ways", {times[3], {}, {}}},
          ratio(name + ", masked, ratio, both ways (at most 1.5)", times[3], times[2])};
}

void add_masked_cases(Cases& cases) {
  for (const std::int64_t rows : {8, 256}) {
    const std::string name = fmt::format("tape: {}x64", rows);
    cases.push_back({name + ", masked_softmax", false, [=](const Setting& setting) {
                       return measure_masked_softmax(setting, name, rows);
                     }});
  }
}

}  // namespace

void add_tape_cases(Cases& cases) {
  add_chain_cases(cases);
  add_leaves_cases(cases);
  add_masked_cases(cases);
}

}  // namespace bench
