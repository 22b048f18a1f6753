#include "autograd/ops/elementwise/exponential.h"

#include "autograd/ops/core/elementwise_loops.h"

namespace tapegrad::detail {

namespace {

[[gnu::used]] constexpr auto kTables = tables_of(formula::Exponential());

}  // namespace

}  // namespace tapegrad::detail
