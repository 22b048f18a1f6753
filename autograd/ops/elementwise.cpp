#include "autograd/ops/elementwise.h"

#include <algorithm>

#include "autograd/kernels/cpu.h"
#include "autograd/ops/broadcast_loop.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/promote.h"
#include "autograd/tensor/fail.h"

namespace tapegrad::detail {

const KernelTable& kernel_table() {
  static const KernelTable& table = []() -> const KernelTable& {
#if defined(TAPEGRAD_X86)
    switch (kernels::detect_isa()) {
      case kernels::Isa::avx512:
        return avx512_kernels();
      case kernels::Isa::avx2:
        return avx2_kernels();
      case kernels::Isa::baseline:
        break;
    }
#endif
    return baseline_kernels();
  }();
  return table;
}

namespace {

/// Runs `loop` over operands that broadcast to `output`, which may be one of them.
void run_loop(Loop loop, const void* parameters, Operands operands, Impl* output) {
  char* data = static_cast<char*>(output->data);
  const std::int64_t numel = output->numel;
  // Small networks spend their time here.
  kernels::Operand row[4];
  if (numel <= kSerialElements && single_row(numel, operands, row))
    return loop(parameters, row, data, 1, numel);
  const auto element = static_cast<std::int64_t>(size_of(output->dtype));
  broadcast_loop(
      output->shape, operands,
      [&](const kernels::Operand* in, std::int64_t first, std::int64_t rows, std::int64_t columns) {
        loop(parameters, in, data + first * element, rows, columns);
      });
}

Loop forward_loop(const ElementwiseInfo& info, DType dtype) {
  if (dtype == int64) return info.integer_loop;
  return kernel_table().elementwise[info.index].forward[dtype == float64];
}

/// The record of every elementwise operator.
struct ElementwiseRecord final : Record {
  ElementwiseRecord(const ElementwiseInfo& operation, const void* numbers, const Tensor& output)
      : Record(operation.inputs, edge, slot, output), info(operation) {
    elementwise = true;
    if (info.parameter_bytes > 0) std::memcpy(parameters, numbers, info.parameter_bytes);
  }

  const char* name() const noexcept override { return info.name; }
  Tensor vjp(int input, const Tensor& gradient, bool create_graph) override;

