#include "autograd/ops/elementwise/trigonometric.h"

#include "autograd/ops/core/elementwise_loops.h"

namespace tapegrad::detail {

namespace {

[[gnu::used]] constexpr auto kTables = tables_of(formula::Trigonometric());

}  // namespace

}  // namespace tapegrad::detail
