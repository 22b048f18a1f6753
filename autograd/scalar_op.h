#pragma once

/// @file
/// Operators from a function of a few numbers, applied element by element: one record on the tape,
/// however much the function computes.
///
///     const auto gate = tg::scalar_op([](auto x, auto y) { return x * y / (1 + exp(-y)); });
///     tg::Tensor x = tg::randn({3, 4}).requires_grad_(), y = tg::randn(4);
///     tg::sum(gate(x, y)).backward();

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/base/refused.h"
#include "autograd/ops/formula/dual.h"
#include "autograd/ops/formula/region.h"

namespace tapegrad {

namespace detail {

/// The numbers that a function is called with: for its value, for all first derivatives at once,
/// and for derivatives of higher orders.
/// @{
using ScalarReal = formula::Dual<formula::Number<double>, 0>;
template <int inputs>
using ScalarDual = formula::Dual<formula::Number<double>, inputs>;
template <int order>
struct ScalarNest {
  using type = formula::Dual<typename ScalarNest<order - 1>::type, 1>;
};
template <>
struct ScalarNest<0> {
  using type = formula::Number<double>;
};
/// @}

template <class Part>
inline constexpr bool is_scalar_number = std::is_arithmetic_v<Part>;
template <class Part, int width>
inline constexpr bool is_scalar_number<formula::Dual<Part, width>> = true;

/// How many numbers a function returns; 0 for anything else, -1 for one that stands alone.
template <class Result>
consteval int scalar_results() {
  if constexpr (is_scalar_number<Result>) {
    return -1;
  } else if constexpr (requires { std::tuple_size<Result>::value; }) {
    constexpr std::size_t n = std::tuple_size_v<Result>;
    return []<std::size_t... j>(std::index_sequence<j...>) {
      return (is_scalar_number<std::tuple_element_t<j, Result>> && ...) ? static_cast<int>(n) : 0;
    }
    (std::make_index_sequence<n>());
  } else {
    return 0;
  }
}

/// Calls `put(j, y)` for each number that a function returned, as a `Number`.
template <class Number, class Result, class Put>
[[gnu::always_inline]] inline void each_result(const Result& result, const Put& put) {
  if constexpr (is_scalar_number<Result>) {
    put(0, Number(result));
  } else {
    [&]<std::size_t... j>(std::index_sequence<j...>) { (put(j, Number(std::get<j>(result))), ...); }
    (std::make_index_sequence<std::tuple_size_v<Result>>());
  }
}

/// The function `F` of `inputs` numbers: its loops.
template <class F, int inputs>
struct ScalarLoops {
  using Inputs = std::make_index_sequence<inputs>;

  static void value(const void* f, const double* const* in, double* const* out,
                    std::int64_t count) {
    for (std::int64_t e = 0; e < count; ++e)
      each_result<ScalarReal>(
          call(f, Inputs(), [&](std::size_t i) { return ScalarReal(in[i][e]); }),
          [&](std::size_t j, const ScalarReal& y) { out[j][e] = y.item(); });
  }

  template <int outputs>
  static void partials(const void* f, const double* const* in, double* const* out,
                       std::int64_t count) {
    using Number = ScalarDual<inputs>;
    for (std::int64_t e = 0; e < count; ++e)
      each_result<Number>(
          call(f, Inputs(),
               [&](std::size_t i) { return Number::variable(in[i][e], static_cast<int>(i)); }),
          [&](std::size_t j, const Number& y) {
            out[j][e] = y.item();
            for (std::size_t i = 0; i < inputs; ++i)
              out[outputs + j * inputs + i][e] = y.slope[i].value;
          });
  }

  template <int order>
  static void along(const void* f, const double* const* in, double* const* out,
                    std::int64_t count) {
    using Number = typename ScalarNest<order>::type;
    for (std::int64_t e = 0; e < count; ++e)
      each_result<Number>(
          call(f, Inputs(), [&](std::size_t i) { return argument<Number>(in, i, e); }),
          [&](std::size_t j, const Number& y) { out[j][e] = mixed(y); });
  }

