#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "autograd/kernels/simd.h"

namespace tapegrad::kernels {

/// Where one operand of a broadcast loop lies. Strides count elements.
struct Operand {
  const void* data;
  std::int64_t inner;  ///< stride within a row: 1, or 0 for one number per row
  std::int64_t outer;  ///< stride between rows, any number >= 0
};

namespace detail {

/// The vector that holds elements of type `Element`: truth values beside numbers of type `T`.
template <class T, class Element, class Arch>
using Lanes = std::conditional_t<std::is_same_v<Element, bool>, Mask<T, Arch>, Vec<T, Arch>>;

/// A vector in memory for elements that cannot be used in place: a repeated number, or the end of a
/// row.
template <class T, class Element, class Arch>
struct Staged {
  alignas(64) Element elements[Lanes<T, Element, Arch>::size];

  [[gnu::always_inline]] Staged() noexcept {}
};

/// One operand while a row is walked. Kept apart from its `Staged`, so that it stays in registers.
template <class T, class Element, class Arch>
struct Cursor {
  using Vector = Lanes<T, Element, Arch>;

  const Element* at;
  std::int64_t step;

  [[gnu::always_inline]] Cursor(const Operand& operand, std::int64_t row,
                                Staged<T, Element, Arch>& staged) noexcept
      : at(static_cast<const Element*>(operand.data) + row * operand.outer),
        step(operand.inner * Vector::size) {
    if (step != 0) return;
    Vector::broadcast(*at).store(staged.elements);
    at = staged.elements;
  }
  /// Makes the next vector end after `count` elements.
  [[gnu::always_inline]] void stage(std::int64_t count, Staged<T, Element, Arch>& staged) noexcept {
    if (step == 0) return;
    Vector::load_part(at, count).store(staged.elements);
    at = staged.elements;
  }
  [[gnu::always_inline]] Vector next() noexcept {
    const Vector vector = Vector::load(at);
    at += step;
    return vector;
  }
};

/// One row. `f` appears once, in the body of the loop that serves whole vectors and the end of the
/// row alike: the code stays small, and an element's bits cannot depend on its place.
template <class Arch, class T, class Out, class... In, class F>
[[gnu::always_inline]] inline void map_row(F f, Out* out, std::int64_t inner,
                                           Staged<T, In, Arch>&... staged,
                                           Cursor<T, In, Arch>... cursors) noexcept {
  using Result = Lanes<T, Out, Arch>;
  const auto rest = static_cast<std::int64_t>(static_cast<std::uint64_t>(inner) % Result::size);
  alignas(64) Out last[Result::size];
  Out* to = out;
  std::int64_t left = inner - rest;
  bool at_end = false;
  for (;;) {
    for (; left > 0; left -= Result::size, to += Result::size) f(cursors.next()...).store(to);
    if (rest == 0) return;
    if (at_end) break;
    (cursors.stage(rest, staged), ...);
    to = last;
    left = Result::size;
    at_end = true;
  }
  Result::load(last).store_part(out + (inner - rest), rest);
}

template <class Arch, class T, class Out, class... In, class F, std::size_t... I>
[[gnu::always_inline]] inline void map_rows(F f, const Operand* operands, Out* out,
                                            std::int64_t outer, std::int64_t inner,
                                            std::index_sequence<I...>,
                                            Staged<T, In, Arch>&&... staged) noexcept {
  for (std::int64_t row = 0; row < outer; ++row) {
    map_row<Arch, T, Out, In...>(f, out + row * inner, inner, staged...,
                                 Cursor<T, In, Arch>(operands[I], row, staged)...);
  }
}

}  // namespace detail

/// out[o][i] = f(in0[o][i], in1[o][i], ...) for `outer` rows of `inner` elements; `out` is dense.
///
/// `In...` and `Out` are `T` or `bool`; `f` takes a `Vec<T, Arch>` or `Mask<T, Arch>` for each
/// operand and returns one. `out` may be the data of an operand that has the same strides. Empty
/// when `outer` or `inner` is 0.
template <class Arch, class T, class Out, class... In, class F>
void map_mixed(F f, const Operand* operands, Out* out, std::int64_t outer,
               std::int64_t inner) noexcept {
  detail::map_rows<Arch, T, Out, In...>(f, operands, out, outer, inner,
                                        std::index_sequence_for<In...>(),
                                        detail::Staged<T, In, Arch>()...);
}

/// `map_mixed` where all `N` operands and the result are of type `T`.
template <class Arch, class T, int N, class F>
void map(F f, const Operand* operands, T* out, std::int64_t outer, std::int64_t inner) noexcept {
  static_assert(N >= 1 && N <= 4);
  if constexpr (N == 1) map_mixed<Arch, T, T, T>(f, operands, out, outer, inner);
  if constexpr (N == 2) map_mixed<Arch, T, T, T, T>(f, operands, out, outer, inner);
  if constexpr (N == 3) map_mixed<Arch, T, T, T, T, T>(f, operands, out, outer, inner);
  if constexpr (N == 4) map_mixed<Arch, T, T, T, T, T, T>(f, operands, out, outer, inner);
}

}  // namespace tapegrad::kernels
