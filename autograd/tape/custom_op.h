#pragma once

/// @file
/// An operator made of closures, for a rule that is needed once. The struct of `apply` can say more.
///
///     const auto cube = tg::custom_op(
///         "cube", [](const tg::Tensor& x) { return x * x * x; },
///         [](const tg::Tensor& g, const tg::Tensor& x, const tg::Tensor&) {
///           return 3 * x * x * g;
///         });
///     tg::Tensor y = cube(tg::tensor({1.0, 2.0}).requires_grad_());

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/base/refused.h"
#include "autograd/tape/reads.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup custom
/// @{

namespace detail {

struct OperatorType;

/// What the closures of an operator come to.
struct CustomRules {
  using List = std::span<const Tensor>;
  using Forward = std::function<std::vector<Tensor>(List)>;
  using Rule = std::function<std::vector<Tensor>(List, List, List)>;

  Forward forward;
  Rule vjp, jvp;           ///< `jvp` may be empty
  Reads reads = kA | kY;   ///< what `vjp` reads
  std::size_t inputs = 0;  ///< 0 for any number
  bool many = false;       ///< the outputs are a list
  const OperatorType* type = nullptr;
};

/// Errors: `ValueError`, as `custom_op` says.
std::shared_ptr<const CustomRules> make_custom(std::string_view name, CustomRules rules);
std::vector<Tensor> call_custom(const std::shared_ptr<const CustomRules>& rules,
                                std::span<const Tensor> inputs);
[[noreturn]] void fail_no_function();

template <std::size_t>
using OneTensor = const Tensor&;
template <class F, std::size_t... i>
consteval bool takes_tensors(std::index_sequence<i...>) {
  return std::is_invocable_v<F&, OneTensor<i>...>;
}
/// How many tensors `F` is called with, one by one; 0 where it takes a list of them.
template <class F>
consteval std::size_t tensors_taken() {
  if constexpr (takes_tensors<F>(std::make_index_sequence<1>()))
    return 1;
  else if constexpr (takes_tensors<F>(std::make_index_sequence<2>()))
    return 2;
  else if constexpr (takes_tensors<F>(std::make_index_sequence<3>()))
    return 3;
  else if constexpr (takes_tensors<F>(std::make_index_sequence<4>()))
    return 4;
  else
    return 0;
}

/// `f(list[i]..., rest...)`.
template <std::size_t... i>
decltype(auto) spread(auto& f, std::span<const Tensor> list, std::index_sequence<i...>,
                      const auto&... rest) {
  return f(list[i]..., rest...);
}

/// What `custom_op` makes of the function of `n` tensors, or of a list.
template <std::size_t n, class F>
decltype(auto) call_forward_of(F& f, std::span<const Tensor> x) {
  if constexpr (n == 0)
    return f(x);
  else
    return spread(f, x, std::make_index_sequence<n>());
}

inline std::vector<Tensor> as_list(Tensor tensor) {
  std::vector<Tensor> list;
  list.push_back(std::move(tensor));
  return list;
}
inline std::vector<Tensor> as_list(std::vector<Tensor> list) { return list; }

/// A list as the one tensor in it, or as it is.
template <bool one>
decltype(auto) one_or_list(std::span<const Tensor> list) {
  if constexpr (one)
    return (list[0]);
  else
    return list;
}
template <bool one>
using OneOrList = std::conditional_t<one, const Tensor&, std::span<const Tensor>>;

/// Calls `f(first, x, y)`, a rule of an operator with `n` inputs, in one of the forms that it may
/// have. `first_is_input`: that is a list as long as the inputs, and not as the outputs.
template <std::size_t n, bool many, bool first_is_input, class F>
std::vector<Tensor> call_custom_rule(F& f, std::span<const Tensor> first, std::span<const Tensor> x,
                                     std::span<const Tensor> y) {
  constexpr bool first_one = first_is_input ? n == 1 : !many;
  using First = OneOrList<first_one>;
  using Y = OneOrList<!many>;
  using Lists = std::span<const Tensor>;
  constexpr auto each = []<std::size_t... i>(std::index_sequence<i...>) {
    return std::is_invocable_v<F&, First, OneTensor<i>..., Y>;
  };
  if constexpr (n > 0 && each(std::make_index_sequence<n>())) {
    const auto rule = [&]<std::size_t... i>(std::index_sequence<i...>) {
      return f(one_or_list<first_one>(first), x[i]..., one_or_list<!many>(y));
    };
    return as_list(rule(std::make_index_sequence<n>()));
  } else if constexpr (std::is_invocable_v<F&, First, Lists, Y>) {
    return as_list(f(one_or_list<first_one>(first), x, one_or_list<!many>(y)));
  } else {
    static_assert(never<F>,
                  "a rule of custom_op is called with the gradient, the inputs and the output: "
                  "(const Tensor& g, std::span<const Tensor> x, const Tensor& y), or with each "
                  "input by itself; of several outputs g and y are lists, too");
    return {};
  }
}

template <class F>
F checked_function(F f) {
  if constexpr (requires { f = nullptr; })
    if (f == nullptr) fail_no_function();
  return f;
}

}  // namespace detail

