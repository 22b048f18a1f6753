#include "autograd/ops/core/elementwise.h"

#include <algorithm>

#include "autograd/base/fail.h"
#include "autograd/base/threads/parallel.h"
#include "autograd/ops/core/broadcast_loop.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad::detail {

namespace {

[[gnu::noinline, gnu::cold]] void announce_loop(const ElementwiseInfo& info, const void* parameters,
                                                Operands operands, const Impl& output,
                                                Access access) {
  LaunchArgument all[kMostOperands + 2];
  std::size_t count = 0;
  for (const Impl* operand : operands) all[count++] = {operand, 0, Access::read};
  all[count++] = {&output, 0, access};
  if (info.parameter_bytes > 0)
    all[count++] = {parameters, info.parameter_bytes, Access::parameter};
  Door::launch({info.name, {all, count}, false});
}

/// Runs `loop(operands, out, rows, columns)` over `N` operands that broadcast to `output`, which
/// may be one of them. The caller has announced it.
template <std::size_t N, class F>
[[gnu::always_inline]] inline void run_loop(const F& loop, const Impl* const (&operands)[N],
                                            Impl* output) {
  void* out = Raw::of(*output);
  // Small networks spend their time here.
  kernels::Operand row[N];
  if (output->numel() < kernels::kElementsWorthThreads &&
      single_row(output->numel(), Operands(operands, N), row))
    return loop(row, out, 1, output->numel());
  char* data = static_cast<char*>(out);
  const auto element = static_cast<std::int64_t>(size_of(output->dtype));
  broadcast_loop(output->shape(), Operands(operands, N),
                 [&](const kernels::Operand* in, std::int64_t first, std::int64_t rows,
                     std::int64_t columns) { loop(in, data + first * element, rows, columns); });
}

/// The loops of an operator for this machine.
[[gnu::always_inline]] inline const ElementwiseLoops& loops_of(const ElementwiseInfo& info) {
  return *info.loops[kernels::isa_index()];
}

/// The operator itself, on operands of the output's type.
template <std::size_t N>
[[gnu::always_inline]] inline void run_forward(const ElementwiseInfo& info, const void* parameters,
                                               const Impl* const (&operands)[N], Impl* output) {
  if (watched()) [[unlikely]]
    announce_loop(info, parameters, Operands(operands, N), *output, Access::write);
  const DType dtype = output->dtype;
  const Loop forward =
      dtype == int64 ? info.integer_loop : loops_of(info).forward[dtype == float64];
  run_loop<N>([&](const kernels::Operand* in, void* out, std::int64_t rows,
                  std::int64_t columns) { forward(parameters, in, out, rows, columns); },
              operands, output);
}

/// The record of every elementwise operator.
struct ElementwiseRecord final : Record {
  ElementwiseRecord(const ElementwiseInfo& operation, const Tensor& output) noexcept
      : Record(output), info(operation) {
    elementwise = true;
  }

  const char* name() const noexcept override { return info.name; }
  Tensor vjp(int input, const Tensor& gradient, bool create_graph) override;
  bool vjp_into(int input, const Tensor& gradient, Impl* result, bool add) override {
    if (info.reads[input] == kNone) return false;
    run_rule(input, impl_of(gradient), result, add);
    return true;
  }

  /// The fused loop of the rule of `input`, over the gradient and the values that it reads.
  void run_rule(int input, const Impl* g, Impl* result, bool add) const;

  /// The values that the rule of `input` reads, from y, a and b; returns how many.
  int read_values(int input, const Impl** values) const noexcept {
    const Reads reads = info.reads[input];
    const Saved* at = slots().data();
    const unsigned y = kept_positions & 1, a = kept_positions >> 1 & 1;
    int count = 0;
    if (reads & kY) values[count++] = at->value();
    if (reads & kA) values[count++] = at[y].value();
    if (reads & kB) values[count++] = at[y + a].value();
    return count;
  }
  /// The operator's numbers.
  void* parameters() const noexcept { return more_room(); }

