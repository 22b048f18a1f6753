#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/benchmarks/work.h"

namespace bench {

/// Two libraries that computed different things are not compared.
struct Disagreement : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Element by element: |a - b| <= rtol max(|b|, root mean square of b). Errors: `Disagreement`.
void expect_close(const std::string& what, const std::vector<Array>& a, const std::vector<Array>& b,
                  double rtol);
/// As vectors: |a - b| <= rtol |b|, for what steps of an optimizer led to, where single elements
/// may part (Adam takes the sign of gradients that are all but 0).
void expect_near(const std::string& what, const std::vector<Array>& a, const std::vector<Array>& b,
                 double rtol);

}  // namespace bench
