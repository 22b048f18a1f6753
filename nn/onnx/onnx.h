#pragma once

/// @file
/// Models as ONNX files; a library of its own (`tapegrad::onnx`).
///
///     nn::Sequential net{nn::Linear{4, 8}, tg::relu, nn::Linear{8, 2}};
///     tg::onnx::save("net.onnx", net, tg::randn({1, 4}), {.input_names = {"x"}});

#include <array>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/base/refused.h"
#include "nn/module/module.h"

namespace tapegrad::onnx {

/// @addtogroup onnx
/// Models as ONNX files, opset 17, which other programs run. The library `tapegrad::onnx` has this,
/// where it was built with `libonnx`; `nn/nn.h` does not include it.
///
///     tapegrad::onnx::save("net.onnx", net, example, {.input_names = {"pixels"}});
///
/// The function is called with the example, and what it computes from that is written: each
/// operator as its counterpart in ONNX, the weights as initializers under their names, and what
/// does not depend on the input as its value. Control flow in C++ is not seen: the file has the
/// operators that this thread called for this example. Where ONNX Runtime differs: NaN, infinities
/// and numbers that overflow in reductions; and it has no kernels for some operators on `int64` and
/// `float64` (`relu`, `erf`, `gelu`).
///
/// What cannot be written is refused with a `ValueError` that names operator, module path, reason
/// and way out, and no file is made: random numbers (dropout in training), gradients and optimizer
/// steps, values of the input that the program looks at (`item`, `data`) or writes (`write`),
/// parameters that change, changes in place of memory that two tensors share, and operators of your
/// own that compute elements themselves and do not say what they are in ONNX (see `apply`).
/// @{

/// What is written, and under which names.
struct SaveOptions {
  /// The first dimension of every input is a batch, of any size. Then the function is called three
  /// times, for n, n + 1 and 8 n + 61 rows, and what follows the batch is computed from the size of
  /// the first input. Errors: `ValueError` for what depends on the batch in another way, such as a
  /// number that was divided by it, and for what the function throws with other rows than yours.
  bool dynamic_batch = true;
  std::vector<std::string> input_names = {};   ///< "input", or "input_1" and so on
  std::vector<std::string> output_names = {};  ///< "output", or "output_1" and so on
  /// Names of weights for a function that is no module: `nn::parameters(net)`, say. Others get
  /// names from the module path and the operator that uses them.
  std::vector<nn::Parameter> weights = {};
  std::string description = {};  ///< a text for people, in the file
};

/// The tensors that a function is called with: one, or a list. Made implicitly.
struct Examples {
  /// One tensor.
  Examples(const Tensor& tensor) : tensors{tensor} {}
  /// Several: `{a, b}`.
  Examples(std::initializer_list<Tensor> list) : tensors(list) {}
  /// Several, in a list that is there already.
  Examples(std::vector<Tensor> list) : tensors(std::move(list)) {}
  std::vector<Tensor> tensors;  ///< in the order of the arguments
};

/// @cond
namespace detail {

/// A function as the export calls it.
using Function = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

void save(const std::string& path, const Function& function, std::optional<nn::ModuleRef> module,
          const std::vector<Tensor>& examples, const SaveOptions& options);
[[noreturn]] void fail_arguments(std::size_t count);

template <class Result>
std::vector<Tensor> results(Result&& result) {
  using Type = std::remove_cvref_t<Result>;
  if constexpr (std::is_same_v<Type, Tensor> || std::is_same_v<Type, std::vector<Tensor>>) {
    return {std::forward<Result>(result)};
  } else if constexpr (requires { std::tuple_size<Type>::value; }) {
    return std::apply([](const auto&... each) { return std::vector<Tensor>{each...}; }, result);
  } else {
    static_assert(
        tapegrad::detail::never<Type>,
        "what is exported returns a Tensor, or a std::vector, std::array, std::pair or std::tuple "
        "of them");
  }
}

template <std::size_t>
using Argument = const Tensor&;

template <class F, std::size_t... i>
constexpr bool takes(std::index_sequence<i...>) {
  return std::invocable<const F&, Argument<i>...>;
}
inline constexpr std::size_t kMostArguments = 8;
/// True for a function of one to eight tensors. No more than needed is asked of a generic one.
template <class F, std::size_t count = 1>
constexpr bool takes_tensors() {
  if constexpr (count > kMostArguments)
    return false;
  else if constexpr (takes<F>(std::make_index_sequence<count>()))
    return true;
  else
    return takes_tensors<F, count + 1>();
}

/// The function on as many tensors as the list has.
template <std::size_t count, class F>
std::vector<Tensor> call(const F& f, const std::vector<Tensor>& inputs) {
  if constexpr (count < kMostArguments) {
    if (inputs.size() > count) return call<count + 1>(f, inputs);
  }
  const auto with = [&]<std::size_t... i>(std::index_sequence<i...> all)->std::vector<Tensor> {
    if constexpr (takes<F>(decltype(all)()))
      if (inputs.size() == count) return results(f(inputs[i]...));
    fail_arguments(inputs.size());
  };
  return with(std::make_index_sequence<count>());
}

template <class F>
Function function(const F& f) {
  constexpr bool tensors = takes_tensors<F>();
  if constexpr (tensors) {
    return [&f](const std::vector<Tensor>& inputs) { return call<1>(f, inputs); };
  } else {
    static_assert(std::invocable<const F&, const std::vector<Tensor>&>,
                  "what is exported is called with one to eight Tensors, or with a std::vector of "
                  "them, and its call is const");
    return [&f](const std::vector<Tensor>& inputs) { return results(f(inputs)); };
  }
}

}  // namespace detail
/// @endcond

/// Writes what `f` computes from `example`. `f` is a module, or any function of one to eight
/// tensors or of a `std::vector` of them, that returns one tensor or several (a `std::vector`,
/// `std::array`, `std::pair` or `std::tuple`). A module is written in evaluation mode, with its
/// parameters and buffers under their names; afterwards its parts are in the modes that they were
/// in. Nothing is recorded on the tape.
///
/// Errors: `ValueError` for what cannot be exported; `FileError`; what `f` throws. There is no new
/// file then, and an old one is as it was.
template <class F>
void save(const std::string& path, const F& f, const Examples& example,
          const SaveOptions& options = {}) {
  std::optional<nn::ModuleRef> module;
  if constexpr (nn::Module<F>) module = nn::ModuleRef(f);
  detail::save(path, detail::function(f), module, example.tensors, options);
}

/// @}

}  // namespace tapegrad::onnx
