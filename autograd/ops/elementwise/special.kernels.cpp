#include "autograd/ops/elementwise/special.h"

#include "autograd/ops/core/elementwise_loops.h"

namespace tapegrad::detail {

namespace {

[[gnu::used]] constexpr auto kTables = tables_of(formula::Special());

}  // namespace

}  // namespace tapegrad::detail
