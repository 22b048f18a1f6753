#pragma once

#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"

// Internal: functions of tensors, one by one or in lists, as functions of a list that return one.

namespace tapegrad::detail {

using TensorsFunction = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

/// A function that is kept is called with arguments of these types.
template <class F, class... A>
concept KeptFor = std::is_invocable_v < std::decay_t<F>
&, const A&... > ;
/// What it returns then.
template <class F, class... A>
using KeptResult = std::invoke_result_t<std::decay_t<F>&, const A&...>;

/// `f`, which takes `inputs` one by one or, if `listed`, as the list that they are, and returns a
/// tensor or a list.
template <bool listed, std::size_t count, class F>
auto on_lists(F&& f) {
  using Kept = std::decay_t<F>;
  static_assert(std::is_copy_constructible_v<Kept>,
                "a function that is to be called again can be copied: let it capture by reference, "
                "or by a std::shared_ptr, what cannot");
  const auto call = [](Kept& function, const std::vector<Tensor>& inputs) {
    if constexpr (listed) {
      return function(inputs);
    } else {
      const auto spread = [&]<std::size_t... i>(std::index_sequence<i...>) {
        return function(inputs[i]...);
      };
      return spread(std::make_index_sequence<count>());
    }
  };
  using Result = decltype(call(std::declval<Kept&>(), std::declval<const std::vector<Tensor>&>()));
  constexpr bool one = std::is_same_v<Result, Tensor>;
  static_assert(one || std::is_same_v<Result, std::vector<Tensor>>,
                "the function returns a Tensor, or a std::vector<Tensor>");
  return [call, function = Kept(std::forward<F>(f))](const std::vector<Tensor>& inputs) mutable {
    if constexpr (one)
      return std::vector<Tensor>(1, call(function, inputs));
    else
      return call(function, inputs);
  };
}

/// `list` as an `F` returns it.
template <class Result>
Result returned(std::vector<Tensor> list) {
  if constexpr (std::is_same_v<Result, Tensor>)
    return std::move(list.front());
  else
    return list;
}

}  // namespace tapegrad::detail
