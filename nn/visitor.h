#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>

#include "autograd/tensor/tensor.h"

namespace tapegrad::nn {

class Visitor;

/// A type that names its members: `void visit(auto& f) { f("fc1", fc1); f("fc2", fc2); }`.
/// The parameter may also be spelled `nn::Visitor& f`.
template <class T>
concept Module = requires(T& module, Visitor& visitor) {
  module.visit(visitor);
};

/// Anything that maps a tensor to a tensor: a layer. Operators such as `tapegrad::relu` are layers.
template <class T>
concept Callable = requires(const T& layer, const Tensor& x) {
  { layer(x) } -> std::convertible_to<Tensor>;
};

namespace detail {
/// The readable name of a class without its namespaces; "lambda" for a lambda.
std::string type_name(const std::type_info& type);
/// "relu" for `tapegrad::relu` and so on; "function" for one that is not of the library.
std::string function_name(Tensor (*function)(Tensor));

/// What the summary prints for a layer: its own `describe()`, or the name of its type.
template <class T>
std::string describe(const T& layer) {
  if constexpr (requires { layer.describe(); }) {
    return layer.describe();
  } else if constexpr (std::is_same_v<T, Tensor (*)(Tensor)>) {
    return function_name(layer);
  } else if constexpr (std::is_function_v<std::remove_pointer_t<T>>) {
    return "function";
  } else {
    return type_name(typeid(T));
  }
}
}  // namespace detail

/// A reference to any module, whatever its type: every function that takes one takes each model.
/// Made implicitly. A const model may be passed where nothing is changed through it but its
/// tensors, which are shared by all copies anyway. Must not outlive the model.
class ModuleRef {
 public:
  template <Module M>
  ModuleRef(const M& model)
      : object_(const_cast<M*>(&model)),
        visit_([](void* object, Visitor& visitor) { static_cast<M*>(object)->visit(visitor); }),
        describe_(
            [](const void* object) { return detail::describe(*static_cast<const M*>(object)); }) {}

  /// Shows the module's members to `visitor`.
  void visit(Visitor& visitor) const { visit_(object_, visitor); }
  /// "Linear(784, 128)", or the name of the type.
  std::string describe() const { return describe_(object_); }

 private:
  void* object_;
  void (*visit_)(void*, Visitor&);
  std::string (*describe_)(const void*);
};

/// Walks over the members of a module and keeps track of their dotted names. Derive from it to do
/// something with each parameter, buffer or flag of any model; what is not overridden is passed by.
class Visitor {
 public:
  virtual ~Visitor() = default;

  /// Visits the root of a model.
  void walk(ModuleRef module);

  // ---- What a module's `visit` calls

  /// A member: a parameter (a floating-point `Tensor`; the undefined one is absent), a module, a
  /// `std::optional` of these or a vector or array of them (named by index), or a plain function,
  /// which has nothing to visit. Errors: `DTypeError` for an int64 or bool parameter.
  template <class Member>
  void operator()(std::string_view name, Member& member) {
    if constexpr (std::is_same_v<Member, Tensor>) {
      parameter(name, member);
    } else if constexpr (Module<Member>) {
      const Step step(path_, name);
      walk(member);
    } else if constexpr (Callable<Member>) {
      // A function has no members.
    } else if constexpr (requires { member.has_value(); }) {
      if (member.has_value()) (*this)(name, *member);
    } else {
      static_assert(
          requires { member.begin(), member.end(); },
          "f(name, member): a member is a Tensor, a type with visit(auto& f), a function of a "
          "Tensor, or a std::optional, std::vector or std::array of these");
      const Step step(path_, name);
      int index = 0;
      for (auto& element : member) (*this)(std::to_string(index++), element);
    }
  }
  /// A tensor that belongs to the model's state but is not trained. The undefined one is absent.
  void buffer(std::string_view name, Tensor& value);
  /// The flag that tells training from evaluation.
  void training(bool& flag) { on_training(flag); }
  /// Where a layer keeps its own path, for errors and records; empty until `name_modules`.
  void scope(std::string& path) { on_scope(path); }

 protected:
  /// Called with the full dotted name; `value` is defined and may be replaced.
  virtual void on_parameter(const std::string& /*name*/, Tensor& /*value*/) {}
  virtual void on_buffer(const std::string& /*name*/, Tensor& /*value*/) {}
  virtual void on_training(bool& /*flag*/) {}
  virtual void on_scope(std::string& /*path*/) {}
  /// Before and after the members of a module.
  virtual void on_enter(const ModuleRef& /*module*/) {}
  virtual void on_leave() {}

  /// The dotted name of where the walk is.
  const std::string& path() const { return path_; }
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

}  // namespace tapegrad::nn
