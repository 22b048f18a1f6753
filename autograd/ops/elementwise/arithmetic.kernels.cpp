#include "autograd/ops/elementwise/arithmetic.h"

#include "autograd/ops/core/elementwise_loops.h"

namespace tapegrad::detail {

namespace {

[[gnu::used]] constexpr auto kTables = tables_of(formula::Arithmetic());

}  // namespace

}  // namespace tapegrad::detail
