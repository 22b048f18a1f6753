// start_up.cpp with libtorch, by way of the plug-in: its headers take long to compile.

#include "tests/benchmarks/work.h"

extern "C" bench::Side* tapegrad_benchmarks_side();

int main() {
  const auto work = tapegrad_benchmarks_side()->expression(
      {"tanh(x*y+z)", bench::Mode::backward, {{{2}, {1, 2}}, {{2}, {1, 2}}, {{2}, {1, 2}}}});
  work->run();
}
