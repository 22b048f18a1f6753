#include <cstring>

#include "autograd/ops/core/elementwise.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::detail {

namespace {

const ElementwiseInfo& info_of(const OperatorType& type) {
  return static_cast<const ElementwiseInfo&>(type);
}

void copy(const OperatorType& type, const void* parameters, void* to) {
  if (const std::size_t bytes = info_of(type).parameter_bytes) std::memcpy(to, parameters, bytes);
}
unsigned reads(const OperatorType& type, unsigned varying) {
  const ElementwiseInfo& info = info_of(type);
  return ((varying & 1 ? info.reads[0] : kNone) | (varying & 2 ? info.reads[1] : kNone)) >> 1;
}

/// What the tangent `t` of input `i` adds: the fused loop, which adds by itself to a sum that has
/// been begun, or takes the memory of `t` where nobody else has it, or the rule that is written
/// with tensors.
void add_tangent(const ElementwiseInfo& info, const void* parameters, const TangentCall& call,
                 std::size_t i, Tensor t) {
  const Tensor& y = call.outputs[0];
  const Reads reads = info.reads[i];
  const auto read = [&](Reads which, std::size_t k) {
    return reads & which ? call.inputs[k].to(y.dtype()) : Tensor();
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
  const Tensor result = add ? sum
                        : t.shape() == y.shape() && impl_of(t)->unique() && !impl_of(t)->base
                            ? t
                            : new_tensor_like(y, y.dtype());
  run_rule_into(info, parameters, static_cast<int>(i), impl_of(t), {values, count}, impl_of(result),
                add);
  if (!add) call.add(0, result);
}

void run(const void* parameters, const TangentCall& call) {
  const ElementwiseInfo& info = info_of(call.type);
  const DType dtype = call.outputs[0].dtype();
  for (std::size_t i = 0; i < static_cast<std::size_t>(info.inputs); ++i) {
    Tensor t = std::move(call.tangents[i]);
    if (!t.defined()) continue;
    if (t.dtype() != dtype) t = t.to(dtype);
    add_tangent(info, parameters, call, i, std::move(t));
  }
}

}  // namespace

constinit const TangentRule elementwise_tangent_rule{kParameterBytes, copy, nullptr, run,
                                                     false,           0,    reads};

}  // namespace tapegrad::detail