  const ElementwiseInfo& info;
};
// Where gdb looks for the name (debug/tapegrad.py).
static_assert(sizeof(ElementwiseRecord) == sizeof(Record) + sizeof(void*));

Tensor ElementwiseRecord::vjp(int input, const Tensor& gradient, bool create_graph) {
  const Reads reads = info.reads[input];
  if (create_graph || reads == kNone) {
    const auto get = [&](int index) {
      return reads >> (index + 1) & 1 ? this->input(index, create_graph) : Tensor();
    };
    return info.rule[input](parameters(), gradient, get(0), get(1),
                            reads & kY ? output(create_graph) : Tensor());
  }
  // The result may be smaller than the output where nothing that is read was broadcast.
  Tensor result;
  if (gradient.numel() == numel()) {
    result = adopt(new_impl(shape_ref, dtype));
  } else {
    Shape smaller = gradient.shape();
    const Impl* values[3];
    for (int i = read_values(input, values); i-- > 0;)
      smaller = broadcast(smaller, values[i]->shape(), info.name);
    result = new_tensor(smaller, dtype);
  }
  run_rule(input, impl_of(gradient), impl_of(result), false);
  return result;
}

[[gnu::noinline, gnu::cold]] void announce_rule(const ElementwiseInfo& info, const void* parameters,
                                                const Impl* g, std::span<const Impl* const> values,
                                                const Impl* result, bool add) {
  const Impl* read[kMostOperands] = {g};
  std::copy(values.begin(), values.end(), read + 1);
  announce_loop(info, parameters, Operands(read, 1 + values.size()), *result,
                add ? Access::update : Access::write);
}

/// See `run_rule_into`.
[[gnu::always_inline]] inline void run_rule_now(const ElementwiseInfo& info, const void* parameters,
                                                int input, const Impl* g,
                                                std::span<const Impl* const> values, Impl* result,
                                                bool add) {
  if (watched()) [[unlikely]]
    announce_rule(info, parameters, g, values, result, add);
  const RuleLoop rule = loops_of(info).rule[input][result->dtype == float64];
  const auto loop = [&](const kernels::Operand* in, void* out, std::int64_t rows,
                        std::int64_t columns) { rule(parameters, in, out, rows, columns, add); };
  if (values.size() == 1)
    run_loop<2>(loop, {g, values[0]}, result);
  else if (values.size() == 2)
    run_loop<3>(loop, {g, values[0], values[1]}, result);
  else
    run_loop<4>(loop, {g, values[0], values[1], values[2]}, result);
}

void ElementwiseRecord::run_rule(int input, const Impl* g, Impl* result, bool add) const {
  const Impl* read[3];
  const auto count = static_cast<std::size_t>(read_values(input, read));
  run_rule_now(info, parameters(), input, g, {read, count}, result, add);
}

/// A call of an elementwise operator on operands of the type that it computes with.
template <int N>
class Call {
 public:
  /// `past`: an operand has a history, or says where that ended.
  [[gnu::always_inline]] Call(const ElementwiseInfo& info, const void* parameters,
                              const Tensor* const (&inputs)[N], bool past)
      : info_(info), parameters_(parameters) {
    std::copy_n(inputs, N, inputs_);
    if (past) note();
  }

  /// True when the result may take the memory of operand `i`: nobody else sees that, and no rule
  /// reads it.
  [[gnu::always_inline]] bool is_spare(int i) const {
    const Impl* impl = impl_of(*inputs_[i]);
    if (N == 2 && impl_of(*inputs_[0]) == impl_of(*inputs_[1])) return false;
    return !(reads_ >> (i + 1) & 1) && !impl->base && impl->unique() && !impl->grad &&
           !(impl->flags.load(std::memory_order_relaxed) & ~Impl::kCuts);
  }

  /// Computes into the new value `y`.
  [[gnu::always_inline]] void run(const Tensor& y) const {
    compute(y);
    if (recorded())
      record(y, acquire());
    else
      note_cuts(y);
  }

  /// The result in place of `operand`, whose own history only the record of this call keeps.
  [[gnu::always_inline]] Tensor instead_of(Tensor& operand) const {
    // First, so that the operand is what it was where there is no memory.
    const Block block = recorded() ? acquire() : Block();
    Impl* impl = impl_of(operand);
    Record* before = record_of(*impl);
    impl->version = 0;  // the record may save the new value
    impl->last_change = Change();
    try {
      compute(operand);
    } catch (...) {  // of somebody who watches
      if (block.memory) free_record(block.memory, block.size_class);
      throw;
    }
    if (recorded()) {
      record(operand, block);
    } else {
      note_cuts(operand);
      impl->maker.store(nullptr, std::memory_order_relaxed);
    }
    if (before) release_record(before);
    return std::move(operand);
  }

 private:
  [[gnu::always_inline]] void note() {
    bool history = note(0);
    if constexpr (N == 2) history |= note(1);
    if (!history) return;
    past_ = grad_enabled() ? Impl::kRequiresGrad : Impl::kCutByNoGrad;
    if (past_ == Impl::kCutByNoGrad) reads_ = kNone;
  }
  /// True when operand `i` has a history.
  [[gnu::always_inline]] bool note(int i) {
    const Impl* impl = impl_of(*inputs_[i]);
    if (impl->maker.load(std::memory_order_relaxed) || impl->has(Impl::kRequiresGrad)) {
      reads_ |= info_.reads[i];
      return true;
    }
    past_ |= impl->flags.load(std::memory_order_relaxed) & Impl::kCuts;
    return false;
  }

