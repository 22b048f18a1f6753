// A program that does not speak of traces: with TAPEGRAD_TRACE=1 in the environment its errors say
// where in it operators were recorded, without they do not.
//
//     traced_run traced | plain | stripped    what is expected

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <thread>

#include "autograd/autograd.h"

namespace tg = tapegrad;
using tg::Tensor;

extern "C" {
[[gnu::noinline]] void record_exp(const Tensor& x, Tensor& y) { y = sum(exp(x)); }
[[gnu::noinline]] void add_wrongly(const Tensor& x) { x + tg::ones({7}); }
}

namespace {

// Before main, and perhaps before the library has looked at the environment.
const Tensor x = (tg::ones({3}) * 2).requires_grad_();

int failures = 0;
std::string_view expected;

void check(const char* what, const std::string& text, const char* place) {
  const bool place_is_there = text.find(place) != text.npos;
  const bool command = text.find("\n    file and line: addr2line -Cfpie /") != text.npos;
  const bool right = expected == "traced"     ? place_is_there && command
                     : expected == "stripped" ? !place_is_there && command
                                              : text.find('\n') == text.npos;
  if (right) return;
  fmt::print("{}: {} was expected, but the text is: {}\n", what, expected, text);
  ++failures;
}

std::string message_of(auto run) {
  try {
    run();
  } catch (const tg::Error& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}

void check_walked_twice(const char* what, const Tensor& y) {
  y.backward();
  check(what, message_of([&] { y.backward(); }), "\n  recorded in\n    record_exp\n");
}

}  // namespace

int main(int count, char** arguments) {
  expected = count > 1 ? arguments[1] : "";
  if (expected != "traced" && expected != "plain" && expected != "stripped") {
    fmt::print(stderr, "what is expected is traced, plain or stripped\n");
    return 2;
  }
  check("a call", message_of([] { add_wrongly(x); }), "\n  called in\n    add_wrongly\n");
  Tensor y;
  record_exp(x, y);
  check_walked_twice("the first thread", y);
  // The first operator of a thread has its place as all others; here it is the one of the error.
  std::thread([&] { record_exp(x, y); }).join();
  check_walked_twice("another thread's graph", y);
  std::thread([&] {
    record_exp(x, y);
    check_walked_twice("another thread", y);
  }).join();
  std::thread([&] {
    check("another thread's call", message_of([] { add_wrongly(x); }),
          "\n  called in\n    add_wrongly\n");
  }).join();
  if (failures == 0) fmt::print("Errors are {}.\n", expected);
  return failures == 0 ? 0 : 1;
}
