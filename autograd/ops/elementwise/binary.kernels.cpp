#include "autograd/ops/elementwise/binary.h"

#include "autograd/ops/core/elementwise_loops.h"

namespace tapegrad::detail {

namespace {

[[gnu::used]] constexpr auto kTables = tables_of(formula::Binary());

}  // namespace

}  // namespace tapegrad::detail