  [[gnu::always_inline]] bool recorded() const { return past_ == Impl::kRequiresGrad; }

  [[gnu::always_inline]] void compute(const Tensor& y) const {
    if constexpr (N == 1)
      run_forward<1>(info_, parameters_, {impl_of(*inputs_[0])}, impl_of(y));
    else
      run_forward<2>(info_, parameters_, {impl_of(*inputs_[0]), impl_of(*inputs_[1])}, impl_of(y));
  }

  /// The memory of a record.
  struct Block {
    void* memory = nullptr;
    std::uint8_t size_class = 0;
  };
  [[gnu::always_inline]] RecordRoom room() const noexcept {
    return {N, (reads_ & 1) + (reads_ >> 1 & 1) + (reads_ >> 2 & 1), reads_, info_.parameter_bytes};
  }
  [[gnu::always_inline]] Block acquire() const {
    Block block;
    block.memory = allocate_record(sizeof(ElementwiseRecord) + room().bytes(), block.size_class);
    return block;
  }
  [[gnu::always_inline]] void note_cuts(const Tensor& y) const noexcept {
    if (past_ != 0) [[unlikely]]
      impl_of(y)->add_cuts(past_);
  }

  [[gnu::always_inline]] void record(const Tensor& y, const Block& block) const noexcept {
    auto* record = new (block.memory) ElementwiseRecord(info_, y);
    record->start(room(), sizeof(ElementwiseRecord), block.size_class);
    if (info_.parameter_bytes > 0)
      std::memcpy(record->parameters(), parameters_, info_.parameter_bytes);
    Edge* edge = record->edges().data();
    Saved* slot = record->slots().data();
    if (reads_ & kY) new (slot++) Saved(impl_of(y));
    const auto keep = [&](int i) __attribute__((always_inline)) {
      new (edge + i) Edge(*inputs_[i]);
      if (reads_ >> (i + 1) & 1) new (slot++) Saved(impl_of(*inputs_[i]));
    };
    keep(0);
    if constexpr (N == 2) keep(1);
    record->attach(y);
  }

  const ElementwiseInfo& info_;
  const void* parameters_;
  const Tensor* inputs_[N];
  Reads reads_ = kNone;  // by the rules of the inputs that have a gradient
  unsigned past_ = 0;    // kRequiresGrad: this call is recorded; else where graphs ended, see Impl
};

}  // namespace

DType loop_type(const ElementwiseInfo& info, DType dtype, bool numbers) {
  if (is_floating_point(dtype)) return dtype;
  return info.integers ? int64 : numbers ? float64 : get_default_dtype();
}

bool is_logic(const ElementwiseInfo& info, const Tensor& a, const Tensor& b) {
  return a.dtype() == boolean && b.dtype() == boolean && info.on_bool;
}

