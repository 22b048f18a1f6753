#include <fmt/format.h>

#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/random_array.h"

namespace bench {

void add_reduction_cases(Cases& cases) {
  const auto add = [&](const std::string& expression, const std::vector<std::int64_t>& shape,
                       Mode mode) {
    // An expression is called by its operator and the dimension.
    const auto space = expression.find(' ');
    const std::string name = fmt::format(
        "{} of {}{}{}", expression.substr(0, space), fmt::join(shape, "x"),
        space == std::string::npos ? ", all" : ", along dimension " + expression.substr(space + 1),
        mode == Mode::backward ? ", forward and backward" : "");
    cases.push_back({name, false, [=](const Setting& setting) {
                       ExpressionSpec spec{expression, mode};
                       // Not around 0: sums would be what is left of cancellation.
                       spec.inputs = {random_array(shape, 0, 1)};
                       std::int64_t n = 1;
                       for (const std::int64_t size : shape) n *= size;
                       const bool back = mode == Mode::backward;
                       if (back && space != std::string::npos) {
                         std::vector<std::int64_t> kept = shape;
                         kept.erase(kept.begin() + std::stoi(expression.substr(space + 1)));
                         spec.upstream = random_array(kept);
                       }
                       // The gradient is written; a largest element must be found again, too.
                       return measure_expression(setting, name, spec,
                                                 back ? copies(n, 1) : reads(n));
                     }});
  };
  const std::vector<std::int64_t> matrix{1000, 1000}, cube{100, 100, 100};
  for (const char* expression : {"sum", "sum 0", "sum 1", "amax 0", "amax 1", "var 0", "var 1"})
    add(expression, matrix, Mode::no_grad);
  for (const char* expression : {"sum 0", "sum 1", "sum 2", "amax 0", "amax 1", "amax 2"})
    add(expression, cube, Mode::no_grad);
  for (const char* expression : {"sum 0", "sum 1", "amax 1", "var 1"})
    add(expression, matrix, Mode::backward);
}

}  // namespace bench
