#pragma once

#include <string>
#include <utility>

/// The text of the `E` that `run` throws, for `CHECK_THAT(message_of<E>(...),
/// ContainsSubstring(...))`; says so if it throws nothing. Other exceptions pass.
template <class E, class F>
std::string message_of(F&& run) {
  try {
    std::forward<F>(run)();
  } catch (const E& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}
