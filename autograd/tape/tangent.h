#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/tape/rule.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/tangent_rule.h"

// Internal: the forward-mode rule of an operator that is written as a struct. `apply` explains the
// struct to users.

namespace tapegrad {

/// @addtogroup custom
/// @{
/// @cond
// See apply.h.
template <class Op, class... Tensors>
requires(std::is_same_v<Tensors, Tensor>&&...) Tensor apply(Op op, const Tensors&... inputs);
template <class Op>
auto apply(Op op, std::span<const Tensor> inputs);
/// @endcond
/// @}

namespace detail {

template <class Op>
constexpr bool is_linear = requires {
  requires Op::linear;
};
template <class Op>
constexpr bool is_bilinear = requires {
  requires Op::bilinear;
};
template <class Op>
constexpr bool is_symmetric = requires {
  requires Op::symmetric;
};

/// What a linear operator is applied to: the tangent of `input`, or 0 where that has none.
inline Tensor linear_argument(const Tensor& input, const Tensor& tangent) {
  if (tangent.defined() || !input.defined()) return tangent;
  return zeros(input.shape(), input.dtype());
}

/// `op.jvp...(args...)` of input `input`, which has its letter, or none where there is one.
/// `fused`: or the second form that does not consist of operators, of input a.
template <int input, class Op, class... A>
Tensor call_jvp(const Op& op, [[maybe_unused]] bool fused, const A&... args) {
  if constexpr (input == 0 && requires { op.jvp_fused_a(args...); }) {
    if (fused) return op.jvp_fused_a(args...);
  }
  if constexpr (input == 0 && requires { op.jvp(args...); })
    return op.jvp(args...);
  else if constexpr (input == 0)
    return op.jvp_a(args...);
  else if constexpr (input == 1)
    return op.jvp_b(args...);
  else if constexpr (input == 2)
    return op.jvp_c(args...);
  else if constexpr (input == 3)
    return op.jvp_d(args...);
  else if constexpr (input == 4)
    return op.jvp_e(args...);
  else if constexpr (input == 5)
    return op.jvp_f(args...);
  else if constexpr (input == 6)
    return op.jvp_g(args...);
  else
    return op.jvp_h(args...);
}

/// The forward-mode rule of the struct `Op`, which has `n` inputs.
template <class Op, std::size_t n>
struct TangentOf {
  template <std::size_t... i>
  static void run_all(const Op& op, const TangentCall& call, std::index_sequence<i...>) {
    if constexpr (is_linear<Op>) {
      call.add(0, tapegrad::apply(Op(op), argument<i>(call)...));
    } else {
      (contribute<i>(op, call, std::index_sequence<i...>()), ...);
    }
  }

 private:
  template <std::size_t i>
  static Tensor argument(const TangentCall& call) {
    if constexpr (constant_inputs<Op>() >> (i + 1) & 1)
      return call.inputs[i];
    else
      return linear_argument(call.inputs[i], call.tangents[i]);
  }

  /// What the tangent of input `i` adds.
  template <std::size_t i, std::size_t... all>
  static void contribute(const Op& op, const TangentCall& call, std::index_sequence<all...>) {
    if constexpr (!(constant_inputs<Op>() >> (i + 1) & 1)) {
      const Tensor& t = call.tangents[i];
      if (!t.defined()) return;
      if constexpr (is_bilinear<Op>) {
        call.add(0, tapegrad::apply(Op(op), (all == i ? t : call.inputs[all])...));
      } else if constexpr (is_symmetric<Op>) {
        const bool readable = !call.fused || t.shape() != call.outputs[0].shape();
        const auto rule = [&](const auto&... kept) {
          call.add(0, cotangent_of<static_cast<int>(i)>(op, readable, t,
                                                        read<i, all + 1>(call.inputs[all])...,
                                                        read<i, 0>(call.outputs[0]), kept...));
        };
        with_kept(call, rule);
      } else {
        with_kept(call, [&](const auto&... kept) {
          call.add(0, call_jvp<static_cast<int>(i)>(op, call.fused, t, call.inputs[all]...,
                                                    call.outputs[0], kept...));
        });
      }
    }
  }

  template <std::size_t input, std::size_t slot>
  static decltype(auto) read(const Tensor& value) {
    if constexpr (reads_of<Op>(static_cast<int>(input)) >> slot & 1)
      return (value);
    else
      return NotSaved();
  }

