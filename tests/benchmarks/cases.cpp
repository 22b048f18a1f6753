#include "tests/benchmarks/cases.h"

#include "tests/benchmarks/agree.h"

namespace bench {

Row measure_expression(const Setting& setting, const std::string& name, const ExpressionSpec& spec,
                       const Call& bound, double per) {
  const auto mine = setting.ours.expression(spec);
  Subjects subjects;
  subjects.ours = [&] { mine->run(); };
  subjects.bound = bound;

  std::unique_ptr<Work> theirs;
  if (setting.torch) {
    theirs = setting.torch->expression(spec);
    mine->run();
    theirs->run();
    expect_close(name, mine->results(), theirs->results(), 1e-4);
    subjects.torch = [&] { theirs->run(); };
  }
  Row row{name, time_subjects(subjects, setting.effort)};
  for (auto* figure : {&row.figures.ours, &row.figures.torch, &row.figures.bound})
    if (*figure) (*figure)->median /= per;
  return row;
}

}  // namespace bench
