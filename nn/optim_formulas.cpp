#include "nn/optim_formulas.h"

#include "autograd/ops/formula_library.h"

namespace tapegrad::detail {

namespace {

[[gnu::used]] constexpr auto kFormulas = library_formulas(formula::Optimizers());

}  // namespace

}  // namespace tapegrad::detail