 private:
  template <std::size_t... i, class Argument>
  [[gnu::always_inline]] static auto call(const void* f, std::index_sequence<i...>,
                                          const Argument& argument) {
    return (*static_cast<const F*>(f))(argument(i)...);
  }

  /// Input `i` at an element, moving along each direction by itself.
  template <class Number>
  [[gnu::always_inline]] static Number argument(const double* const* in, std::size_t i,
                                                std::int64_t e) {
    if constexpr (std::is_same_v<Number, formula::Number<double>>) {
      return in[i][e];
    } else {
      using Part = decltype(Number::value);
      const double* direction = in[depth<Number>() * inputs + i];
      return {argument<Part>(in, i, e), {Part(direction ? direction[e] : 0.)}, direction ? 1u : 0u};
    }
  }
  /// The derivative along all directions.
  template <class Number>
  [[gnu::always_inline]] static double mixed(const Number& y) {
    if constexpr (std::is_same_v<Number, formula::Number<double>>)
      return y.value;
    else
      return mixed(y.slope[0]);
  }
  template <class Number>
  static consteval std::size_t depth() {
    if constexpr (std::is_same_v<Number, formula::Number<double>>)
      return 0;
    else
      return 1 + depth<decltype(Number::value)>();
  }
};

/// These of all orders; `along` begins with the value, and `partials` stands for the first.
template <class F, int inputs, int order>
inline constexpr auto scalar_along = []<int... k>(std::integer_sequence<int, k...>) {
  using Loops = ScalarLoops<F, inputs>;
  return std::array<ScalarLoop, order + 1>{Loops::value, nullptr, Loops::template along<2 + k>...};
}
(std::make_integer_sequence<int, order - 1>());

template <class F, int inputs, int outputs, int order>
inline constexpr ScalarText scalar_text{inputs, outputs, order,
                                        ScalarLoops<F, inputs>::template partials<outputs>,
                                        scalar_along<F, inputs, order>.data()};

template <class F>
struct HeldScalarFunction : ScalarFunction {
  HeldScalarFunction(F&& function, std::string_view name)
      : ScalarFunction(name, &held), held(std::move(function)) {}
  const F held;
};

template <std::size_t>
struct EachScalar {
  using type = ScalarReal;
};
template <class F, std::size_t... i>
consteval bool takes_scalars(std::index_sequence<i...>) {
  return std::is_invocable_v<const F&, typename EachScalar<i>::type...>;
}
template <class F, std::size_t... i>
auto scalar_result(std::index_sequence<i...>)
    -> std::remove_cvref_t<std::invoke_result_t<const F&, typename EachScalar<i>::type...>>;

}  // namespace detail

/// @addtogroup scalar_operators
/// A function of a few numbers, written once and generic, becomes an operator on tensors of any
/// shapes that broadcast. However long it is, with loops and branches, a call is one record:
///
///     // y' = y (1 - y / k) - h, by 1000 steps, for each initial value and each k
///     const auto fish = tg::scalar_op(
///         [](auto y, auto k, auto h) {
///           for (int step = 0; step < 1000; ++step) y += 0.01 * (y * (1 - y / k) - h);
///           return y;
///         },
///         "fish");
///     tg::Tensor end = fish(start, k, 0.1);
///
/// Where a scalar tape records every sum, here the derivatives are computed beside the value, by
/// dual numbers (`formula::Dual`), in one pass: for n inputs about 1 + n products for each of the
/// function, and no memory beyond n numbers for each element. It is for what is small and scalar;
/// what is large, products of matrices and sums over dimensions, is for operators on tensors.
///
/// The function may
///  - take one to eight numbers, `auto x`, and change them, since they are copies;
///  - use arithmetic, comparisons in `if`, `while` and `?:`, and the functions of tensors that work
///    element by element, such as `exp(x)`, without `std::`: they are found by their argument;
///  - have variables of the type of its arguments, `auto s = x` or `decltype(x) s = 0`, and arrays
///    of these, `std::array<decltype(x), 3>`, as the state of a system;
///  - return a number, or several as a `std::array` or `std::tuple`;
///  - capture by value what it needs beside, which is constant: what it refers to must live as long
///    as the graph. It is called by several threads at once, when it is const, and may throw.
///
/// The same text runs with `double` where a `using std::exp` stands before it, and with tensors
/// where it has no branches: both are good tests. Forward mode and a further first dimension take
/// it as any operator; its derivatives are operators, too, "fish_vjp" and "fish_jvp" in lists.
/// @{

/// See `scalar_op`. A handle; copies share the function.
template <class F, int order>
class ScalarOp {
 public:
  /// Called by `scalar_op`.
  ScalarOp(F f, std::string_view name)
      : function_(std::make_shared<const detail::HeldScalarFunction<F>>(std::move(f), name)) {}

