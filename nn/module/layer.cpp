#include "nn/module/layer.h"

#include "autograd/base/fail.h"
#include "nn/module/layer_scope.h"

namespace tapegrad::nn {

Layer::Layer(const Layer& other)
    : held_(other.held_ ? other.held_->copy() : nullptr),
      path_(other.path_),
      hooks_(other.hooks_) {}

Layer& Layer::operator=(const Layer& other) {
  Layer copy(other);
  return *this = std::move(copy);
}

const Layer::Held& Layer::held() const {
  if (!held_) fail<ValueError>("layer: it is empty, because it was moved to another place");
  return *held_;
}

Tensor Layer::operator()(Tensor x) const {
  if (hooks_.waits()) [[unlikely]]
    return hooks_.run(*this, x);
  const LayerScope scope(path_);
  return held().call(std::move(x));
}

void Layer::visit(Visitor& f) {
  if (!held_) return;
  f.hooks(hooks_);
  held_->visit(f, path_);
}

detail::Description Layer::description() const { return held().describe(); }

std::string Layer::describe() const { return description().str(); }

}  // namespace tapegrad::nn
