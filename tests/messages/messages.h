#pragma once

#include <functional>
#include <string>
#include <typeinfo>
#include <vector>

#include "autograd/autograd.h"
#include "tests/temp_folder.h"

// Tables of mistakes: what the user did, and the error that says so. Each is checked for its type,
// its text to the letter, and that nothing has changed.

namespace messages {

/// Where files are that mistakes need. Messages are compared without it: "table.csv" is in it.
inline const TempFolder& folder() {
  static const TempFolder folder;
  return folder;
}

/// What a mistake may use, and must leave as it is.
struct World {
  tapegrad::Tensor x = tapegrad::ones({2, 3}).requires_grad_();
  tapegrad::Tensor y = tapegrad::ones({2, 3});
  tapegrad::Tensor wide = tapegrad::ones({2, 3}, tapegrad::float64);
  tapegrad::Tensor ints = tapegrad::arange(3);
  tapegrad::Tensor bools = tapegrad::tensor({true, false});

  std::vector<const tapegrad::Tensor*> tensors() const { return {&x, &y, &wide, &ints, &bools}; }
};

/// One row of a table.
struct Mistake {
  std::string what;                 ///< what the user did: code, or a name for it
  std::function<void(World&)> run;  ///< does it
  const std::type_info* type;       ///< of the error
  std::string type_name;            ///< as programs write it; empty beside a name
  std::string text;                 ///< the message, to the letter
};

/// A row of a test that has no place on the page: `what` is a name for what was done.
template <class E>
Mistake mistake(std::string what, std::string text, std::function<void(World&)> run) {
  return {std::move(what), std::move(run), &typeid(E), "", std::move(text)};
}

/// What `TAPEGRAD_MISTAKE` makes of its arguments: a row whose `what` is code.
template <class E>
Mistake mistake_in(const char* code, const char* type_name, std::string text,
                   std::function<void(World&)> run) {
  return {code, std::move(run), &typeid(E), type_name, std::move(text)};
}

/// A row of the page: an error of the library (`ShapeError`), its text, and the code that makes it,
/// one or more statements, which stand on the page as they are written. They may use the tensors of
/// the world by their names.
#define TAPEGRAD_MISTAKE(E, text, ...)                                                         \
  ::messages::mistake_in<::tapegrad::E>(#__VA_ARGS__, #E, text, [](::messages::World& world) { \
    [[maybe_unused]] ::tapegrad::Tensor &x = world.x, &y = world.y, &wide = world.wide,        \
                                        &ints = world.ints, &bools = world.bools;              \
    __VA_ARGS__;                                                                               \
  })

/// A part of the tables: one kind of mistake, or one room.
struct Section {
  std::string title;
  std::string intro;  ///< what else rows use; may be empty
  std::vector<Mistake> rows;
};

/// What every function says of an undefined tensor, behind its own name and that of the argument.
inline const std::string kIsUndefined =
    " is an undefined tensor: one that was never assigned, that was moved from, or the grad() of a "
    "tensor that no backward() has reached, or of a result without retain_grad(); ask with "
    "defined()";

}  // namespace messages
