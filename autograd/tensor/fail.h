#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "autograd/tensor/error.h"
#include "autograd/tensor/format.h"

// Internal: how errors are thrown. Public headers do not include this file, so that fmt's larger
// header stays out of user programs.

namespace tapegrad {

/// The module path of the innermost open `Scope` of this thread, or nullptr.
const char* current_scope() noexcept;

/// Throws an `E` whose text is the formatted message, followed by the module path if there is one.
template <class E, class... Args>
[[noreturn, gnu::cold, gnu::noinline]] void fail(fmt::format_string<Args...> format,
                                                 Args&&... args) {
  std::string text = fmt::format(format, std::forward<Args>(args)...);
  if (const char* scope = current_scope()) text += fmt::format(" [in {}]", scope);
  throw E(text);
}

}  // namespace tapegrad
