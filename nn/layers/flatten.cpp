#include "nn/layers/flatten.h"

#include <fmt/format.h>

#include "autograd/ops/ops.h"
#include "nn/module/layer_scope.h"

namespace tapegrad::nn {

Tensor Flatten::operator()(const Tensor& x) const {
  if (hooks().waits()) [[unlikely]]
    return hooks().run(*this, x);
  const LayerScope scope(path());
  return flatten(x, start_dim_, end_dim_);
}

std::string Flatten::describe() const {
  return fmt::format("Flatten(start_dim={}, end_dim={})", start_dim_, end_dim_);
}

}  // namespace tapegrad::nn
