#include "nn/sequential.h"

#include "autograd/tensor/fail.h"

namespace tapegrad::nn {

Tensor Sequential::operator()(const Tensor& x) const {
  Tensor y = x;
  for (const Layer& layer : layers_) y = layer(y);
  return y;
}

void Sequential::visit(Visitor& f) {
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
