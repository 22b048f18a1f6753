#pragma once

#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "autograd/base/fail.h"
#include "autograd/tensor/door/watcher.h"

// Internal: the members of an operator's struct as plain data, and back. `custom.h` explains the
// struct to users.

namespace tapegrad::detail {

/// Stands for a member of any type, to count members.
struct AnyMember {
  template <class T>
  operator T() const noexcept;
};

/// How many members the aggregate `Op` has; one that is a struct counts once.
template <class Op, class... Members>
constexpr int member_count() {
  if constexpr (requires { Op{Members{}..., AnyMember{}}; })
    return member_count<Op, Members..., AnyMember>();
  else
    return sizeof...(Members);
}

/// Room for a value of which nothing but the type is asked.
template <class Op>
union Unmade {
  constexpr Unmade() noexcept : none() {}
  constexpr ~Unmade() {}
  char none;
  Op op;
};

/// How many members `Op::visit` shows.
template <class Op>
consteval int visited_count() {
  int count = 0;
  const Unmade<Op> unmade;
  Op::visit(unmade.op, [&](const char*, const auto&) { ++count; });
  return count;
}

template <class Op>
concept Visited = requires(Op op) {
  Op::visit(op, [](const char*, auto&) {});
};

/// True for an operator that says that it cannot say its members.
template <class Op>
constexpr bool is_opaque() {
  if constexpr (requires { Op::opaque; })
    return Op::opaque;
  else
    return false;
}

/// Whether the members of `Op` are its attributes. Does not compile where one is left out.
template <class Op>
constexpr bool has_attributes() {
  if constexpr (std::is_empty_v<Op>) {
    return true;
  } else if constexpr (is_opaque<Op>()) {
    return false;
  } else {
    static_assert(Visited<Op>,
                  "an operator with members shows them as attributes: static constexpr void "
                  "visit(auto& op, auto f) { f(\"dim\", op.dim); }, or it says static constexpr "
                  "bool opaque = true");
    if constexpr (Visited<Op>)
      static_assert(visited_count<Op>() == member_count<Op>(),
                    "an operator's visit() shows every member once");
    return Visited<Op>;
  }
}

/// The type that an attribute of type `T` is held as; void for what is none.
template <class T>
constexpr auto held() {
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, DType> || std::is_same_v<T, Shape> ||
                std::is_same_v<T, std::vector<std::int64_t>>)
    return std::type_identity<T>();
  else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>)
    return std::type_identity<std::int64_t>();
  else if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>)
    return std::type_identity<double>();
  else
    return std::type_identity<void>();
}
template <class T>
using Held = typename decltype(held<T>())::type;

/// Appends what `value` is made of.
template <class T>
void add_attributes(std::vector<Attribute>& list, const char* name, const T& value) {
  if constexpr (Visited<T>)
    T::visit(value,
             [&](const char* part, const auto& member) { add_attributes(list, part, member); });
  else if constexpr (!std::is_void_v<Held<T>>)
    add_attribute(list, name, static_cast<Held<T>>(value));
  else
    static_assert(std::is_void_v<T>,
                  "attributes are numbers, truth values, enums, Shape, DType, vectors of int64, or "
                  "structs of these; an operator with others says static constexpr bool opaque = "
                  "true");
}

/// Takes what `value` is made of from `next` on.
template <class T>
void take_attributes(const Attribute*& next, T& value) {
  if constexpr (Visited<T>)
    T::visit(value, [&](const char*, auto& member) { take_attributes(next, member); });
  else if constexpr (!std::is_void_v<Held<T>>)
    value = static_cast<T>(std::get<Held<T>>((next++)->value));
}

/// The attributes of an `Op`.
template <class Op>
[[gnu::cold]] std::vector<Attribute> attributes_of(const void* op) {
  std::vector<Attribute> list;
  if constexpr (!std::is_empty_v<Op>) add_attributes(list, "", *static_cast<const Op*>(op));
  return list;
}

/// The `Op` that has these attributes.
template <class Op>
[[gnu::cold]] Op with_attributes(std::span<const Attribute> attributes) {
  Op op{};
  const Attribute* next = attributes.data();
  if constexpr (!std::is_empty_v<Op>) take_attributes(next, op);
  return op;
}

}  // namespace tapegrad::detail
