#pragma once

#include <cstdint>
#include <vector>

// Expressions with a loop in them: each step is a few operators on what the step before has made,
// so that the tape is long and the tensors are small. See expressions.h.

namespace bench {

inline constexpr int kOscillatorOperators = 9;  // in a step
inline constexpr int kCellSteps = 1000;
inline constexpr std::int64_t kCellWidth = 16;
inline constexpr int kElementLstmOperators = 18, kLayerLstmOperators = 17, kTanhCellOperators = 5;

/// Van der Pol's oscillator by Euler's rule, symplectic: x'' = mu (1 - x^2) x' - x. Returns where
/// it ends.
template <int kSteps, class Tensor>
Tensor van_der_pol(const std::vector<Tensor>& in) {
  constexpr double kTime = 0.001;
  Tensor x = in[0], v = in[1];
  for (int i = 0; i < kSteps; ++i) {
    v = v + kTime * (in[2] * (1 - x * x) * v - x);
    x = x + kTime * v;
  }
  return x;
}

/// The LSTM of ADBench, whose gates have a weight for each element instead of a matrix: input,
/// hidden state, cell state, and weight and bias of four gates. Returns the sum of all hidden
/// states, so that no gradient fades into subnormal numbers.
template <class Tensor>
Tensor lstm_of_elements(const std::vector<Tensor>& in) {
  Tensor h = in[1], c = in[2], sum = in[1];
  for (int i = 0; i < kCellSteps; ++i) {
    const Tensor forget = sigmoid(in[0] * in[3] + in[4]);
    const Tensor ingate = sigmoid(h * in[5] + in[6]);
    const Tensor outgate = sigmoid(in[0] * in[7] + in[8]);
    const Tensor change = tanh(h * in[9] + in[10]);
    c = c * forget + ingate * change;
    h = outgate * tanh(c);
    sum = sum + h;
  }
  return sum.sum();
}

/// An LSTM as in most libraries, batch 1: input, hidden state, cell state, and weight and bias of a
/// linear layer of the input and of one of the hidden state, each for all four gates.
template <class L, class Tensor = typename L::Tensor>
Tensor lstm_of_layers(const std::vector<Tensor>& in) {
  Tensor h = in[1], c = in[2], sum = in[1];
  for (int i = 0; i < kCellSteps; ++i) {
    const Tensor gates = L::linear(in[0], in[3], in[4]) + L::linear(h, in[5], in[6]);
    const auto gate = [&](int k) { return gates.narrow(1, k * kCellWidth, kCellWidth); };
    c = sigmoid(gate(0)) * c + sigmoid(gate(1)) * tanh(gate(2));
    h = sigmoid(gate(3)) * tanh(c);
    sum = sum + h;
  }
  return sum.sum();
}

/// The plainest recurrent cell, batch 1: input, hidden state and both matrices.
template <class L, class Tensor = typename L::Tensor>
Tensor tanh_cell(const std::vector<Tensor>& in) {
  Tensor h = in[1], sum = in[1];
  for (int i = 0; i < kCellSteps; ++i) {
    h = tanh(L::mm(in[0], in[2]) + L::mm(h, in[3]));
    sum = sum + h;
  }
  return sum.sum();
}

}  // namespace bench
