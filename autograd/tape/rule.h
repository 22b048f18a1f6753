#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/base/refused.h"
#include "autograd/tape/record.h"

// Internal: what the struct of an operator says about itself, and how its functions are called.
// `custom.h` explains the struct to users.

namespace tapegrad {

/// @addtogroup custom
/// @{

class SavedList;

/// What a rule gets in place of a value that its operator did not say it reads. Any use of it as a
/// tensor, or as a list of tensors, does not compile.
class NotSaved {
 public:
  /// Refused with a sentence, as all that follows.
  /// @{
  template <class T>
  requires(std::same_as<T, Tensor> || std::same_as<T, SavedList>) operator T() const {
    refuse<T>();
  }
  template <std::size_t count>
  operator std::array<Tensor, count>() const {
    refuse<std::array<Tensor, count>>();
  }
  template <class Index>
  Tensor operator[](Index) const {
    refuse<Index>();
  }
  template <class... None>
  Shape shape() const {
    refuse<None...>();
  }
  template <class... None>
  DType dtype() const {
    refuse<None...>();
  }
  template <class... None>
  std::int64_t numel() const {
    refuse<None...>();
  }
  template <class... None>
  int dim() const {
    refuse<None...>();
  }
  template <class... Dim>
  std::int64_t size(Dim...) const {
    refuse<Dim...>();
  }
  /// @}

 private:
  template <class... Used>
  [[noreturn]] static void refuse() {
    static_assert(detail::never<Used...>,
                  "a rule reads what its operator does not save: name it in `reads`, kA to kH for "
                  "the inputs, kY for the output, kKept for what the forward kept");
    std::abort();
  }
};

/// What an operator's forward keeps for its rules beside inputs and output.
template <std::size_t count>
using Kept = std::array<Tensor, count>;

/// @}

namespace detail {

/// The most inputs that an operator can have whose functions name each of them.
inline constexpr int kMostInputs = 8;

/// What the rule of input `input` reads; an operator with one input need not write an array.
template <class Op>
constexpr Reads reads_of(int input) {
  if constexpr (std::is_array_v<decltype(Op::reads)>)
    return Op::reads[input];
  else
    return Op::reads;
}

/// Inputs of `Op` that never have a gradient, such as indices.
template <class Op>
constexpr Reads constant_inputs() {
  if constexpr (requires { Op::constant; })
    return Op::constant;
  else
    return kNone;
}

/// Inputs of `Op` whose rule has a fused form beside the one that is written with operators.
template <class Op>
constexpr Reads fused_inputs() {
  if constexpr (requires { Op::fused; })
    return Op::fused;
  else
    return kNone;
}

/// How many values the forward of `Op` keeps.
template <class Op>
constexpr std::size_t kept_count() {
  if constexpr (requires { Op::kept_values; })
    return Op::kept_values;
  else
    return 0;
}
template <class Op>
using KeptBy = Kept<kept_count<Op>()>;

/// `op.forward(inputs...)`, which fills `kept` where the operator keeps values.
template <class Op, class... Inputs>
decltype(auto) call_forward(const Op& op, KeptBy<Op>& kept, const Inputs&... inputs) {
  const auto call = [&](auto&... values) -> decltype(auto) {
    constexpr bool called = requires { op.forward(inputs..., values...); };
    static_assert(called,
                  "an operator's forward is const and takes what the operator is applied to: "
                  "Tensor forward(const Tensor& a, ...) const; where it keeps values, its last "
                  "parameter is a Kept<kept_values>&");
    if constexpr (called) {
      using Result = std::remove_cvref_t<decltype(op.forward(inputs..., values...))>;
      static_assert(std::is_same_v<Result, Tensor> || std::is_same_v<Result, std::vector<Tensor>>,
                    "an operator's forward returns a Tensor, or, of a list, a std::vector<Tensor>");
      return op.forward(inputs..., values...);
    } else {
      return Tensor();
    }
  };
  if constexpr (kept_count<Op>() == 0)
    return call();
  else
    return call(kept);
}

/// The rule of input `input`, which has its letter, or none where there is one input.
template <int input, class Op, class... A>
Tensor call_rule(const Op& op, const A&... args) {
  if constexpr (input == 0 && requires { op.vjp(args...); })
    return op.vjp(args...);
  else if constexpr (input == 0 && requires { op.vjp_a(args...); })
    return op.vjp_a(args...);
  else if constexpr (input == 1 && requires { op.vjp_b(args...); })
    return op.vjp_b(args...);
  else if constexpr (input == 2 && requires { op.vjp_c(args...); })
    return op.vjp_c(args...);
  else if constexpr (input == 3 && requires { op.vjp_d(args...); })
    return op.vjp_d(args...);
  else if constexpr (input == 4 && requires { op.vjp_e(args...); })
    return op.vjp_e(args...);
  else if constexpr (input == 5 && requires { op.vjp_f(args...); })
    return op.vjp_f(args...);
  else if constexpr (input == 6 && requires { op.vjp_g(args...); })
    return op.vjp_g(args...);
  else if constexpr (input == 7 && requires { op.vjp_h(args...); })
    return op.vjp_h(args...);
  else {
    static_assert(
        never<Op, A...>,
        "an operator has a rule for each input that is not `constant`: Tensor vjp(const "
        "Tensor& g, auto a, auto y) const, or, for several inputs, vjp_a(const Tensor& "
        "g, auto a, auto b, auto y), vjp_b and so on, each with all inputs and the output");
    return {};
  }
}

/// The same for the fused form of a rule.
template <int input, class Op, class... A>
Tensor call_fused_rule(const Op& op, const A&... args) {
  if constexpr (input == 0 && requires { op.vjp_fused(args...); })
    return op.vjp_fused(args...);
  else if constexpr (input == 0)
    return op.vjp_fused_a(args...);
  else if constexpr (input == 1)
    return op.vjp_fused_b(args...);
  else if constexpr (input == 2)
    return op.vjp_fused_c(args...);
  else
    return op.vjp_fused_d(args...);
}

/// The cotangent of input `input`. While a walk is recorded, or without a fused form, or where that
/// says by an undefined tensor that this is no case for it, the rule that is written with
/// operators.
template <int input, class Op, class... A>
Tensor cotangent_of(const Op& op, bool create_graph, const A&... args) {
  if constexpr (fused_inputs<Op>() >> (input + 1) & 1) {
    if (!create_graph) {
      Tensor fused = call_fused_rule<input>(op, args...);
      if (fused.defined()) return fused;
    }
  }
  return call_rule<input>(op, args...);
}

}  // namespace detail

}  // namespace tapegrad
