#pragma once

/// @file
/// Breaks the rule of an operator on purpose, so that you see whether your tests would notice.
///
///     tg::Tensor x = tg::tensor({0.5}, tg::float64).requires_grad_();
///     const tg::BrokenRule wrong("tanh", tg::RuleBreak::sign);
///     fmt::print("{}\n", tg::gradcheck(tg::tanh, x).ok);  // false

#include <string>

#include "autograd/tensor/door/watcher.h"

namespace tapegrad {

/// @addtogroup check
/// @{

/// What becomes of the cotangent that a rule returns.
enum class RuleBreak {
  sign,      ///< it has the other sign
  factor,    ///< it is 1 % too large
  missing,   ///< it is zero
  recorded,  ///< it is 1 % too large while the walk is recorded (`create_graph`), and right else
  throws,    ///< the rule throws a `ValueError`
};

/// While it lives, the derivative rule of an operator is wrong, in all walks of this thread: to see
/// what a failure looks like, and that your tests notice it.
///
///     const tg::BrokenRule wrong("tanh", tg::RuleBreak::sign);
///     CHECK_FALSE(tg::graph_check(net, x));
class [[nodiscard]] BrokenRule final : detail::Watcher {
 public:
  /// `op`: the name that records on the tape have. One that no operator has breaks nothing.
  BrokenRule(std::string op, RuleBreak kind);
  ~BrokenRule();

 private:
  bool alters(const detail::OperatorCall& call) const noexcept override;
  Tensor altered(const Tensor& cotangent, bool recorded) const override;

  std::string op_;
  RuleBreak kind_;
};

/// @}

}  // namespace tapegrad
