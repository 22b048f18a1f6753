#pragma once

/// @file
/// Any layer, held by value: what a list of layers is made of.
///
///     std::vector<nn::Layer> layers{nn::Linear{2, 4}, tg::tanh};
///     tg::Tensor x = tg::randn({3, 2});
///     for (const nn::Layer& layer : layers) x = layer(x);

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "nn/module/hook_place.h"
#include "nn/module/visitor.h"

namespace tapegrad::nn {

/// @addtogroup modules
/// @{

/// What layers of this library share: the path that `name_modules` gave them, and their hooks.
/// Programs do not need it.
class NamedLayer {
 public:
  /// "net.2.fc1", or empty.
  const std::string& path() const { return path_; }
  /// Shows where path and hooks are kept; the `visit` of a layer calls it first.
  void visit(Visitor& f) {
    f.scope(path_);
    f.hooks(hooks_);
  }

 protected:
  NamedLayer() = default;
  /// The hooks, to which a call of the layer goes first.
  const detail::HookPlace& hooks() const { return hooks_; }

 private:
  std::string path_;
  detail::HookPlace hooks_;
};

/// Any layer, held by value: an operator, a lambda without captures, a built-in layer, a whole
/// model. What keeps something has a `visit`, or is marked `stateless`; anything else would be
/// trained in part, and does not compile. Copying it copies what it holds, whose tensors stay
/// shared; see `clone` for a copy with its own tensors.
class Layer {
 public:
  /// Takes a layer over; made implicitly.
  template <class F>
  requires(!std::same_as<F, Layer> &&
           (std::is_class_v<F> || std::is_function_v<std::remove_pointer_t<F>>)) Layer(F layer)
      : held_(hold(std::move(layer))) {}

  /// Copies what it holds, or takes that over; what was moved from holds nothing.
  /// @{
  Layer(const Layer& other);
  Layer& operator=(const Layer& other);
  Layer(Layer&&) noexcept = default;
  Layer& operator=(Layer&&) noexcept = default;
  /// @}
  ~Layer() = default;

  /// Calls the layer. Errors: those of the layer; `ValueError` when it was moved from.
  Tensor operator()(Tensor x) const;

  /// The layer itself if it is a `T`, else nullptr: `net[0].get<nn::Linear>()->weight`.
  /// @{
  template <class T>
  T* get() {
    return held_ && held_->type() == typeid(T) ? static_cast<T*>(held_->object()) : nullptr;
  }
  template <class T>
  const T* get() const {
    return const_cast<Layer*>(this)->get<T>();
  }
  /// @}

  void visit(Visitor& f);        ///< shows what the layer shows
  std::string describe() const;  ///< what the layer is called in a summary
  /// @cond
  detail::Description description() const;
  /// @endcond

 private:
  struct Held {
    virtual ~Held() = default;
    virtual std::unique_ptr<Held> copy() const = 0;
    virtual Tensor call(Tensor x) const = 0;
    virtual void visit(Visitor& f, std::string& path) = 0;
    virtual detail::Description describe() const = 0;
    virtual const std::type_info& type() const = 0;
    virtual void* object() = 0;
  };

  template <class F>
  struct Holder final : Held {
    explicit Holder(F held) : layer(std::move(held)) {}
    std::unique_ptr<Held> copy() const override { return std::make_unique<Holder>(layer); }
    Tensor call(Tensor x) const override { return layer(std::move(x)); }
    void visit(Visitor& f, std::string& path) override {
      if constexpr (Module<F>) {
        layer.visit(f);  // its members know their own paths
      } else {
        f.scope(path);
      }
    }
    detail::Description describe() const override { return detail::describe(layer); }
    const std::type_info& type() const override { return typeid(F); }
    void* object() override { return &layer; }

    F layer;
  };

  template <class F>
  static std::unique_ptr<Held> hold(F layer) {
    constexpr bool called = std::invocable<const F&, const Tensor&>;
    static_assert(called,
                  "a layer is called with a Tensor: Tensor operator()(const Tensor& x) const");
    if constexpr (called) {
      static_assert(Callable<F>, "a layer returns a Tensor");
      if constexpr (Callable<F> && detail::owns_nothing<F>())
        return std::make_unique<Holder<F>>(std::move(layer));
    }
    return nullptr;
  }

  const Held& held() const;

  std::unique_ptr<Held> held_;
  std::string path_;  // of a plain function; stays empty for modules
  detail::HookPlace hooks_;
};

/// @}

}  // namespace tapegrad::nn
