#pragma once

/// @file
/// How a model names its members, once, and what walks over them.
///
///     struct Net {
///       nn::Linear fc1{4, 8}, fc2{8, 2};
///       tg::Tensor operator()(const tg::Tensor& x) const { return fc2(tg::relu(fc1(x))); }
///       void visit(nn::Visitor& f) {
///         f("fc1", fc1);
///         f("fc2", fc2);
///       }
///     };

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "autograd/base/refused.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad::nn {

/// @addtogroup modules
/// @{

class Visitor;
struct Parameter;
namespace detail {
class HookPlace;
}

/// A type that names its members:
/// `void visit(nn::Visitor& f) { f("fc1", fc1); f("fc2", fc2); }`, public and not const.
template <class T>
concept Module = requires(T& module, Visitor& visitor) {
  module.visit(visitor);
};

/// Anything that maps a tensor to a tensor: a layer. Operators such as `tapegrad::relu` are layers.
template <class T>
concept Callable = requires(const T& layer, const Tensor& x) {
  requires std::same_as<std::remove_cvref_t<decltype(layer(x))>, Tensor>;
};

/// What `stateless` makes of a function.
template <class F>
struct Stateless {
  F function;  ///< what `stateless` was given
  /// Calls it.
  Tensor operator()(Tensor x) const { return function(std::move(x)); }
};

/// Marks a function object that keeps something, such as a lambda with a capture or a
/// `std::function`, as one that has no tensors to train, to save or to convert, and no mode: then
/// it may be a layer or a member without a `visit`.
///
///     nn::Sequential net{nn::Linear{2, 8}, nn::stateless([slope](const Tensor& x) {
///                          return tg::leaky_relu(x, slope);
///                        })};
template <class F>
Stateless<F> stateless(F function) {
  return {std::move(function)};
}

namespace detail {
template <class T>
inline constexpr bool is_stateless =
    std::is_empty_v<T> || std::is_function_v<std::remove_pointer_t<T>>;
template <class F>
inline constexpr bool is_stateless<Stateless<F>> = true;

/// A visitor that, unlike the real one, can be copied.
struct CopiedVisitor {
  void operator()(std::string_view, auto&) {}
  void buffer(std::string_view, Tensor&) {}
  void training(bool&) {}
  void scope(std::string&) {}
  void hooks(HookPlace&) {}
};
/// Has a `visit`, if not one that can be used.
template <class T>
concept NamesVisit = requires(T& module, CopiedVisitor& visitor) {
  module.visit(visitor);
}
|| requires { &T::visit; };

template <class Owner>
std::type_identity<Owner> owner_of(void (Owner::*)(Visitor&));
/// The `visit` is that of a smaller base class: it does not name the members that `T` adds.
template <class T>
consteval bool inherits_visit() {
  if constexpr (requires { owner_of(&T::visit); }) {
    using Owner = typename decltype(owner_of(&T::visit))::type;
    return !std::is_same_v<Owner, T> && sizeof(T) > sizeof(Owner);
  } else {
    return false;
  }
}

/// True, or does not compile: `T` may be part of a model without being asked for its members.
template <class T>
consteval bool owns_nothing() {
  static_assert(
      Module<T> || !NamesVisit<T>,
      "visit takes the visitor by reference and is not const: void visit(nn::Visitor& f)");
  static_assert(Module<T> || NamesVisit<T> || is_stateless<T>,
                "what holds tensors or other values needs void visit(nn::Visitor& f), which names "
                "them; if nothing in it is trained or saved, mark it: nn::stateless(f)");
  static_assert(!inherits_visit<T>(),
                "the visit of a base class does not name what is added to it: give the class a "
                "void visit(nn::Visitor& f) of its own, which calls that of the base");
  return true;
}

/// Says what is no member of a model.
template <class T>
constexpr void refuse_parameter() {
  static_assert(
      tapegrad::detail::never<T>,
      "a parameter is a member of type Tensor, which visit names: Tensor w = "
      "tg::randn({3}); void visit(nn::Visitor& f) { f(\"w\", w); }; nn::Parameter is what "
      "nn::parameters(model) lists");
}

/// Keeps a state that is not that of a model: an optimizer, a schedule, a loader.
template <class T>
concept KeepsState = requires(T& kept) {
  kept.load_state(kept.state());
};

/// The readable name of a class without its namespaces; "lambda" for a lambda.
std::string type_name(const std::type_info& type);

/// What is said of a layer: a text, or that of the function that it is. The name of one is looked up
/// where it is printed, so that a program that prints none links no list of all functions.
struct Description {
  std::string text;
  Tensor (*by_value)(Tensor) = nullptr;
  Tensor (*by_reference)(const Tensor&) = nullptr;

