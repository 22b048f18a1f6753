#pragma once

#include <functional>
#include <vector>

#include "autograd/tensor/tensor.h"

// Internal: a function that is differentiated in reverse mode, with its own inputs.

namespace tapegrad::detail {

using ListFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

/// Values equal to `x`, for a function to be differentiated by them: what it holds of `x` itself is
/// constant then. Connected to what is around the function, by the tape and by modes.
std::vector<Tensor> own_inputs(const std::vector<Tensor>& x);

/// Checks what a function is differentiated by. Errors: `ValueError`, `DTypeError`.
void require_inputs(const std::vector<Tensor>& x, const char* caller);

/// `f` called on inputs of its own, with the tape from these to what it returned. It records even
/// within `NoGrad`, which is about what is around it.
class Level {
 public:
  /// Errors: as `require_inputs`; what `f` throws; `ValueError` where it returns an undefined
  /// tensor.
  Level(const char* caller, const ListFunction& f, const std::vector<Tensor>& x);

  /// What `f` returned, as results: with a history only where that leads out of `f`.
  std::vector<Tensor> values() const;
  const std::vector<Tensor>& outputs() const noexcept { return outputs_; }
  /// The cotangents of the inputs for those of the outputs, of which each may be undefined; zeros
  /// where nothing depends on an input. With a history where what is around `f`, or a cotangent,
  /// has one. `keeps`: it may be asked again.
  std::vector<Tensor> pull(const std::vector<Tensor>& cotangents, bool keeps) const;

 private:
  std::vector<Tensor> inputs_, outputs_;
  bool records_;            // what is around `f` is recorded
  bool leads_out_ = false;  // the outputs depend on what is around `f`
};

/// The gradients of the one number that `f` returns, with that number behind them. Errors: as
/// `Level`; `GradError` where it returns something else.
std::vector<Tensor> gradients_and_value(const char* caller, const ListFunction& f,
                                        const std::vector<Tensor>& x);

}  // namespace tapegrad::detail