/// What else is said of an operator made of closures.
struct CustomOpOptions {
  /// What `vjp` reads, and is saved for it: `kA` (all inputs), `kY` (the outputs), their sum, or
  /// `kNone`. What is not saved arrives as undefined tensors, which no operator takes.
  Reads reads = kA | kY;
};

/// What `custom_op` makes: a function of tensors, or of a list of them, that can be differentiated.
/// `Result`: `Tensor`, or `std::vector<Tensor>` for several outputs. Copies share the closures.
template <class Result>
class CustomOp {
 public:
  /// Calls the forward, and records the call where an input requires a gradient. Errors:
  /// `ValueError` for another number of inputs than the forward takes, or an undefined result;
  /// `DTypeError` for a result without gradients; what the forward throws.
  /// @{
  Result operator()(std::span<const Tensor> inputs) const {
    std::vector<Tensor> made = detail::call_custom(rules_, inputs);
    if constexpr (std::is_same_v<Result, Tensor>)
      return std::move(made[0]);
    else
      return made;
  }
  Result operator()(const Tensor& x) const { return (*this)(std::span<const Tensor>(&x, 1)); }
  template <std::same_as<Tensor>... Tensors>
  Result operator()(const Tensor& a, const Tensor& b, const Tensors&... more) const {
    const Tensor all[] = {a, b, more...};
    return (*this)(std::span<const Tensor>(all));
  }
  /// @}

  /// @cond
  explicit CustomOp(std::shared_ptr<const detail::CustomRules> rules) : rules_(std::move(rules)) {}
  /// @endcond

 private:
  std::shared_ptr<const detail::CustomRules> rules_;
};

namespace detail {

/// What the forward `F`, which takes `n` tensors, makes a `CustomOp` of.
template <class F, std::size_t n>
using CustomResult = std::remove_cvref_t<decltype(call_forward_of<n>(std::declval<F&>(),
                                                                     std::span<const Tensor>()))>;

template <class F, class Vjp>
auto custom_rules(F forward, Vjp vjp, const CustomOpOptions& options) {
  constexpr std::size_t n = tensors_taken<F>();
  constexpr bool listed = n > 0 || std::is_invocable_v<F&, std::span<const Tensor>>;
  static_assert(listed,
                "the forward of custom_op takes one to four tensors (const Tensor&...), or a list "
                "of them: std::span<const Tensor>");
  CustomRules rules;
  if constexpr (listed) {
    using Result = CustomResult<F, n>;
    constexpr bool many = std::is_same_v<Result, std::vector<Tensor>>;
    static_assert(many || std::is_same_v<Result, Tensor>,
                  "the forward of custom_op returns a Tensor, or a std::vector<Tensor>");
    rules.forward = [f = checked_function(std::move(forward))](CustomRules::List x) mutable {
      return as_list(call_forward_of<n>(f, x));
    };
    rules.vjp = [f = checked_function(std::move(vjp))](CustomRules::List g, CustomRules::List x,
                                                       CustomRules::List y) mutable {
      return call_custom_rule<n, many, false>(f, g, x, y);
    };
    rules.many = many;
  }
  rules.inputs = n;
  rules.reads = options.reads;
  return rules;
}

}  // namespace detail