  /// The function of each element of the inputs, which are tensors or numbers, broadcast to one
  /// shape: a tensor, or an array of one for each number that the function returns. The type is
  /// that of arithmetic with these inputs, and the default type for integers; computed is in
  /// float64.
  ///
  /// Errors: `ShapeError` for shapes that do not broadcast; `ValueError` for an undefined tensor;
  /// what the function throws. `GradError` where derivatives of a higher order are asked for than
  /// `order`, when they are. Where the function is not differentiable, derivatives are those that
  /// its operations have as operators on tensors.
  template <class... Inputs>
  [[nodiscard]] auto operator()(const Inputs&... inputs) const {
    constexpr std::size_t n = sizeof...(Inputs);
    constexpr bool tensors = (std::convertible_to<const Inputs&, Tensor> && ...);
    static_assert(tensors, "a scalar operator is called with tensors and numbers");
    static_assert(n >= 1 && n <= 8, "a scalar operator has one to eight inputs");
    using Numbers = std::make_index_sequence<n>;
    if constexpr (tensors && n >= 1 && n <= 8) {
      constexpr bool callable = detail::takes_scalars<F>(Numbers());
      static_assert(callable,
                    "the function of a scalar operator takes a number, auto x, for each input, and "
                    "can be called when it is const");
      if constexpr (callable) {
        constexpr int count =
            detail::scalar_results<decltype(detail::scalar_result<F>(Numbers()))>();
        static_assert(count != 0,
                      "the function of a scalar operator returns a number that it computed, or a "
                      "std::array or std::tuple of these");
        if constexpr (count != 0) {
          const Tensor all[] = {Tensor(inputs)...};
          std::vector<Tensor> made = detail::run_scalar(
              detail::scalar_text<F, static_cast<int>(n), (count < 0 ? 1 : count), order>,
              function_, all);
          if constexpr (count < 0)
            return Tensor(std::move(made[0]));
          else
            return listed(made, std::make_index_sequence<static_cast<std::size_t>(count)>());
        }
      }
    }
  }

 private:
  template <std::size_t... j>
  static std::array<Tensor, sizeof...(j)> listed(std::vector<Tensor>& made,
                                                 std::index_sequence<j...>) {
    return {std::move(made[j])...};
  }

  std::shared_ptr<const detail::HeldScalarFunction<F>> function_;
};

/// An operator that computes `f` for each element of its inputs. `name` is for messages, lists of
/// records and pictures. `order`: up to which derivatives are compiled in, each by numbers of twice
/// the size: `scalar_op<3>(f)` can be differentiated three times.
///
///     const auto swing =
///         tg::scalar_op([](auto x, auto v) { return std::array{v, -sin(x) - 0.1 * v}; });
///     auto [dx, dv] = swing(x, v);
template <int order = 2, class F>
ScalarOp<F, order> scalar_op(F f, std::string_view name = "scalar_op") {
  static_assert(order >= 1 && order <= 6, "derivatives of a scalar operator have order 1 to 6");
  static_assert(std::is_object_v<F> && !std::is_pointer_v<F>,
                "a scalar operator is made of a lambda with auto parameters, or a struct like it");
  return {std::move(f), name};
}

/// @}

}  // namespace tapegrad
