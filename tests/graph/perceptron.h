#pragma once

#include "autograd/autograd.h"

/// A multi-layer perceptron with its loss, and what to call the tensors.
struct Perceptron {
  tapegrad::Tensor w1 = tapegrad::ones({8, 4}).requires_grad_(),
                   b1 = tapegrad::zeros({8}).requires_grad_();
  tapegrad::Tensor w2 = tapegrad::ones({3, 8}).requires_grad_(),
                   b2 = tapegrad::zeros({3}).requires_grad_();
  tapegrad::Tensor x = tapegrad::ones({5, 4});
  tapegrad::Tensor labels = tapegrad::zeros({5}, tapegrad::int64);
  tapegrad::Tensor loss;

  Perceptron() {
    const tapegrad::Scope net("net");
    tapegrad::Tensor h, logits;
    {
      const tapegrad::Scope layer("fc1");
      h = tapegrad::relu(tapegrad::linear(x, w1, b1));
    }
    {
      const tapegrad::Scope layer("fc2");
      logits = tapegrad::linear(h, w2, b2);
    }
    loss = tapegrad::cross_entropy(logits, labels);
  }
  tapegrad::TensorNames names() const {
    return {{"fc1.weight", w1}, {"fc1.bias", b1},   {"fc2.weight", w2}, {"fc2.bias", b2},
            {"x", x},           {"labels", labels}, {"loss", loss}};
  }
};
