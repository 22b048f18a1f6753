#pragma once

#include <cstdint>
#include <vector>

#include "autograd/graph/sketch.h"

// Internal: where numbers that are none come from, and where they go.

namespace tapegrad::detail {

/// Of the records of a picture in this direction: of values forwards, of gradients backwards.
std::vector<Mark> trouble_marks(const std::vector<RecordInfo>& list, DotDirection direction);

/// True of a leaf or constant that has NaN or infinities.
bool has_trouble(const RecordInput& input);

/// Of a box of records with these marks.
Mark joined(Mark a, Mark b);

}  // namespace tapegrad::detail