  /// The text; "relu" for `tapegrad::relu` and so on; "function" for one not of the library.
  std::string str() const;
};

/// The functions of one tensor in the library: the text is the name, one of the pointers is null.
std::vector<Description> named_functions();

/// What the summary prints for a layer: its own `describe()`, or the name of its type.
template <class T>
Description describe(const T& layer) {
  if constexpr (requires {
                  { layer.description() } -> std::same_as<Description>;
                }) {
    return layer.description();
  } else if constexpr (requires { layer.describe(); }) {
    return {.text = layer.describe()};
  } else if constexpr (std::is_same_v<T, Tensor (*)(Tensor)>) {
    return {.text = "function", .by_value = layer};
  } else if constexpr (std::is_same_v<T, Tensor (*)(const Tensor&)>) {
    return {.text = "function", .by_reference = layer};
  } else if constexpr (std::is_function_v<std::remove_pointer_t<T>>) {
    return {.text = "function"};
  } else {
    return {.text = type_name(typeid(T))};
  }
}
template <class F>
Description describe(const Stateless<F>& layer) {
  return describe(layer.function);
}
}  // namespace detail

/// A reference to any module, whatever its type: every function that takes one takes each model.
/// Made implicitly. A const model may be passed where nothing is changed through it but its
/// tensors, which are shared by all copies anyway. Must not outlive the model.
class ModuleRef {
 public:
  /// Refers to `model`.
  template <Module M>
  ModuleRef(const M& model)
      : object_(const_cast<M*>(&model)),
        visit_([](void* object, Visitor& visitor) { static_cast<M*>(object)->visit(visitor); }),
        describe_(
            [](const void* object) { return detail::describe(*static_cast<const M*>(object)); }) {}

  /// Everything else is refused with a sentence.
  template <class M>
  requires(std::is_class_v<M> && !Module<M> && !std::same_as<M, ModuleRef>) ModuleRef(const M&) {
    static_assert(!detail::KeepsState<M>,
                  "this is no model: an optimizer, a schedule or a loader is kept in a file by "
                  "nn::Checkpoint, with its model, or as a StateDict by its state() and "
                  "load_state()");
    static_assert(
        detail::KeepsState<M>,
        "a model names its members in a public visit that takes the visitor by "
        "reference and is not const: void visit(nn::Visitor& f) { f(<name>, <member>); }");
  }

  /// Shows the module's members to `visitor`.
  void visit(Visitor& visitor) const { visit_(object_, visitor); }
  /// "Linear(784, 128)", or the name of the type.
  std::string describe() const { return describe_(object_).str(); }

 private:
  void* object_;
  void (*visit_)(void*, Visitor&);
  detail::Description (*describe_)(const void*);
};

namespace detail {
/// Stands for a model that cannot be trained, and says why.
template <class Model>
ModuleRef refused_model(Model& model) {
  static_assert(!std::is_const_v<Model>, "a model that is trained is not const");
  if constexpr (Module<Model>) {
    constexpr bool called = std::is_invocable_v<const Model&, const Tensor&>;
    static_assert(called,
                  "a model is called with a Tensor: Tensor operator()(const Tensor& x) const");
    static_assert(!called || Callable<Model>, "a model returns a Tensor");
  }
  return ModuleRef(model);
}
}  // namespace detail

