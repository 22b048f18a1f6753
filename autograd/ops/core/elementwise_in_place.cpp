#include <array>
#include <cstring>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/leading.h"
#include "autograd/ops/core/onnx_text.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/retained.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad::detail {

namespace {

/// True when changing `a` element by element would change what is yet to be read of `b`.
bool overlaps(const Tensor& a, const Tensor& b) {
  if (impl_of(a)->owner() != impl_of(b)->owner()) return false;
  return impl_of(a)->address() != impl_of(b)->address() || a.shape() != b.shape();
}

/// Throws unless `a` may be changed by a recorded operator.
void before_recorded_write(const Tensor& a, Change change) {
  if (a.is_leaf()) before_write(a, change);
  if (impl_of(a)->shown_elsewhere())
    fail<GradError>(
        "{}: the data of this tensor of shape {} is, or was, shared with a view of it (reshape, "
        "narrow, detach) or with the host program, which a recorded change in place would leave "
        "with a wrong gradient; use the form without underscore, or clone() first",
        change.name(), a.shape());
}

void check_result(const Tensor& a, DType dtype, const Shape& other, const char* name) {
  if (dtype != a.dtype() && !is_number(a) &&
      !(is_floating_point(dtype) && is_floating_point(a.dtype())))
    fail<DTypeError>("{}: the result is {}, which does not go into a tensor of type {}", name,
                     dtype, a.dtype());
  if (other != a.shape() && broadcast(a.shape(), other, name) != a.shape())
    fail<ShapeError>("{}: an operand of shape {} does not broadcast to the shape {} of the result",
                     name, other, a.shape());
}

/// A new value in the place of an old one, which then has gradient 0.
struct Overwrite {
  static constexpr const char* name = "overwrite";
  static constexpr bool spreads_gradient = true;
  static constexpr Sparsity sparsity = Sparsity::elementwise;
  static constexpr bool linear = true;
  static constexpr Reads reads[] = {kNone, kNone};
  /// A C++ number takes the type of the value.
  static std::string onnx(const Overwrite&, std::span<const Tensor* const> inputs) {
    const DType to = (is_number(*inputs[0]) ? inputs[1] : inputs[0])->dtype();
    return fmt::format("y = Expand({}, Shape(a))", onnx_cast("b", inputs[1]->dtype(), to));
  }
  static Tensor forward(const Tensor& a, const Tensor& value) {
    const Tensor made = value.to(a.dtype());
    return made.shape() == a.shape() ? made.clone() : expand(made, a.shape());
  }
  static Tensor batched(const Batch& in) {
    const Tensor a = with_leading(in, 0);
    return apply(Overwrite{}, a, in.has(1) ? aligned(in[1], a.dim()) : in[1]);
  }
  static Tensor vjp_a(const Tensor& g, auto, auto, auto) { return zeros({}, g.dtype()); }
  static Tensor vjp_b(const Tensor& g, auto, auto, auto) { return g; }
};

void assign_now(Tensor& a, const Tensor& y, Change change, bool overwrites) {
  require_defined(a, y, change.name());
  check_result(a, y.dtype(), y.shape(), change.name());
  if (should_record(a, y)) before_recorded_write(a, change);
  const bool number = is_number(a);
  // All that can fail comes before the first change.
  Tensor made = y.to(number ? y.dtype() : a.dtype());
  if (made.shape() != a.shape()) made = expand(made, a.shape());
  if (overwrites && should_record(a))
    made = apply(Overwrite{}, a, made);
  else if (made.is_same(y) && (should_record(y) || impl_of(y)->owner() == impl_of(a)->owner()))
    made = y.clone();
  // True for an operator's own result: what this tensor turns into, with nobody else looking
  // at it.
  const bool turns = !made.is_same(y);
  if (number) {
    retype_number(impl_of(a), made.dtype(), change);
    impl_of(a)->set(Impl::kNumber, is_number(y));
  }
  launch(
      "copy", [](const char* from, char* to, std::size_t bytes) { std::memcpy(to, from, bytes); },
      in<char>(made), inout<char>(a), static_cast<std::size_t>(a.numel()) * size_of(a.dtype()));
  impl_of(a)->changed(change);
  keep_cuts(a, {&y});
  auto* record = turns ? static_cast<Record*>(impl_of(made)->maker.exchange(nullptr)) : nullptr;
  if (!record && !grad_enabled()) return;
  auto* before = static_cast<Record*>(impl_of(a)->maker.exchange(record));
  if (!before) return;
  move_retained(*before, record);  // it is about the tensor: it goes with the value that it now has
  release_record(before);
}

}  // namespace

void assign_in_place(Tensor& a, const Tensor& y, Change change, bool overwrites) {
  if (!watched()) [[likely]]
    return assign_now(a, y, change, overwrites);
  const Overwrite op;
  (void)watched_call(
      {change.name(), &operator_type<Overwrite>, &op, std::array<const Tensor*, 2>{&a, &y}, true},
      [&] {
        assign_now(a, y, change, overwrites);
        return a;
      });
}

namespace {

void in_place_now(const ElementwiseInfo& info, const void* parameters, Tensor& a, const Tensor& b,
                  Change change) {
  require_defined(a, b, change.name());
  if (is_logic(info, a, b)) return assign_in_place(a, info.on_bool(a, b), change);
  if (is_number(a)) {
    // Of a copy, which the rule of `b` may read.
    const Tensor old = a.clone();
    return assign_in_place(a, run_binary(info, parameters, old, b.is_same(a) ? old : b, nullptr),
                           change);
  }
  const char* name = change.name();
  const DType dtype = loop_type(info, result_type(a, b));
  check_result(a, dtype, b.shape(), name);
  const bool recorded = should_record(a, b);
  if (is_number(b) && b.dtype() != dtype)
    return in_place_now(info, parameters, a, converted(b, dtype), change);
  if (recorded || dtype != a.dtype() || b.dtype() != dtype || overlaps(a, b)) {
    if (recorded) before_recorded_write(a, change);
    // A rule that reads the old value gets a copy of it.
    const Reads read =
        (requires_record(a) ? info.reads[0] : kNone) | (requires_record(b) ? info.reads[1] : kNone);
    const bool itself = b.is_same(a);
    const bool reads_old = recorded && (read & (itself ? kA | kB : kA));
    const Tensor old = reads_old ? a.clone() : a;
    assign_in_place(a, run_binary(info, parameters, old, itself ? old : b, nullptr), change);
    return;
  }
  run_into(info, parameters, impl_of(a), impl_of(b), impl_of(a));
  impl_of(a)->changed(change);
  keep_cuts(a, {&b});
}

}  // namespace

void run_in_place(const ElementwiseInfo& info, const void* parameters, Tensor& a, const Tensor& b,
                  Change change) {
  if (!watched()) [[likely]]
    return in_place_now(info, parameters, a, b, change);
  (void)watched_call({change.name(), &info, parameters, std::array<const Tensor*, 2>{&a, &b}, true},
                     [&] {
                       in_place_now(info, parameters, a, b, change);
                       return a;
                     });
}

}  // namespace tapegrad::detail
