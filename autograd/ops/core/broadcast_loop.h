#pragma once

#include <initializer_list>
#include <span>
#include <type_traits>

#include "autograd/kernels/map/operand.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad::detail {

/// The most operands of a loop.
inline constexpr std::size_t kMostOperands = 4;

/// The values that a loop reads: a list or an array of them, for the time of a call.
struct Operands : std::span<const Impl* const> {
  Operands(std::initializer_list<const Impl*> list) : span(list.begin(), list.size()) {}
  Operands(const Impl* const* first, std::size_t count) : span(first, count) {}
};

/// What a broadcast loop calls: `run(context, operands, first, rows, columns)`, where `first`
/// counts output elements before the rows.
using BroadcastBody = void (*)(void* context, const kernels::Operand* operands, std::int64_t first,
                               std::int64_t rows, std::int64_t columns);

/// Walks one to four operands that broadcast to one dense output, as rows with strides.
///
/// Dimensions that are contiguous for every operand are joined, so that most calls see one row, or
/// a few rows of equal strides. Work is shared in tiles whose size does not depend on the number of
/// threads.
void broadcast_loop(const Shape& output, Operands operands, BroadcastBody run, void* context);

/// The same with a function object.
template <class F>
void broadcast_loop(const Shape& output, Operands operands, F&& run) {
  broadcast_loop(
      output, operands,
      [](void* context, const kernels::Operand* in, std::int64_t first, std::int64_t rows,
         std::int64_t columns) {
        (*static_cast<std::remove_reference_t<F>*>(context))(in, first, rows, columns);
      },
      &run);
}

/// Fills in the operands of a loop that is a single row because each has as many elements as the
/// output, or one; false when there is another one. Operands broadcast to the output, so the count
/// alone says it.
inline bool single_row(std::int64_t output_numel, Operands operands,
                       kernels::Operand* row) noexcept {
  bool single = true;
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const std::int64_t numel = operands[k]->numel();
    row[k] = {Raw::of(*operands[k]), numel != 1, 0};
    single &= (numel == output_numel) | (numel == 1);
  }
  return single;
}

/// Calls `f(Bits{})` with an integer as large as an element of `dtype`, for what only moves bits.
template <class F>
void visit_bits(DType dtype, F&& f) {
  switch (size_of(dtype)) {
    case 1:
      return f(std::uint8_t());
    case 4:
      return f(std::uint32_t());
    default:
      return f(std::uint64_t());
  }
}

/// Launches the kernel `name` on values that broadcast to `output`: calls `f(operands, to, rows,
/// columns, parameters...)`, where `to` is the first of the output's elements, of type `To`. A
/// function object without members, and plain data, as for `launch`.
template <class To, std::size_t N, class F, class... Parameters>
void launch_broadcast(const char* name, const Tensor (&operands)[N], const Tensor& output, F,
                      const Parameters&... parameters) {
  static_assert(std::is_empty_v<F> && (std::is_trivially_copyable_v<Parameters> && ...));
  const Impl* values[N];
  for (std::size_t i = 0; i < N; ++i) values[i] = impl_of(operands[i]);
  if (watched()) [[unlikely]] {
    LaunchArgument all[N + 1 + sizeof...(Parameters)];
    for (std::size_t i = 0; i < N; ++i) all[i] = {values[i], 0, Access::read};
    all[N] = {impl_of(output), 0, Access::write};
    [[maybe_unused]] std::size_t next = N;
    ((all[++next] = {&parameters, sizeof(parameters), Access::parameter}), ...);
    Door::launch({name, all, false});
  }
  To* data = static_cast<To*>(Raw::of(*impl_of(output)));
  broadcast_loop(
      output.shape(), Operands(values, N),
      [&](const kernels::Operand* in, std::int64_t first, std::int64_t rows, std::int64_t columns) {
        F()(in, data + first, rows, columns, parameters...);
      });
}

}  // namespace tapegrad::detail