/// Walks over the members of a module and keeps track of their dotted names. Derive from it to do
/// something with each parameter, buffer or flag of any model; what is not overridden is passed by.
class Visitor {
 public:
  /// Visitors are used on the stack, and destroyed there.
  virtual ~Visitor() = default;
  // A visit that takes a copy would show its members to nobody: void visit(nn::Visitor& f)
  Visitor(const Visitor&) = delete;
  Visitor& operator=(const Visitor&) = delete;

  /// Visits the root of a model.
  void walk(ModuleRef module);

  // ---- What a module's `visit` calls

  /// A member: a parameter (a floating-point `Tensor`; the undefined one is absent), a module, a
  /// `std::optional` of these or a vector or array of them (named by index), or a function without
  /// state (see `stateless`), which has nothing to visit. What keeps something but has no `visit`
  /// does not compile. Errors: `DTypeError` for an int64 or bool parameter.
  template <class Member>
  void operator()(std::string_view name, Member& member) {
    if constexpr (std::is_same_v<Member, Tensor>) {
      parameter(name, member);
    } else if constexpr (Module<Member>) {
      static_assert(detail::owns_nothing<Member>());
      const Step step(path_, name);
      walk(member);
    } else if constexpr (Callable<Member>) {
      static_assert(detail::owns_nothing<Member>());  // a function has no members
    } else if constexpr (requires { member.has_value(); }) {
      if (member.has_value()) (*this)(name, *member);
    } else if constexpr (requires { member.begin(), member.end(); }) {
      const Step step(path_, name);
      int index = 0;
      for (auto& element : member) (*this)(std::to_string(index++), element);
    } else if constexpr (std::is_same_v<Member, Parameter>) {
      detail::refuse_parameter<Member>();
    } else {
      static_assert(tapegrad::detail::never<Member>,
                    "f(name, member): a member is a Tensor, a type with void visit(nn::Visitor& "
                    "f), a function of a Tensor, or a std::optional, std::vector or std::array of "
                    "these; visit itself is not const");
    }
  }
  /// Refused with a sentence: a member without a name, or before it.
  template <class Member, class... Rest>
  requires(!std::convertible_to<Member&, std::string_view>) void operator()(Member&,
                                                                            const Rest&...) {
    static_assert(tapegrad::detail::never<Member>, "f(name, member): the name comes first");
  }
  /// A tensor that belongs to the model's state but is not trained. The undefined one is absent.
  void buffer(std::string_view name, Tensor& value);
  /// The flag that tells training from evaluation.
  void training(bool& flag) { on_training(flag); }
  /// Where a layer keeps its own path, for errors and records; empty until `name_modules`.
  void scope(std::string& path) { on_scope(path); }
  /// @cond
  void hooks(detail::HookPlace& place) { on_hooks(place); }
  /// @endcond

 protected:
  /// Called with the full dotted name; `value` is defined and may be replaced.
  virtual void on_parameter(const std::string& /*name*/, Tensor& /*value*/) {}
  /// The same of a buffer.
  virtual void on_buffer(const std::string& /*name*/, Tensor& /*value*/) {}
  /// Called with a layer's flag, which may be changed.
  virtual void on_training(bool& /*flag*/) {}
  /// Called with what a layer knows its path by, which may be changed.
  virtual void on_scope(std::string& /*path*/) {}
  /// @cond
  virtual void on_hooks(detail::HookPlace& /*place*/) {}
  /// @endcond
  /// Before and after the members of a module.
  /// @{
  virtual void on_enter(const ModuleRef& /*module*/) {}
  virtual void on_leave() {}
  /// @}

  /// The dotted name of where the walk is.
  const std::string& path() const { return path_; }
  /// Names begin with `root` and a dot, unless it is empty.
  explicit Visitor(std::string root = "") : path_(std::move(root)) {}

 private:
  /// Appends a part to the path and takes it off again.
  class Step {
   public:
    Step(std::string& path, std::string_view name);
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    ~Step() { path_.resize(length_); }

   private:
    std::string& path_;
    std::size_t length_;
  };

  void parameter(std::string_view name, Tensor& value);

  std::string path_;
};

/// @}

}  // namespace tapegrad::nn
