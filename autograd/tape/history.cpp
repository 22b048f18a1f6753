#include "autograd/tape/history.h"

#include <utility>

#include "autograd/base/fail.h"

namespace tapegrad::detail {

namespace {

/// Where the graph of `tensor`, which has none, ended.
std::string where_it_ended(const Tensor& tensor) {
  constexpr std::pair<Impl::Flag, const char*> ends[] = {
      {Impl::kCutByDetach, "at a detach(), which gradients do not pass"},
      {Impl::kCutByNoGrad, "in a NoGrad scope, where nothing is recorded"},
      {Impl::kCutByWalk,
       "at a gradient that was computed without create_graph = true; pass that to the grad() or "
       "backward() that gave it"},
      {Impl::kCutByChoice, "at argmax or argmin, which have no gradient; amax and amin have one"},
      {Impl::kCutByRounding,
       "at a comparison or a conversion to int64 or bool, which have no gradient; where() and "
       "clamp() have one"}};
  std::string text;
  for (const auto& [flag, end] : ends) {
    if (impl_of(tensor)->has(flag))
      text += (text.empty() ? "its graph ended " : ", and ") + std::string(end);
  }
  if (!text.empty()) return text;
  if (!is_floating_point(tensor.dtype()))
    return fmt::format("it is {}, and only float32 and float64 have gradients", tensor.dtype());
  return "nothing that it was computed from does; call requires_grad_() on the leaves, or unfreeze "
         "the model";
}

}  // namespace

void fail_history(const Tensor& tensor, const std::string& what, const char* caller) {
  fail<GradError>("{}: {} of shape {} does not require gradients: {}", caller, what, tensor.shape(),
                  where_it_ended(tensor));
}

}  // namespace tapegrad::detail
