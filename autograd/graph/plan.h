#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "autograd/graph/dot.h"

// Internal: which records of a long tape a picture shows one by one, and which together.

namespace tapegrad::detail {

/// The components of a module path.
using ScopePath = std::vector<std::string>;
ScopePath split_scope(const std::string& scope);

/// Records that are neighbours on the tape, as a picture shows them. What is drawn as one consists of
/// neighbours, so a picture of a tape has no circles but those of `repeat`.
struct PlanItem {
  enum class Kind {
    operation,  ///< one record
    module,     ///< a call of a closed module
    stretch,    ///< neighbours that have nothing in common
    repeat,     ///< `body`, `times` times
  };
  Kind kind = Kind::operation;
  std::size_t first = 0, count = 1;  ///< records; of a repeat all of them
  std::size_t depth = 0;             ///< of a module: the length of its path
  std::uint64_t signature = 0;       ///< equal where the drawing is
  bool kept = false;                 ///< it was asked for, and is drawn in any case
  std::size_t times = 1;
  std::vector<PlanItem> body = {};  ///< of the first time
};

/// What is drawn of these records, in the order of the tape.
std::vector<PlanItem> plan_picture(const std::vector<RecordInfo>& list, const DotOptions& options);

}  // namespace tapegrad::detail
