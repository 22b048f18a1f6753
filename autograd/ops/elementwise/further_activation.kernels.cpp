#include "autograd/ops/elementwise/further_activation.h"

#include "autograd/ops/core/elementwise_loops.h"

namespace tapegrad::detail {

namespace {

[[gnu::used]] constexpr auto kTables = tables_of(formula::FurtherActivations());

}  // namespace

}  // namespace tapegrad::detail
