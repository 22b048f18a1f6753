#pragma once

#include <cstdint>
#include <string>
#include <typeinfo>
#include <vector>

#include "autograd/base/fail.h"
#include "tests/catch.h"
#include "tests/messages/messages.h"

// How a row of a table of mistakes is checked.

namespace messages {

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

/// The text of an error without the place of `folder()`.
inline std::string text_of(const tapegrad::Error& error) {
  std::string text = error.what();
  const std::string place = folder().path() + "/";
  for (std::size_t at = 0; (at = text.find(place, at)) != text.npos;) text.erase(at, place.size());
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
    CHECK(text_of(error) == mistake.text);
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