namespace {

unsigned flags_of(const Impl& x) { return x.flags.load(std::memory_order_relaxed); }

/// True when an operand has a history, or says where that ended; `flags` are those of both.
[[gnu::always_inline]] inline bool has_past(const Impl& a, const Impl& b, unsigned flags) {
  const auto record = [](const Impl& x) {
    return reinterpret_cast<std::uintptr_t>(x.maker.load(std::memory_order_relaxed));
  };
  return flags & (Impl::kRequiresGrad | Impl::kCuts) || (record(a) | record(b)) != 0;
}

/// True for what needs no conversion: a floating-point tensor, not a number from C++.
bool is_plain(const Tensor& x) { return is_floating_point(x.dtype()) && !is_number(x); }

Tensor unary_of_converted(const ElementwiseInfo& info, const void* parameters, Tensor&& x);
Tensor binary_of_converted(const ElementwiseInfo& info, const void* parameters, const Tensor& a,
                           const Tensor& b, Tensor* room);

[[gnu::always_inline]] inline Tensor unary_now(const ElementwiseInfo& info, const void* parameters,
                                               Tensor&& x) {
  require_defined(x, info.name);
  if (!is_plain(x) && (is_number(x) || loop_type(info, x.dtype()) != x.dtype() ||
                       is_logic(info, x, x))) [[unlikely]]
    return unary_of_converted(info, parameters, std::move(x));
  const Call<1> call(info, parameters, {&x},
                     has_past(*impl_of(x), *impl_of(x), flags_of(*impl_of(x))));
  if (call.is_spare(0)) return call.instead_of(x);
  Tensor y = adopt(new_impl(impl_of(x)->shape_ref, x.dtype(), info.name));
  call.run(y);
  return y;
}

[[gnu::always_inline]] inline Tensor binary_now(const ElementwiseInfo& info, const void* parameters,
                                                const Tensor& a, const Tensor& b, Tensor* room) {
  require_defined(a, b, info.name);
  const Impl &left = *impl_of(a), &right = *impl_of(b);
  const unsigned flags = flags_of(left) | flags_of(right);
  if (left.dtype != right.dtype || !is_floating_point(left.dtype) || flags & Impl::kNumber) {
    if (is_logic(info, a, b) || (is_number(a) && is_number(b)) || left.dtype != right.dtype ||
        loop_type(info, result_type(a, b)) != left.dtype)
      return binary_of_converted(info, parameters, a, b, room);
  }
  const Call<2> call(info, parameters, {&a, &b}, has_past(left, right, flags));
  const bool same = left.shape_ref == right.shape_ref;
  if (room && call.is_spare(room == &b) &&
      (same || room->shape() == broadcast(a.shape(), b.shape(), info.name)))
    return call.instead_of(*room);
  Tensor y = same ? adopt(new_impl(left.shape_ref, left.dtype, info.name))
                  : allocate(info.name, broadcast(a.shape(), b.shape(), info.name), a.dtype());
  call.run(y);
  return y;
}

/// The same on operands that have the type of the loop.
Tensor unary_of_plain(const ElementwiseInfo& info, const void* parameters, Tensor&& x) {
  return unary_now(info, parameters, std::move(x));
}
Tensor binary_of_plain(const ElementwiseInfo& info, const void* parameters, const Tensor& a,
                       const Tensor& b, Tensor* room) {
  return binary_now(info, parameters, a, b, room);
}

/// The same on operands of other types.
Tensor unary_of_converted(const ElementwiseInfo& info, const void* parameters, Tensor&& x) {
  if (is_logic(info, x, x)) return info.on_bool(x, x);
  const bool number = is_number(x);
  const DType dtype = loop_type(info, x.dtype(), number);
  if (number) return as_number(unary_of_plain(info, parameters, converted(x, dtype)));
  return unary_of_plain(info, parameters, x.to(dtype));
}

Tensor binary_of_converted(const ElementwiseInfo& info, const void* parameters, const Tensor& a,
                           const Tensor& b, Tensor* room) {
  if (is_logic(info, a, b)) return info.on_bool(a, b);
  const bool numbers = is_number(a) && is_number(b);
  const DType dtype = loop_type(info, result_type(a, b), numbers);
  const auto convert = [&](const Tensor& x) {
    return is_number(x) ? converted(x, dtype) : x.to(dtype);
  };
  if (numbers) return as_number(binary_of_plain(info, parameters, convert(a), convert(b), nullptr));
  if (a.dtype() == dtype)
    return binary_of_plain(info, parameters, a, convert(b), room == &a ? room : nullptr);
  if (b.dtype() == dtype)
    return binary_of_plain(info, parameters, convert(a), b, room == &b ? room : nullptr);
  return binary_of_plain(info, parameters, convert(a), convert(b), nullptr);
}

[[gnu::noinline, gnu::cold]] Tensor watched_unary(const ElementwiseInfo& info,
                                                  const void* parameters, Tensor&& x) {
  return watched_call({info.name, &info, parameters, std::array<const Tensor*, 1>{&x}},
                      [&] { return unary_of_plain(info, parameters, std::move(x)); });
}
[[gnu::noinline, gnu::cold]] Tensor watched_binary(const ElementwiseInfo& info,
                                                   const void* parameters, const Tensor& a,
                                                   const Tensor& b, Tensor* room) {
  return watched_call({info.name, &info, parameters, std::array{&a, &b}},
                      [&] { return binary_of_plain(info, parameters, a, b, room); });
}

}  // namespace

Tensor run_unary(const ElementwiseInfo& info, const void* parameters, Tensor&& x) {
  if (watched()) [[unlikely]]
    return watched_unary(info, parameters, std::move(x));
  return unary_now(info, parameters, std::move(x));
}

Tensor run_binary(const ElementwiseInfo& info, const void* parameters, const Tensor& a,
                  const Tensor& b, Tensor* room) {
  if (watched()) [[unlikely]]
    return watched_binary(info, parameters, a, b, room);
  return binary_now(info, parameters, a, b, room);
}

void add_into(Impl* a, const Tensor& b) {
  const formula::Add op;
  run_forward<2>(elementwise_info<formula::Add>, &op, {a, impl_of(b)}, a);
}

void run_rule_into(const ElementwiseInfo& info, const void* parameters, int input, const Impl* g,
                   std::span<const Impl* const> values, Impl* result, bool add) {
  run_rule_now(info, parameters, input, g, values, result, add);
}

void run_into(const ElementwiseInfo& info, const void* parameters, const Impl* a, const Impl* b,
              Impl* output) {
  run_forward<2>(info, parameters, {a, b}, output);
}

}  // namespace tapegrad::detail
