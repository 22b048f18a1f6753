// Errors that say where in the program an operator was recorded, or called, while a TraceScope is
// open. That of a whole program, by the environment, is in traced_run.cpp.

#include "autograd/tape/trace.h"

#include <string>
#include <thread>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/base/fail.h"
#include "autograd/ops/custom.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/memory/memory.h"
#include "tests/message_of.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;

#if defined(__linux__)

namespace {

/// A rule that fails in one of three ways.
struct Failing {
  static constexpr const char* name = "failing";
  static constexpr tg::Reads reads[] = {tg::kNone};
  enum class How { message, operation, shape };
  How how;
  static constexpr void visit(auto& op, auto f) { f("how", op.how); }
  Tensor forward(const Tensor& x) const { return x * 2; }
  Tensor vjp(const Tensor& g, auto, auto) const {
    if (how == How::message) tg::fail<tg::ValueError>("failing: on purpose");
    if (how == How::operation) return g + tg::ones({5});
    return tg::ones({5});
  }
};

}  // namespace

// Functions of this program, whose names messages have to say.
extern "C" {
[[gnu::noinline]] void record_tanh(const Tensor& x, Tensor& y) { y = tanh(x); }
[[gnu::noinline]] void record_failing(const Tensor& x, Tensor& y, int how) {
  y = tg::apply(Failing{static_cast<Failing::How>(how)}, x);
}
[[gnu::noinline]] void record_pieces(const Tensor& x, std::vector<Tensor>& pieces) {
  pieces = tg::split(x, 1);
}
[[gnu::noinline]] void record_in_place(Tensor& x) { x.mul_(x * 1); }
[[gnu::noinline]] void record_sqrt(const Tensor& x, Tensor& y) { y = sqrt(x); }
[[gnu::noinline]] void call_layer(const nn::Linear& layer, const Tensor& x) { layer(x); }
[[gnu::noinline]] void walk_back(const Tensor& y) { y.backward(); }
[[gnu::noinline]] void record_on_the_left(Tensor& y, unsigned path, int depth);
[[gnu::noinline]] void record_on_the_right(Tensor& y, unsigned path, int depth);
void record_on_the_left(Tensor& y, unsigned path, int depth) {
  if (depth == 0)
    y = y * 1;
  else
    (path & 1 ? record_on_the_left : record_on_the_right)(y, path >> 1, depth - 1);
}
void record_on_the_right(Tensor& y, unsigned path, int depth) {
  if (depth == 0)
    y = y + 1;
  else
    (path & 1 ? record_on_the_left : record_on_the_right)(y, path >> 1, depth - 1);
}
}

namespace {

Tensor leaf() { return tg::ones({2, 3}).requires_grad_(); }

/// What is said about a value that was changed after record_tanh.
std::string message_of_a_change() {
  const Tensor x = leaf();
  Tensor y;
  record_tanh(x, y);
  const Tensor loss = sum(y * 2);
  y.add_(1);
  return message_of<tg::GradError>([&] { walk_back(loss + sum(y)); });
}

/// A handful of lines behind the word.
std::string behind(const std::string& text, const std::string& word) {
  const std::size_t at = text.find(word);
  return at == text.npos ? "" : text.substr(at);
}

}  // namespace

TEST_CASE("an error of a rule says in which function of the program its operator was recorded") {
  const std::string without = message_of_a_change();
  CHECK(without.find('\n') == without.npos);
  const tg::TraceScope trace;
  const std::string traced = message_of_a_change();
  CHECK(traced.starts_with(without + "\n  recorded in\n    record_tanh\n"));
  CHECK_THAT(traced, !ContainsSubstring("walk_back"));
  CHECK_THAT(traced, ContainsSubstring("\n    file and line: addr2line -Cfpie /"));
}

TEST_CASE("at most five functions are listed, none of which is the library's") {
  const tg::TraceScope trace;
  std::string text = behind(message_of_a_change(), "recorded in\n");
  int functions = 0;
  for (std::size_t at = 0; (at = text.find("\n    ", at)) != text.npos; at += 5) {
    const std::string line = text.substr(at + 5, text.find('\n', at + 1) - at - 5);
    functions += !line.starts_with("file and line");
    CHECK_FALSE(line.starts_with("tapegrad::"));
    CHECK_FALSE(line.starts_with("std::"));
    CHECK(line.size() < 250);
  }
  CHECK((functions >= 2 && functions <= 5));
}

TEST_CASE("whatever goes wrong in a rule, the place is where its operator was recorded") {
  const tg::TraceScope trace;
  for (int how = 0; how < 3; ++how) {
    INFO(how);
    const Tensor x = leaf();
    Tensor y;
    record_failing(x, y, how);
    const Tensor loss = sum(y);
    const std::string text = message_of<tg::Error>([&] { walk_back(loss); });
    CHECK_THAT(text, ContainsSubstring("\n  recorded in\n    record_failing\n"));
    CHECK(text.find("recorded in") == text.rfind("recorded in"));
    CHECK_THAT(text, !ContainsSubstring("called in"));
  }
  // The next error is about something else again.
  CHECK_THAT(message_of<tg::Error>([] { call_layer(nn::Linear(2, 2), tg::ones({3})); }),
             !ContainsSubstring("recorded in"));
}