  const ElementwiseInfo& info;
  alignas(8) std::byte parameters[kParameterBytes];
  Edge edge[2];
  Saved slot[3];
};

Tensor ElementwiseRecord::vjp(int input, const Tensor& gradient, bool create_graph) {
  const Reads reads = info.reads[input];
  if (create_graph || reads == kNone) {
    const auto get = [&](int index) {
      return reads >> (index + 1) & 1 ? this->input(index, create_graph) : Tensor();
    };
    return info.rule[input](parameters, gradient, get(0), get(1),
                            reads & kY ? output(create_graph) : Tensor());
  }
  // The fused loop, over the gradient and the values that it reads. The result may be smaller than
  // the output where none of these was broadcast.
  const Impl* operands[4] = {gradient.impl()};
  std::size_t count = 1;
  for (int i = 0; i < 3; ++i) {
    if (reads >> i & 1) operands[count++] = slot[i].value();
  }
  Tensor result;
  if (gradient.numel() == numel) {
    result = Tensor::adopt(new_impl(shape, dtype, numel));
  } else {
    Shape smaller = gradient.shape();
    for (std::size_t i = 1; i < count; ++i)
      smaller = broadcast(smaller, operands[i]->shape, info.name);
    result = new_tensor(smaller, dtype);
  }
  run_loop(kernel_table().elementwise[info.index].rule[input][dtype == float64], parameters,
           Operands(operands, count), result.impl());
  return result;
}

void record_elementwise(const ElementwiseInfo& info, const void* parameters, const Tensor& output,
                        const Tensor* const* inputs) {
  auto* record = new_record<ElementwiseRecord>(info, parameters, output);
  Reads reads = kNone;
  for (int i = 0; i < info.inputs; ++i) {
    record->edge[i].connect(*inputs[i]);
    if (record->edge[i]) reads |= info.reads[i];
  }
  for (int i = 0; i < info.inputs; ++i) {
    if (reads >> (i + 1) & 1) record->slot[i + 1].save(inputs[i]->impl());
  }
  if (reads & kY) record->slot[0].save(output.impl());
  record->attach(output);
}

/// The type that the loop of `info` works on, for operands of type `dtype`.
DType loop_type(const ElementwiseInfo& info, DType dtype) {
  if (is_floating_point(dtype)) return dtype;
  return info.integers ? int64 : float32;
}

/// True for what needs no conversion: a floating-point tensor, not a number from C++.
bool is_plain(const Tensor& x) {
  return is_floating_point(x.dtype()) && !x.impl()->has(Impl::kWrapped);
}

}  // namespace

Tensor run_unary(const ElementwiseInfo& info, const void* parameters, const Tensor& x) {
  if (!is_plain(x)) {
    if (x.dtype() == boolean && info.on_bool) return info.on_bool(x, x);
    const DType dtype = loop_type(info, is_floating_point(x.dtype()) ? float32 : x.dtype());
    if (dtype != int64 || x.dtype() != int64) return run_unary(info, parameters, x.to(dtype));
  }
  const DType dtype = x.dtype();
  Tensor y = Tensor::adopt(new_impl(x.shape(), dtype, x.numel()));
  run_loop(forward_loop(info, dtype), parameters, {x.impl()}, y.impl());
  if (should_record(x)) {
    const Tensor* const inputs[] = {&x};
    record_elementwise(info, parameters, y, inputs);
  }
  return y;
}

Tensor run_binary(const ElementwiseInfo& info, const void* parameters, const Tensor& a,
                  const Tensor& b) {
  if (a.dtype() != b.dtype() || !is_plain(a) || !is_plain(b)) {
    if (a.dtype() == boolean && b.dtype() == boolean && info.on_bool) return info.on_bool(a, b);
    // A number that is already of the type needs no conversion, only to lose its weakness.
    const DType dtype = loop_type(info, result_type(a, b));
    const auto convert = [&](const Tensor& x) {
      return x.impl()->has(Impl::kWrapped) ? converted(x, dtype) : x.to(dtype);
    };
    if (a.dtype() != dtype) return run_binary(info, parameters, convert(a), b);
    if (b.dtype() != dtype) return run_binary(info, parameters, a, convert(b));
  }
  const DType dtype = a.dtype();
  Tensor y = a.shape() == b.shape() ? Tensor::adopt(new_impl(a.shape(), dtype, a.numel()))
                                    : new_tensor(broadcast(a.shape(), b.shape(), info.name), dtype);
  run_loop(forward_loop(info, dtype), parameters, {a.impl(), b.impl()}, y.impl());
  if (should_record(a, b)) {
    const Tensor* const inputs[] = {&a, &b};
    record_elementwise(info, parameters, y, inputs);
  }
  return y;
}

void add_into(Impl* a, const Tensor& b) {
  run_loop(forward_loop(elementwise_info<formula::Add>, a->dtype), nullptr, {a, b.impl()}, a);
}

namespace {

/// True when changing `a` element by element would change what is yet to be read of `b`.
bool overlaps(const Tensor& a, const Tensor& b) {
  if (a.impl()->owner() != b.impl()->owner()) return false;
  return a.impl()->data != b.impl()->data || a.shape() != b.shape();
}

/// Throws unless `a` may be changed by a recorded operator.
void before_recorded_write(const Tensor& a, const char* name) {
  if (a.is_leaf()) before_write(a, name);
  if (a.impl()->base || a.impl()->has(Impl::kViewed))
    fail<GradError>(
        "{}: the data of this tensor of shape {} is shared with a view of it (reshape, narrow, "
        "detach), "
        "which a recorded change in place would leave with a wrong gradient; use the form without "
        "underscore, or clone() first",
        name, a.shape());
}

void check_result(const Tensor& a, DType dtype, const Shape& other, const char* name) {
  if (dtype != a.dtype() && !(is_floating_point(dtype) && is_floating_point(a.dtype())))
    fail<DTypeError>("{}: the result is {}, which does not go into a tensor of type {}", name,
                     dtype, a.dtype());
  if (other != a.shape() && broadcast(a.shape(), other, name) != a.shape())
    fail<ShapeError>("{}: an operand of shape {} does not broadcast to the shape {} of the result",
                     name, other, a.shape());
}

}  // namespace

void assign_in_place(Tensor& a, const Tensor& y, const char* name) {
  check_result(a, y.dtype(), y.shape(), name);
  if (should_record(a, y)) before_recorded_write(a, name);
  // An operator's own result: the tensor that this one turns into, with nobody else looking at it.
  Tensor made = y.to(a.dtype());
  if (made.shape() != a.shape())
    made = expand(made, a.shape());
  else if (made.is_same(y))
    made = y.clone();
  std::memcpy(a.impl()->data, made.impl()->data,
              static_cast<std::size_t>(a.numel()) * size_of(a.dtype()));
  ++a.impl()->owner()->version;
  Record* record = made.impl()->record.exchange(nullptr);
  if (!record && !grad_enabled()) return;
  if (Record* before = a.impl()->record.exchange(record)) release_record(before);
}

void run_in_place(const ElementwiseInfo& info, const void* parameters, Tensor& a, const Tensor& b,
                  const char* name) {
  const DType dtype = loop_type(info, result_type(a, b));
  check_result(a, dtype, b.shape(), name);
  const bool recorded = should_record(a, b);
  if (recorded || dtype != a.dtype() || b.dtype() != dtype || overlaps(a, b)) {
    if (recorded) before_recorded_write(a, name);
    // A rule that reads the old value gets a copy of it.
    const Reads read =
        (requires_record(a) ? info.reads[0] : kNone) | (requires_record(b) ? info.reads[1] : kNone);
    const bool reads_old = recorded && (read & kA);
    assign_in_place(a, run_binary(info, parameters, reads_old ? a.clone() : a, b), name);
    return;
  }
  run_loop(forward_loop(info, dtype), parameters, {a.impl(), b.impl()}, a.impl());
  ++a.impl()->owner()->version;
}

}  // namespace tapegrad::detail
