#include "autograd/ops/formula_kernels.h"
#include "nn/optim_formulas.h"

namespace tapegrad::detail {

namespace {

[[gnu::used]] constexpr auto kTables = update_tables(formula::Optimizers());

}  // namespace

}  // namespace tapegrad::detail
