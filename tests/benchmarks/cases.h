#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/benchmarks/bounds.h"
#include "tests/benchmarks/options.h"
#include "tests/benchmarks/table.h"
#include "tests/benchmarks/work.h"

namespace bench {

/// Whom and how to measure.
struct Setting {
  Side& ours;
  Side* torch;  ///< nullptr without libtorch
  Effort effort;
};

/// Lines of the table that are not yet measured.
struct Case {
  std::string name;
  bool large;  ///< left out of quick runs
  std::function<Rows(const Setting&)> measure;
};

using Cases = std::vector<Case>;

// Each adds the cases of one kind.
void add_overhead_cases(Cases& cases);
void add_network_cases(Cases& cases);
void add_elementwise_cases(Cases& cases);
void add_row_cases(Cases& cases);
void add_reduction_cases(Cases& cases);
void add_memory_cases(Cases& cases);
void add_epoch_case(Cases& cases, const Options& options);
void add_start_up_cases(Cases& cases);
void add_tape_cases(Cases& cases);
void add_recurrent_cases(Cases& cases);
void add_forward_cases(Cases& cases);
void add_transform_cases(Cases& cases);
void add_anomaly_cases(Cases& cases);
void add_scalar_cases(Cases& cases);

/// Measures an expression. `per` is the number of operators that a call is counted as. Errors:
/// `Disagreement` when libtorch computes something else.
Row measure_expression(const Setting& setting, const std::string& name, const ExpressionSpec& spec,
                       const Call& bound, double per = 1);

}  // namespace bench
