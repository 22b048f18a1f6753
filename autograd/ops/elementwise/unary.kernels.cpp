#include "autograd/ops/elementwise/unary.h"

#include "autograd/ops/core/elementwise_loops.h"

namespace tapegrad::detail {

namespace {

[[gnu::used]] constexpr auto kTables = tables_of(formula::Unary());

}  // namespace

}  // namespace tapegrad::detail
