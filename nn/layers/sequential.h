#pragma once

/// @file
/// Layers one after the other, which is itself a layer.
///
///     nn::Sequential net{nn::Linear{4, 8}, tg::relu};
///     net.push_back(nn::Linear{8, 2});
///     tg::Tensor y = net(tg::randn({5, 4}));
///     fmt::print("{}\n", net[0].get<nn::Linear>()->out_features());

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "nn/module/layer.h"

namespace tapegrad::nn {

/// @addtogroup modules
/// @{

/// Layers one after the other. Children are named by index: "0.weight".
///
///     nn::Sequential net{nn::Linear{784, 128}, tg::relu, nn::Linear{128, 10}};
///
/// A lambda with captures, or a function object with members, is marked `stateless`, or has a
/// `visit`. It can also be built at run time with `push_back`. Copies share their tensors, as all
/// models do.
class Sequential {
 public:
  /// No layers: the input comes out again.
  Sequential() = default;
  /// These layers, each copied or moved in.
  template <class... Layers>
  requires(
      sizeof...(Layers) > 0 &&
      !(sizeof...(Layers) == 1 && (std::same_as<std::remove_cvref_t<Layers>, Sequential> && ...)) &&
      (std::constructible_from<Layer, Layers> && ...)) explicit Sequential(Layers&&... layers) {
    layers_.reserve(sizeof...(Layers));
    (layers_.emplace_back(std::forward<Layers>(layers)), ...);
  }

  /// What the last layer gives; `x` itself when there is none.
  Tensor operator()(Tensor x) const;

  /// Appends a layer.
  void push_back(Layer layer) { layers_.push_back(std::move(layer)); }
  /// Number of layers.
  std::size_t size() const { return layers_.size(); }
  /// True without any layer.
  bool empty() const { return layers_.empty(); }
  /// The layer at `index`; negative ones count from the end. Errors: `IndexError`.
  /// @{
  Layer& operator[](std::int64_t index) { return layers_[position(index)]; }
  const Layer& operator[](std::int64_t index) const { return layers_[position(index)]; }
  /// @}
  /// The layers as a range.
  /// @{
  auto begin() { return layers_.begin(); }
  auto end() { return layers_.end(); }
  auto begin() const { return layers_.begin(); }
  auto end() const { return layers_.end(); }
  /// @}

  void visit(Visitor& f);                                ///< names the layers by index
  std::string describe() const { return "Sequential"; }  ///< for the summary

 private:
  std::size_t position(std::int64_t index) const;

  std::vector<Layer> layers_;
  detail::HookPlace hooks_;
};

/// @}

}  // namespace tapegrad::nn
