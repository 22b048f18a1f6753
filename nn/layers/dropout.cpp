#include "nn/layers/dropout.h"

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/require.h"
#include "nn/module/layer_scope.h"

namespace tapegrad::nn {

Dropout::Dropout(Real p) : p_(p) { tapegrad::detail::require_probability(p, "p", "Dropout"); }

Tensor Dropout::operator()(const Tensor& x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return dropout(x, p_, training_);
}

void Dropout::visit(Visitor& f) {
  NamedLayer::visit(f);
  f.training(training_);
}

std::string Dropout::describe() const { return fmt::format("Dropout(p={})", p_); }

}  // namespace tapegrad::nn
