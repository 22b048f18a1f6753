#pragma once

#include <optional>
#include <string>

#include "autograd/tape/no_grad.h"

// Internal: how layers name what they compute.

namespace tapegrad::nn {

/// A `Scope` of the layer's path while the layer computes; nothing for a layer without a path.
class [[nodiscard]] LayerScope {
 public:
  explicit LayerScope(const std::string& path) {
    if (!path.empty()) scope_.emplace(path);
  }

 private:
  std::optional<Scope> scope_;
};

}  // namespace tapegrad::nn
