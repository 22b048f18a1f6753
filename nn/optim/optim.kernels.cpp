#include "autograd/ops/formula/kernels.h"
#include "nn/optim/formulas.h"

namespace tapegrad::detail {

namespace {

[[gnu::used]] constexpr auto kTables = update_tables(formula::Optimizers());

}  // namespace

}  // namespace tapegrad::detail
