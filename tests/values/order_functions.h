#pragma once

#include "autograd/ops/order/order.h"
#include "tests/values/values.h"

// Scans, sorting and statistics in the table of functions of operator_values_test.

namespace values {

inline Tensors both(const tg::ValuesAndIndices& found) { return {found.values, found.indices}; }

/// `f(x, options...)` with as many of the options of these names as the case gives, from the first
/// on; the others are left to their defaults.
template <class... Options, class F, class... Given>
Tensors with_options(const Case& c, const F& f, std::vector<const char*> names,
                     const Given&... given) {
  if constexpr (sizeof...(Given) < sizeof...(Options)) {
    const char* name = names[sizeof...(Given)];
    using Next = std::tuple_element_t<sizeof...(Given), std::tuple<Options...>>;
    if (c.has(name)) return with_options<Options...>(c, f, names, given..., c.get<Next>(name));
  }
  if constexpr (requires { f(c.inputs[0], given...); })
    return f(c.inputs[0], given...);
  else
    throw std::logic_error(c.text() + " lacks an option");
}

/// A function of the first input, as a lambda of it and its options, which gives `Tensors`.
template <class... Options, class F>
Function optional(F f, std::vector<const char*> names) {
  return [=](const Case& c) { return with_options<Options...>(c, f, names); };
}

#define TAPEGRAD_GIVES(as, f) \
  [](const Tensor& x, auto... o) requires(requires { f(x, o...); }) { return as(f(x, o...)); }

inline Tensors alone(const Tensor& y) { return {y}; }

inline Functions order_functions() {
  const auto along = [](auto f) { return optional<int>(f, {"dim"}); };
  Functions table{
      {"cumsum", along(TAPEGRAD_GIVES(alone, tg::cumsum))},
      {"cumprod", along(TAPEGRAD_GIVES(alone, tg::cumprod))},
      {"logcumsumexp", along(TAPEGRAD_GIVES(alone, tg::logcumsumexp))},
      {"cummax", along(TAPEGRAD_GIVES(both, tg::cummax))},
      {"cummin", along(TAPEGRAD_GIVES(both, tg::cummin))},
      {"sort", optional<int, bool>(TAPEGRAD_GIVES(both, tg::sort), {"dim", "descending"})},
      {"argsort", optional<int, bool>(TAPEGRAD_GIVES(alone, tg::argsort), {"dim", "descending"})},
      {"topk", optional<int, int, bool, bool>(TAPEGRAD_GIVES(both, tg::topk),
                                              {"k", "dim", "largest", "sorted"})},
      {"kthvalue",
       optional<int, int, bool>(TAPEGRAD_GIVES(both, tg::kthvalue), {"k", "dim", "keepdim"})},
  };
  return table;
}

}  // namespace values
