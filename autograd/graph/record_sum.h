#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "autograd/graph/marks.h"

// Internal: what a box of several records says of them.

namespace tapegrad::detail {

struct RecordSum {
  std::size_t operators = 0;
  std::int64_t bytes = 0, parameters = 0;
  double least = std::numeric_limits<double>::infinity(), most = 0;  ///< norms of gradients
  bool has_gradient = false;
  NotFinite not_finite;
  Mark mark = Mark::none;

  void add(const RecordInfo& info, Mark of_record);
  /// "gradient 0.31", "gradients 1e-08 to 0.31".
  std::string gradient() const;
};

}  // namespace tapegrad::detail
