#pragma once

#include <concepts>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/base/refused.h"
#include "autograd/tensor/require.h"
#include "autograd/tensor/tensor.h"
#include "autograd/transforms/level.h"

// Internal: what functions that are transformed take and return, as lists of tensors.

namespace tapegrad::detail {

/// A tensor, or a vector, pair or tuple of such.
template <class T>
struct Tree;

template <>
struct Tree<Tensor> {
  static void list(const Tensor& tree, std::vector<Tensor>& all) { all.push_back(tree); }
  /// A tree like `tree`, of the tensors from `next` on.
  static Tensor like(const Tensor& /*tree*/, const Tensor*& next) { return *next++; }
};

template <class T>
struct Tree<std::vector<T>> {
  static void list(const std::vector<T>& tree, std::vector<Tensor>& all) {
    for (const T& each : tree) Tree<T>::list(each, all);
  }
  static std::vector<T> like(const std::vector<T>& tree, const Tensor*& next) {
    std::vector<T> made;
    made.reserve(tree.size());
    for (const T& each : tree) made.push_back(Tree<T>::like(each, next));
    return made;
  }
};

template <template <class...> class Tuple, class... T>
struct TreeOfTuple {
  static void list(const Tuple<T...>& tree, std::vector<Tensor>& all) {
    std::apply([&](const T&... each) { (Tree<T>::list(each, all), ...); }, tree);
  }
  static Tuple<T...> like(const Tuple<T...>& tree, const Tensor*& next) {
    // In braces, which are evaluated in order.
    return std::apply([&](const T&... each) { return Tuple<T...>{Tree<T>::like(each, next)...}; },
                      tree);
  }
};
template <class A, class B>
struct Tree<std::pair<A, B>> : TreeOfTuple<std::pair, A, B> {};
template <class... T>
struct Tree<std::tuple<T...>> : TreeOfTuple<std::tuple, T...> {};

template <class T>
concept TensorTree = requires(const T& tree, std::vector<Tensor>& all) {
  Tree<T>::list(tree, all);
};

template <class T>
std::vector<Tensor> list_of(const T& tree) {
  std::vector<Tensor> all;
  Tree<T>::list(tree, all);
  return all;
}
template <class T>
T tree_like(const T& tree, const std::vector<Tensor>& all) {
  const Tensor* next = all.data();
  return Tree<T>::like(tree, next);
}

/// What `F` returns for `X...`.
template <class F, class... X>
struct Returned {
  static_assert(
      never<F>,
      "a function that is transformed is called with what the transform is given: one "
      "Tensor, as (const Tensor& x), or a list, as (const std::vector<Tensor>& x), or, by "
      "vmap, a Tensor for each input; grad and vmap keep it, so that it must be callable "
      "when it is const (no mutable lambda)");
  using type = Tensor;
};
template <class F, class... X>
requires std::invocable<F&, const X&...>
struct Returned<F, X...> {
  using type = std::decay_t<std::invoke_result_t<F&, const X&...>>;
};

/// A function of trees `X...` as one of lists, while it lives.
template <class F, class... X>
class Listed {
 public:
  using Y = typename Returned<F, X...>::type;
  static_assert(TensorTree<Y>,
                "a function that is transformed returns a Tensor, or a std::vector, std::pair or "
                "std::tuple of Tensors");

  explicit Listed(F& f, const X&... like) : f_(f), like_(like...) {}
  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;

  operator ListFunction() {
    return [this](const std::vector<Tensor>& x) {
      const Tensor* next = x.data();
      // In braces, which are evaluated in order.
      std::tuple<X...> inputs = std::apply(
          [&](const X&... each) { return std::tuple<X...>{Tree<X>::like(each, next)...}; }, like_);
      returned_.emplace(std::apply(f_, std::as_const(inputs)));
      return list_of(*returned_);
    };
  }
  /// `all` as what the function has returned.
  Y result(const std::vector<Tensor>& all) const { return tree_like(*returned_, all); }

 private:
  F& f_;
  std::tuple<const X&...> like_;
  std::optional<Y> returned_;
};

}  // namespace tapegrad::detail
