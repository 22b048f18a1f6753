#include "autograd/check/broken_rule.h"

#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"

namespace tapegrad {

BrokenRule::BrokenRule(std::string op, RuleBreak kind) : op_(std::move(op)), kind_(kind) {
  start();
}
BrokenRule::~BrokenRule() { stop(); }

bool BrokenRule::alters(const detail::OperatorCall& call) const noexcept {
  return call.name == op_;
}

Tensor BrokenRule::altered(const Tensor& cotangent, bool recorded) const {
  if (kind_ == RuleBreak::throws) fail<ValueError>("{}: its rule was made to throw", op_);
  if (!cotangent.defined() || (kind_ == RuleBreak::recorded && !recorded)) return cotangent;
  switch (kind_) {
    case RuleBreak::sign:
      return -cotangent;
    case RuleBreak::missing:
      return cotangent * 0;
    default:
      return cotangent * 1.01;
  }
}

}  // namespace tapegrad
