#include "nn/layers/sequential.h"

#include <utility>

#include "autograd/base/fail.h"

namespace tapegrad::nn {

Tensor Sequential::operator()(Tensor x) const {
  if (hooks_.waits()) [[unlikely]]
    return hooks_.run(*this, x);
  for (const Layer& layer : layers_) x = layer(std::move(x));
  return x;
}

void Sequential::visit(Visitor& f) {
  f.hooks(hooks_);
  for (std::size_t i = 0; i < layers_.size(); ++i) f(std::to_string(i), layers_[i]);
}

std::size_t Sequential::position(std::int64_t index) const {
  const auto count = static_cast<std::int64_t>(layers_.size());
  if (index < -count || index >= count) {
    fail<IndexError>("Sequential: there is no layer {}; it has {}", index, count);
  }
  return static_cast<std::size_t>(index < 0 ? index + count : index);
}

}  // namespace tapegrad::nn
