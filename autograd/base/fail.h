#pragma once

/// @file
/// How errors are thrown, by the library and by code that extends it: with a text in fmt's format,
/// which is checked when compiling, and the module path where there is one.
///
///     const int layers = 2;
///     if (layers < 1) tg::fail<tg::ValueError>("my_model: needs a layer, but has {}", layers);

#include <fmt/core.h>

#include <atomic>
#include <string>

#include "autograd/base/error.h"
#include "autograd/base/format.h"

namespace tapegrad {

/// @addtogroup custom
/// @{

/// The module path of the innermost open `Scope` of this thread, or nullptr.
const char* current_scope() noexcept;

namespace detail {
/// The part of `fail` that does not depend on the arguments' types. `E` is one of the classes in
/// error.h.
template <class E>
[[noreturn, gnu::cold]] void throw_formatted(fmt::string_view format, fmt::format_args arguments);
/// The same for a text that says the module path itself, or says none.
template <class E>
[[noreturn, gnu::cold]] void throw_text(std::string text);
/// What else a message of this thread says, while somebody wants more (tape/trace.h), else nullptr.
extern constinit std::atomic<std::string (*)()> further_text;
}  // namespace detail

/// Throws an `E` whose text is the formatted message, followed by the module path if there is one.
template <class E, class... Args>
[[noreturn, gnu::always_inline]] inline void fail(fmt::format_string<Args...> format,
                                                  Args&&... args) {
  detail::throw_formatted<E>(format, fmt::make_format_args(args...));
}

/// @}

}  // namespace tapegrad
