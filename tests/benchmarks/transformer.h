#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/benchmarks/work.h"

// The transformer of examples/characters.cpp, written once for both libraries; see expressions.h.

namespace bench {

template <class L>
class Transformer {
 public:
  using Tensor = typename L::Tensor;
  using Spec = TransformerSpec;

  Transformer(const Spec& spec, const std::vector<Array>& weights)
      : spec_(spec), seen_(L::seen(spec.block)) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      parameters_[i] = L::from(weights.at(i), spec.type);
      parameters_[i].requires_grad_(true);
    }
  }

  static Tensor inputs(const Spec& spec, const NetworkData& data) {
    return L::from(classes(data.inputs)).reshape({spec.batch, spec.block});
  }
  static Tensor targets(const Spec&, const NetworkData& data) {
    return L::from(classes(data.targets));
  }

  Tensor loss(const Tensor& letters, const Tensor& targets) const {
    const auto& [embedding, positions, norm1, norm1_bias, qkv, qkv_bias, heads, heads_bias, norm2,
                 norm2_bias, up, up_bias, down, down_bias, out, out_bias] = parameters_;
    Tensor x = L::embedding(embedding, letters) + positions;
    const Tensor normal = layer_norm(x, {spec_.width}, norm1, norm1_bias);
    const Tensor asked = attention(L::linear(normal, qkv, qkv_bias));
    x = x + L::linear(asked, heads, heads_bias);
    const Tensor again = layer_norm(x, {spec_.width}, norm2, norm2_bias);
    x = x + L::linear(relu(L::linear(again, up, up_bias)), down, down_bias);
    const Tensor logits = L::linear(x, out, out_bias);
    return L::cross_entropy(logits.reshape({-1, spec_.letters}), targets);
  }

  std::vector<Tensor> parameters() { return {parameters_.begin(), parameters_.end()}; }

 private:
  Tensor attention(const Tensor& qkv) const {
    const std::int64_t batch = spec_.batch, block = spec_.block, size = spec_.width / spec_.heads;
    const std::vector<Tensor> parts =
        unbind(qkv.reshape({batch, block, 3, spec_.heads, size}).permute({2, 0, 3, 1, 4}), 0);
    const Tensor scores =
        L::mm_transposed(parts[0], parts[1]) / std::sqrt(static_cast<double>(size));
    const Tensor asked = matmul(L::masked_softmax(scores, seen_), parts[2]);
    return asked.permute({0, 2, 1, 3}).reshape({batch, block, spec_.width});
  }

  Spec spec_;
  Tensor seen_;                        // which letters each letter asks
  std::array<Tensor, 16> parameters_;  // as in `random_network`
};

}  // namespace bench
