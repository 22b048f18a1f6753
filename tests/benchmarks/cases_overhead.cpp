#include <fmt/format.h>

#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/expressions.h"
#include "tests/benchmarks/random_array.h"

namespace bench {

void add_overhead_cases(Cases& cases) {
  struct Way {
    Mode mode;
    const char* name;
  };
  for (const Way way : {Way{Mode::no_grad, "not recorded"}, Way{Mode::recorded, "recorded"},
                        Way{Mode::backward, "recorded, walked back"}}) {
    for (const std::int64_t n : {1, 16, 256, 4096}) {
      const std::string name = fmt::format("x*w, n = {}, {}, per operator", n, way.name);
      cases.push_back(
          {name, false, [=](const Setting& setting) {
             ExpressionSpec spec{"chain", way.mode};
             // Near 1, so that a thousand factors stay far from 0 and infinity.
             spec.inputs = {random_array({n}, 0.9, 1.1), random_array({n}, 0.9999, 1.0001)};
             spec.upstream = random_array({n}, 0.9, 1.1);
             const bool back = way.mode == Mode::backward;
             return measure_expression(setting, name, spec, product_loops(n, kChain, back), kChain);
           }});
    }
  }
  const std::string name = "mm 16x16, sum, walked back";
  cases.push_back({name, false, [=](const Setting& setting) {
                     ExpressionSpec spec{"mm", Mode::backward};
                     spec.inputs = {random_array({16, 16}), random_array({16, 16})};
                     return measure_expression(setting, name, spec, square_products(16));
                   }});
}

}  // namespace bench
