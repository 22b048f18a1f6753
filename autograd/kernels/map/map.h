#pragma once

#include <cstdint>
#include <utility>

#include "autograd/kernels/map/operand.h"
#include "autograd/kernels/simd/simd.h"

namespace tapegrad::kernels {

namespace detail {

/// A vector in memory for elements that cannot be used in place: a repeated number, or the end of a
/// row.
template <class T, class Arch>
struct Staged {
  alignas(64) T elements[Vec<T, Arch>::size];

  [[gnu::always_inline]] Staged() noexcept {}
};

/// One operand while a row is walked. Kept apart from its `Staged`, so that it stays in registers.
template <class T, class Arch>
struct Cursor {
  using V = Vec<T, Arch>;

  const T* at;
  std::int64_t step;

  [[gnu::always_inline]] Cursor(const Operand& operand, std::int64_t row,
                                Staged<T, Arch>& staged) noexcept
      : at(static_cast<const T*>(operand.data) + row * operand.outer),
        step(operand.inner * V::size) {
    if (step != 0) return;
    V(*at).store(staged.elements);
    at = staged.elements;
  }
  /// Makes the next vector end after `count` elements.
  [[gnu::always_inline]] void stage(std::int64_t count, Staged<T, Arch>& staged) noexcept {
    if (step == 0) return;
    V::load_part(at, count).store(staged.elements);
    at = staged.elements;
  }
  [[gnu::always_inline]] V next() noexcept {
    const V vector = V::load(at);
    at += step;
    return vector;
  }
};

/// One row. `f` appears once, in the body of the loop that serves whole vectors and the end of the
/// row alike: the code stays small, and an element's bits cannot depend on its place.
template <class Arch, class T, class... Staged, class F, class... Cursors>
[[gnu::always_inline]] inline void map_row(F f, T* out, std::int64_t inner, bool add,
                                           std::pair<Cursors, Staged*>... in) noexcept {
  using V = Vec<T, Arch>;
  const auto rest = static_cast<std::int64_t>(static_cast<std::uint64_t>(inner) % V::size);
  alignas(64) T last[V::size];
  T* to = out;
  std::int64_t left = inner - rest;
  bool at_end = false;
  for (;;) {
    for (; left > 0; left -= V::size, to += V::size) {
      V result = f(in.first.next()...);
      if (add) result += V::load(to);
      result.store(to);
    }
    if (rest == 0) return;
    if (at_end) break;
    (in.first.stage(rest, *in.second), ...);
    if (add) V::load_part(to, rest).store(last);
    to = last;
    left = V::size;
    at_end = true;
  }
  // What a masked store wrote cannot be read back at once, which would slow down chains of numbers.
  if (rest == 1)
    out[inner - 1] = last[0];
  else
    V::load(last).store_part(out + (inner - rest), rest);
}

template <class Arch, class T, class F, std::size_t... I>
[[gnu::always_inline]] inline void map_rows(F f, const Operand* operands, T* out,
                                            std::int64_t outer, std::int64_t inner, bool add,
                                            std::index_sequence<I...>) noexcept {
  Staged<T, Arch> staged[sizeof...(I)];
  for (std::int64_t row = 0; row < outer; ++row) {
    map_row<Arch, T>(f, out + row * inner, inner, add,
                     std::pair(Cursor<T, Arch>(operands[I], row, staged[I]), &staged[I])...);
  }
}

}  // namespace detail

/// out[o][i] = f(in0[o][i], in1[o][i], ...) for `outer` rows of `inner` elements of `N` operands;
/// `out` is dense. If `add`, adds to `out` instead.
///
/// `f` takes a `Vec<T, Arch>` for each operand and returns one. `out` may be the data of an operand
/// that has the same strides. Empty when `outer` or `inner` is 0.
template <class Arch, class T, int N, class F>
[[gnu::always_inline]] inline void map(F f, const Operand* operands, T* out, std::int64_t outer,
                                       std::int64_t inner, bool add = false) noexcept {
  static_assert(N >= 1 && N <= 4);
  detail::map_rows<Arch, T>(f, operands, out, outer, inner, add, std::make_index_sequence<N>());
}

}  // namespace tapegrad::kernels
