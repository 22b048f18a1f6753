#include <fmt/format.h>

#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/random_array.h"

namespace bench {

namespace {

/// Functions of one element, on arguments between `low` and `high`.
struct Function {
  const char* name;
  double low, high;
};

constexpr Function kFunctions[] = {
    {"exp", -5, 5},   {"expm1", -2, 2}, {"log", 0.01, 10},   {"log1p", -0.5, 5}, {"sqrt", 0, 10},
    {"sin", -10, 10}, {"cos", -10, 10}, {"tanh", -3, 3},     {"erf", -3, 3},     {"sigmoid", -5, 5},
    {"gelu", -3, 3},  {"silu", -5, 5},  {"softplus", -5, 5},
};

}  // namespace

void add_elementwise_cases(Cases& cases) {
  for (const std::int64_t n : {1000, 100'000, 10'000'000}) {
    const std::string name =
        fmt::format("tanh(x*y+z).sum(), n = {:.0e}, forward and backward", static_cast<double>(n));
    cases.push_back(
        {name, n > 1'000'000, [=](const Setting& setting) {
           ExpressionSpec spec{"tanh(x*y+z)", Mode::backward};
           // z is positive, so that the sum is not what is left of cancellation.
           spec.inputs = {random_array({n}), random_array({n}), random_array({n}, 0, 1)};
           // Three tensors are read, three gradients written.
           return measure_expression(setting, name, spec, copies(n, 3));
         }});
  }

  constexpr std::int64_t kMany = 100'000;
  for (const Function& function : kFunctions) {
    const std::string name = fmt::format("{}, n = 1e5, per element", function.name);
    cases.push_back({name, false, [=](const Setting& setting) {
                       ExpressionSpec spec{function.name};
                       spec.inputs = {random_array({kMany}, function.low, function.high)};
                       return measure_expression(setting, name, spec, copies(kMany, 1), kMany);
                     }});
  }
  cases.push_back({"pow, n = 1e5, per element", false, [=](const Setting& setting) {
                     ExpressionSpec spec{"pow"};
                     spec.inputs = {random_array({kMany}, 0.1, 3), random_array({kMany}, -2, 2)};
                     return measure_expression(setting, "pow, n = 1e5, per element", spec,
                                               copies(kMany, 1), kMany);
                   }});
  for (const std::int64_t n : {100'000, 10'000'000}) {
    const std::string name = fmt::format("x + y, n = {:.0e}, per element", static_cast<double>(n));
    cases.push_back({name, n > 1'000'000, [=](const Setting& setting) {
                       ExpressionSpec spec{"add"};
                       spec.inputs = {random_array({n}), random_array({n})};
                       return measure_expression(setting, name, spec, copies(n, 1),
                                                 static_cast<double>(n));
                     }});
  }
}

}  // namespace bench
