#pragma once

/// @file
/// Finds where the first NaN or infinity comes from: while a `DetectAnomaly` lives, it is an error
/// that names operator, module and what went in.
///
///     tg::DetectAnomaly anomaly;
///     try {
///       tg::log(tg::tensor({-1.0}));
///     } catch (const tg::AnomalyError& error) {
///       fmt::print("{}\n", error.what());
///     }

#include <memory>
#include <span>
#include <string_view>

#include "autograd/tensor/door/watcher.h"

namespace tapegrad {

/// @addtogroup check
/// @{

/// While it lives, the first NaN or infinity that this thread computes is an `AnomalyError`.
///
///     tg::DetectAnomaly anomaly;
///     train_step(net, x, y);
///
/// The error names the operator, its module path (`net.fc2`, after `nn::name_modules`), the shape,
/// how many elements are NaN or infinite and the first of them, and then the inputs: the range of
/// each, and the operators that they came from, back to where numbers were last of a usual size.
/// Looked at are
///  - the results of operators, also in place and within `jvp`; of one that calls others, its own
///    result alone, since many make infinities on the way that they know to handle;
///  - in `backward()` and `grad()` the gradient that each rule gives, and every sum of gradients;
///    the error names the operator whose rule it is, the path of its forward call and the number of
///    the input;
///  - what the step of an optimizer, or `update`, makes of a parameter and of what it remembers;
///    parameters have the names that the optimizer knows.
///
/// What is no anomaly:
///  - integers, truth values, and tensors that the program makes (`full`, `tensor`, `zeros`, `write`
///    and the like), such as a mask of -inf;
///  - an infinity that an operator does not make but got: from operators that work on each element,
///    one at a place where an input has one; from others, such as `cat`, `sum`, `matmul` or
///    `log_softmax`, any, where an input has one; from a rule, where the gradient that came in has
///    one. A NaN always is one, and the text says with which input it came if it did;
///  - `logsumexp` of nothing, which is -inf by definition.
///
/// Nothing is computed differently while it lives, and an error leaves all as that of an operator
/// does: the values that were there before, but for what was changed in place (also by the step of
/// an optimizer), the tape, and the scope, which goes on. From a walk it comes as from any rule that
/// throws; only where the sum over several `backward()` leaves the range, gradients have been added
/// when it comes. Scopes nest. Other threads are not looked at; what they made counts as given by
/// the program.
///
/// Every result is read once more: a training step takes 1.1 to 1.2 times as long where its layers
/// have hundreds of units, 1.4 to 1.6 times with 64, and 2.4 times where they have so few that the
/// call of an operator counts. Nothing while no scope is open. It keeps notes of the last thousand
/// results, some 200 KB, and no tensors.
class [[nodiscard]] DetectAnomaly final : detail::Watcher {
 public:
  /// Begins to look. Errors: `OutOfMemoryError`.
  [[nodiscard]] DetectAnomaly();
  /// Looks no longer.
  ~DetectAnomaly();

 private:
  void call(const detail::OperatorCall& call) override;
  void called(const detail::OperatorCall& call, std::span<const Tensor> outputs) override;
  void failed(const detail::OperatorCall& call) noexcept override;
  void launch(const detail::Launch& launch) override;
  void event(detail::Event event, const detail::Impl& value) noexcept override;
  void named(const detail::Impl& value, std::string_view name) noexcept override;
  void collected(const Tensor& leaf, const Tensor& sum) override;

  struct State;
  const std::unique_ptr<State> state_;
};

/// @}

}  // namespace tapegrad
