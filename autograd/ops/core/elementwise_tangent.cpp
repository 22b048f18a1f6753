#include <cstring>

#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/promotion.h"

namespace tapegrad::detail {

namespace {

const ElementwiseInfo& info_of(const OperatorType& type) {
  return static_cast<const ElementwiseInfo&>(type);
}

/// Its numbers.
std::shared_ptr<const void> keep(const OperatorType& type, const void* parameters) {
  struct Numbers {
    alignas(std::max_align_t) std::byte bytes[kParameterBytes];
  };
  auto kept = std::make_shared<Numbers>();
  if (const std::size_t bytes = info_of(type).parameter_bytes)
    std::memcpy(kept->bytes, parameters, bytes);
  return kept;
}

/// What the tangent `t` of input `i` adds: the fused loop, which adds by itself to a sum that has
/// been begun, or the rule that is written with tensors.
void add_tangent(const ElementwiseInfo& info, const void* parameters, const TangentCall& call,
                 std::size_t i, const Tensor& t) {
  const Tensor& y = call.outputs[0];
  const Reads reads = info.reads[i];
  const auto read = [&](Reads which, std::size_t k) {
    return reads & which ? converted(call.inputs[k], y.dtype()) : Tensor();
  };
  const Tensor a = read(kA, 0), b = read(kB, 1);
  if (reads == kNone || !call.fused)
    return call.add(0, info.rule[i](parameters, t, a, b, reads & kY ? y : Tensor()));
  const Impl* values[3];
  std::size_t count = 0;
  for (const Tensor* value : {reads & kY ? &y : nullptr, &a, &b})
    if (value && value->defined()) values[count++] = impl_of(*value);
  Tensor& sum = call.results[0];
  const bool add = sum.defined() && sum.shape() == y.shape() && impl_of(sum)->unique();
  Tensor result = add ? sum : new_tensor_like(y, y.dtype());
  run_rule_into(info, parameters, static_cast<int>(i), impl_of(t), {values, count}, impl_of(result),
                add);
  if (!add) call.add(0, std::move(result));
}

void run(const void* parameters, const TangentCall& call) {
  const ElementwiseInfo& info = info_of(call.type);
  const DType dtype = call.outputs[0].dtype();
  for (std::size_t i = 0; i < static_cast<std::size_t>(info.inputs); ++i) {
    const Tensor& t = call.tangents[i];
    if (t.defined()) add_tangent(info, parameters, call, i, t.to(dtype));
  }
}

}  // namespace

constinit const TangentRule elementwise_tangent_rule{keep, run};

}  // namespace tapegrad::detail