  template <class F>
  static void with_kept(const TangentCall& call, const F& f) {
    if constexpr (kept_count<Op>() == 0) {
      f();
    } else {
      KeptBy<Op> kept;
      for (std::size_t k = 0; k < kept.size(); ++k) kept[k] = call.kept[k];
      f(kept);
    }
  }
};

// The function of an input, with these arguments.
template <class Op, class... A>
concept HasJvp = requires(const Op& op, const A&... args) {
  op.jvp(args...);
};
template <class Op, class... A>
concept HasJvpA = requires(const Op& op, const A&... args) {
  op.jvp_a(args...);
};
template <class Op, class... A>
concept HasJvpB = requires(const Op& op, const A&... args) {
  op.jvp_b(args...);
};
template <class Op, class... A>
concept HasJvpC = requires(const Op& op, const A&... args) {
  op.jvp_c(args...);
};

/// Whether the struct has that of its first input that can vary.
template <class Op, class... A>
constexpr bool takes_tangents() {
  if constexpr (!(constant_inputs<Op>() & kA))
    return HasJvp<Op, A...> || HasJvpA<Op, A...>;
  else if constexpr (!(constant_inputs<Op>() & kB))
    return HasJvpB<Op, A...>;
  else
    return HasJvpC<Op, A...>;
}
template <std::size_t>
using EachTensor = Tensor;
template <class Op, std::size_t... i>
constexpr bool takes_tangents(std::index_sequence<i...>) {
  if constexpr (kept_count<Op>() == 0)
    return takes_tangents<Op, Tensor, EachTensor<i>..., Tensor>();
  else
    return takes_tangents<Op, Tensor, EachTensor<i>..., Tensor, KeptBy<Op>>();
}

/// Whether the struct has a forward-mode rule. `listed`: its inputs are a list.
template <class Op, bool listed>
constexpr bool has_jvp() {
  if constexpr (requires { Op::cut; } || !std::is_copy_constructible_v<Op>)
    return false;
  else if constexpr (is_linear<Op> || (!listed && (is_bilinear<Op> || is_symmetric<Op>)))
    return true;
  else if constexpr (listed)
    return requires(const Op& op, const Tensor& t, std::span<const Tensor> all) {
      op.jvp(std::size_t(), t, all, all);
    };
  else
    return takes_tangents<Op>(std::make_index_sequence<sizeof(Op::reads) / sizeof(Reads)>());
}

template <class Op>
void copy_operator(const OperatorType&, const void* op, void* to) {
  new (to) Op(*static_cast<const Op*>(op));
}
template <class Op>
void destroy_operator(void* op) noexcept {
  static_cast<Op*>(op)->~Op();
}

template <class Op>
void run_tangent(const void* op, const TangentCall& call) {
  constexpr std::size_t n = sizeof(Op::reads) / sizeof(Reads);
  TangentOf<Op, n>::run_all(*static_cast<const Op*>(op), call, std::make_index_sequence<n>());
}

/// Adds what a list operator made, which is one tensor or one for each output, to the tangents.
inline void add_made(const TangentCall& call, Tensor made) { call.add(0, std::move(made)); }
inline void add_made(const TangentCall& call, std::vector<Tensor> made) {
  for (std::size_t k = 0; k < made.size(); ++k)
    if (made[k].defined()) call.add(k, std::move(made[k]));
}

template <class Op>
void run_list_tangent(const void* op, const TangentCall& call) {
  const Op& self = *static_cast<const Op*>(op);
  if constexpr (is_linear<Op>) {
    std::vector<Tensor> arguments;
    arguments.reserve(call.inputs.size());
    for (std::size_t i = 0; i < call.inputs.size(); ++i)
      arguments.push_back(linear_argument(call.inputs[i], call.tangents[i]));
    add_made(call, tapegrad::apply(Op(self), std::span<const Tensor>(arguments)));
  } else {
    for (std::size_t i = 0; i < call.inputs.size(); ++i)
      if (const Tensor& t = call.tangents[i]; t.defined())
        add_made(call, self.jvp(i, t, call.inputs, call.outputs));
  }
}

/// Bit i: the rule of `Op` needs the value of input i.
template <class Op>
constexpr unsigned values_of_rule() {
  if constexpr (is_linear<Op>) {
    return constant_inputs<Op>() >> 1;
  } else if constexpr (is_symmetric<Op>) {
    unsigned reads = 0;
    for (const Reads of_input : Op::reads) reads |= of_input & ~kKept;
    return reads >> 1;
  } else {
    return ~0u;
  }
}

template <class Op, bool listed>
constexpr TangentRule describe_tangent_rule() {
  TangentRule rule{};
  rule.bytes = sizeof(Op);
  if constexpr (!std::is_trivially_copyable_v<Op>) rule.copy = copy_operator<Op>;
  if constexpr (!std::is_trivially_destructible_v<Op>) rule.destroy = destroy_operator<Op>;
  if constexpr (listed)
    rule.run = run_list_tangent<Op>;
  else
    rule.run = run_tangent<Op>;
  rule.linear = is_linear<Op>;
  rule.values = values_of_rule<Op>();
  return rule;
}
template <class Op, bool listed>
inline constexpr TangentRule tangent_rule = describe_tangent_rule<Op, listed>();

/// The rule of `Op`, or nullptr where it has none.
template <class Op, bool listed>
constexpr const TangentRule* tangent_rule_of() {
  if constexpr (has_jvp<Op, listed>())
    return &tangent_rule<Op, listed>;
  else
    return nullptr;
}

}  // namespace detail

}  // namespace tapegrad