TEST_CASE("an error at the call says where that was") {
  nn::Linear layer(3, 2);
  nn::name_modules(layer, "net");
  const auto call = [&] { call_layer(layer, tg::ones({2, 5})); };
  const std::string without = message_of<tg::ShapeError>(call);
  const tg::TraceScope trace;
  CHECK(message_of<tg::ShapeError>(call).starts_with(without + "\n  called in\n    call_layer\n"));
  CHECK_THAT(message_of<tg::GradError>([] { walk_back(tg::ones({})); }),
             ContainsSubstring("\n  called in\n    walk_back\n"));
}

TEST_CASE("an anomaly says where, too") {
  const tg::TraceScope trace;
  const tg::DetectAnomaly anomaly;
  const Tensor zero = tg::zeros({2}).requires_grad_();
  Tensor y;
  CHECK_THAT(message_of<tg::AnomalyError>([&] { record_sqrt(zero - 1, y); }),
             ContainsSubstring("\n  called in\n    record_sqrt\n"));
  record_sqrt(zero, y);
  CHECK_THAT(message_of<tg::AnomalyError>([&] { walk_back(sum(y)); }),
             ContainsSubstring("\n  recorded in\n    record_sqrt\n"));
}

TEST_CASE("operators with several outputs and those in place have their places") {
  const tg::TraceScope trace;
  const Tensor x = leaf();
  std::vector<Tensor> pieces;
  record_pieces(x * 1, pieces);
  const Tensor loss = sum(pieces[0] * pieces[1]);
  loss.backward();
  CHECK_THAT(message_of<tg::GradError>([&] { walk_back(sum(pieces[0])); }),
             ContainsSubstring("\n  recorded in\n    record_pieces\n"));
  Tensor y = x * 3;
  record_in_place(y);
  y.sum().backward();
  CHECK_THAT(message_of<tg::GradError>([&] { walk_back(sum(y)); }),
             ContainsSubstring("\n  recorded in\n    record_in_place\n"));
}

TEST_CASE("places are those of the scopes that are open") {
  Tensor before, inside;
  const Tensor x = leaf();
  record_tanh(x, before);
  {
    const tg::TraceScope trace;
    {
      const tg::TraceScope nested;
      record_tanh(x, inside);
    }
    sum(inside).backward();
    CHECK_THAT(message_of<tg::GradError>([&] { walk_back(sum(inside)); }),
               ContainsSubstring("\n  recorded in\n    record_tanh\n"));
    sum(before).backward();
    CHECK_THAT(message_of<tg::GradError>([&] { walk_back(sum(before)); }),
               ContainsSubstring("\n  recorded where nothing was traced, or too long ago"));
  }
  CHECK_FALSE(tg::detail::watched());
  CHECK_THAT(message_of<tg::GradError>([&] { walk_back(sum(inside)); }), !ContainsSubstring("\n"));
  // What was dropped with the last scope is not found again.
  const tg::TraceScope trace;
  CHECK_THAT(message_of<tg::GradError>([&] { walk_back(sum(inside)); }),
             ContainsSubstring("recorded where nothing was traced"));
}

TEST_CASE("a scope is of its thread; a graph that was recorded on another has its places",
          "[threads]") {
  const tg::TraceScope trace;
  const Tensor x = leaf();
  Tensor loss, untraced;
  std::string elsewhere;
  std::thread([&] {
    elsewhere = message_of<tg::Error>([] { call_layer(nn::Linear(2, 2), tg::ones({3})); });
    Tensor y;
    record_tanh(x, y);
    untraced = sum(y);
    const tg::TraceScope also;
    record_tanh(x, y);
    loss = sum(y);
    y.add_(1);
  }).join();
  CHECK_THAT(elsewhere, !ContainsSubstring("\n"));
  CHECK_THAT(message_of<tg::GradError>([&] { walk_back(loss); }),
             ContainsSubstring("\n  recorded in\n    record_tanh\n"));
  untraced.backward();
  CHECK_THAT(message_of<tg::GradError>([&] { walk_back(untraced); }),
             ContainsSubstring("recorded where nothing was traced"));
}

TEST_CASE("several threads may note their places at once", "[threads]") {
  std::vector<std::thread> threads;
  std::vector<std::string> texts(4);
  for (std::string& text : texts)
    threads.emplace_back([&text] {
      const tg::TraceScope trace;
      Tensor y = leaf();
      for (int i = 0; i < 200; ++i) record_tanh(y, y);
      text = message_of_a_change();
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : texts)
    CHECK_THAT(text, ContainsSubstring("\n  recorded in\n    record_tanh\n"));
}

TEST_CASE("whatever is recorded, the notes have a bound") {
  const tg::TraceScope trace;
  const Tensor x = tg::ones({}).requires_grad_();
  Tensor y = x;
  record_tanh(x, y);  // what a first operator allocates
  const std::int64_t before = memory::resident();
  // More places, and more ways to a place, than are kept.
  for (int i = 0; i < 400'000; ++i) record_tanh(x, y);
  for (unsigned path = 0; path < 16'384; ++path) {
    y = x;
    record_on_the_left(y, path, 15);
  }
  CHECK(memory::resident() - before < 12 * memory::kMegabyte);
  y.backward();
  CHECK_THAT(message_of<tg::GradError>([&] { walk_back(y); }),
             ContainsSubstring("\n  recorded in\n    record_on_the_"));
}

#endif
