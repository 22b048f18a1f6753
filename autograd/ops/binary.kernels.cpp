#include "autograd/ops/binary.h"

#include "autograd/ops/elementwise_loops.h"

namespace tapegrad::detail {

namespace {

[[gnu::used]] constexpr auto kTables = tables_of(formula::Binary());

}  // namespace

}  // namespace tapegrad::detail
