#pragma once

#include <functional>
#include <string>
#include <typeinfo>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/base/fail.h"
#include "tests/catch.h"

// Tables of mistakes: what the user did, and the error that says so. Each is checked for its type,
// its text to the letter, and that nothing has changed.

namespace messages {

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
  std::string what;
  std::function<void(World&)> run;
  const std::type_info* type;
  std::string text;
};

template <class E>
Mistake mistake(std::string what, std::string text, std::function<void(World&)> run) {
  return {std::move(what), std::move(run), &typeid(E), std::move(text)};
}

/// What is to be seen of a world, and of the thread.
inline std::string seen(const World& world) {
  std::string text = fmt::format("recording {}, scope {}\n", tapegrad::grad_enabled(),
                                 tapegrad::current_scope() ? tapegrad::current_scope() : "none");
  for (const tapegrad::Tensor* tensor : world.tensors()) {
    text += fmt::format("{} version {}, requires_grad {}, gradient {}\n",
                        tapegrad::to_string(*tensor), tensor->version(), tensor->requires_grad(),
                        tensor->grad().defined() ? tapegrad::to_string(tensor->grad()) : "none");
  }
  return text;
}

inline void check(const Mistake& mistake) {
  INFO(mistake.what);
  World world;
  const std::string before = seen(world);
  const std::int64_t tensors = tapegrad::live_tensors(), records = tapegrad::live_records();
  try {
    mistake.run(world);
    FAIL_CHECK("nothing was thrown");
  } catch (const tapegrad::Error& error) {
    CHECK(error.what() == mistake.text);
    INFO(typeid(error).name());
    CHECK(typeid(error) == *mistake.type);
  }
  CHECK(seen(world) == before);
  CHECK(tapegrad::live_tensors() == tensors);
  CHECK(tapegrad::live_records() == records);
}

inline void check(const std::vector<Mistake>& table) {
  for (const Mistake& mistake : table) check(mistake);
}

}  // namespace messages