/// An operator made of closures: `forward`, and `vjp`, which says what its gradient is. For a rule
/// that is needed in one place, such as one that is more exact than that of the formula, or another
/// one on purpose; an operator that is used throughout is better a struct (`apply`), which can say
/// more and costs less. In JAX it is `custom_vjp`, in PyTorch `autograd.Function`.
///
///     const auto round_through = custom_op(
///         "round_through", [](const Tensor& x) { return round(x); },
///         [](const Tensor& g, const Tensor&, const Tensor&) { return g; }, {.reads = kNone});
///     const Tensor y = round_through(x);
///
///  - `forward` takes one to four tensors, or a `std::span<const Tensor>` of any number, and returns
///    a `Tensor`, or a `std::vector<Tensor>` of several outputs. It is not recorded while it runs.
///  - `vjp(g, x, y)` returns the cotangents of the inputs: a `Tensor` where there is one, else a
///    `std::vector<Tensor>`, one for each, the undefined tensor for zeros. `g` is the gradient of the
///    output, `y` the output, both `const Tensor&`; of several outputs each is a
///    `std::span<const Tensor>`, and `g` is undefined where none arrived. `x`, the inputs, is a
///    `std::span<const Tensor>`, or one parameter for each tensor that `forward` takes. It is called
///    once for each walk. Written with operators it can be differentiated again.
///  - `jvp(t, x, y)`, which may be left out, is the rule for forward mode (`tapegrad::jvp`): from the
///    tangents of the inputs (zeros where one has none), a `const Tensor&` for a forward of one
///    tensor, else a `std::span<const Tensor>`, it returns that of the output, or of each output.
///
/// What closures capture is constant, however it was computed: no gradient reaches it. They live as
/// long as the operator and every graph that it stands in, and are called on whatever thread calls
/// or walks. The name stands in errors and pictures, as that of any operator; each is kept for ever,
/// so it says what kind of operator it is, not which of a million.
///
/// Errors: `ValueError` for an empty name, an empty `std::function`, `reads` that name something
/// else; in a walk, `GradError` where `vjp` returns another number of cotangents than there are
/// inputs, or one that does not fit its input; the same of `jvp`.
/// @{
template <class Forward, class Vjp>
auto custom_op(std::string_view name, Forward forward, Vjp vjp,
               const CustomOpOptions& options = {}) {
  using Result = detail::CustomResult<Forward, detail::tensors_taken<Forward>()>;
  return CustomOp<Result>(
      detail::make_custom(name, detail::custom_rules(std::move(forward), std::move(vjp), options)));
}
template <class Forward, class Vjp, class Jvp>
requires(!std::same_as<Jvp, CustomOpOptions>) auto custom_op(std::string_view name, Forward forward,
                                                             Vjp vjp, Jvp jvp,
                                                             const CustomOpOptions& options = {}) {
  constexpr std::size_t n = detail::tensors_taken<Forward>();
  using Result = detail::CustomResult<Forward, n>;
  using List = detail::CustomRules::List;
  detail::CustomRules rules = detail::custom_rules(std::move(forward), std::move(vjp), options);
  rules.jvp = [f = detail::checked_function(std::move(jvp))](List t, List x, List y) mutable {
    return detail::call_custom_rule<n, !std::is_same_v<Result, Tensor>, true>(f, t, x, y);
  };
  return CustomOp<Result>(detail::make_custom(name, std::move(rules)));
}
/// @}

/// @}

}  // namespace tapegrad
