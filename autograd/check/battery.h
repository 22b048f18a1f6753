#pragma once

#include <functional>
#include <string>
#include <vector>

#include "autograd/check/verify.h"

// Internal: the parts of `verify`.

namespace tapegrad::detail {

/// A case, what it computes, and where findings go.
struct Battery {
  const OperatorInfo& op;
  const OperatorCase& example;
  const VerifyOptions& options;
  VerifyResult& result;

  void found(const char* check, std::string text) const {
    result.findings.push_back({check, example.label, std::move(text)});
  }
};

/// Copies of the inputs, those of floating-point types as `dtype`.
std::vector<Tensor> copies(const std::vector<Tensor>& inputs, DType dtype = float64);
/// How far apart two tensors are, in units of the largest number of `exact`; infinite where the
/// shapes differ.
double distance(const Tensor& found, const Tensor& exact);

/// A result and the gradients of those inputs that have one, for a fixed cotangent.
struct Computed {
  Tensor value;
  std::vector<Tensor> gradients;
};

/// The numbers 1.5 + sin(1), 1.5 + sin(2), ..., which differ from element to element.
Tensor fixed_cotangent(const Tensor& y);
/// `f` at `inputs`, whose floating-point ones vary where those of the case do.
Computed compute(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                 const std::vector<Tensor>& inputs, const std::vector<Tensor>& like);
/// "the value", "the gradient of input 2", of what differs by more than `tolerance` of the largest
/// number of `exact`; empty if nothing does.
std::string difference(const Computed& found, const Computed& exact, double tolerance);
/// True if all bits are the same.
bool same_bits(const Computed& a, const Computed& b);

void check_derivatives(const Battery& battery);
void check_aliases(const Battery& battery);
void check_moved(const Battery& battery);
void check_float32(const Battery& battery);
void check_instruction_sets(const Battery& battery);
void check_invariance(const Battery& battery);
void check_large(const Battery& battery);
void check_memory(const Battery& battery);

}  // namespace tapegrad::detail
