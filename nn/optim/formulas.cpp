#include "nn/optim/formulas.h"

#include "autograd/ops/formula/library.h"

namespace tapegrad::detail {

namespace {

[[gnu::used]] constexpr auto kFormulas = library_formulas(formula::Optimizers());

}  // namespace

}  // namespace tapegrad::detail
