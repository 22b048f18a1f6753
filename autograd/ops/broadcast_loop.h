#pragma once

#include <initializer_list>
#include <span>
#include <type_traits>

#include "autograd/kernels/operand.h"
#include "autograd/tensor/impl.h"

namespace tapegrad::detail {

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
    const std::int64_t numel = operands[k]->numel;
    row[k] = {operands[k]->data, numel != 1, 0};
    single &= (numel == output_numel) | (numel == 1);
  }
  return single;
}

}  // namespace tapegrad::detail
