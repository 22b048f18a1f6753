#include "autograd/ops/elementwise/activation.h"

#include "autograd/ops/core/elementwise_loops.h"

namespace tapegrad::detail {

namespace {

[[gnu::used]] constexpr auto kTables = tables_of(formula::Activations());

}  // namespace

}  // namespace tapegrad::detail
