#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/random_array.h"

namespace bench {

namespace {

constexpr std::int64_t kRows = 256;

/// What an expression over rows is given.
ExpressionSpec row_spec(const std::string& name, Mode mode) {
  ExpressionSpec spec{name, mode};
  const std::int64_t width = name == "layer_norm" ? 1024 : 1000;
  spec.inputs = {random_array({kRows, width}, -3, 3)};
  if (name == "layer_norm") {
    spec.inputs.push_back(random_array({width}));
    spec.inputs.push_back(random_array({width}));
  }
  if (name == "cross_entropy")
    spec.classes = random_classes(kRows, width);
  else
    spec.upstream = random_array({kRows, width});
  return spec;
}

}  // namespace

void add_row_cases(Cases& cases) {
  struct Kind {
    const char* expression;
    const char* title;
    std::int64_t width;
    bool writes;  ///< as much as it reads
  };
  for (const Kind& kind : {Kind{"softmax", "softmax 256x1000", 1000, true},
                           Kind{"cross_entropy", "log-softmax with loss 256x1000", 1000, false},
                           Kind{"layer_norm", "layer norm 256x1024", 1024, true}}) {
    for (const Mode mode : {Mode::no_grad, Mode::backward}) {
      const bool back = mode == Mode::backward;
      const std::string name =
          std::string(kind.title) + (back ? ", forward and backward" : ", forward");
      cases.push_back({name, false, [=](const Setting& setting) {
                         // One pass forward, and back one more that writes the gradient.
                         const std::int64_t n = kRows * kind.width;
                         const Call bound = back          ? copies(n, kind.writes ? 2 : 1)
                                            : kind.writes ? copies(n, 1)
                                                          : reads(n);
                         return measure_expression(setting, name, row_spec(kind.expression, mode),
                                                   bound);
                       }});
    }
  }
}

}  // namespace bench
