#pragma once

/// @file
/// Where warnings go: what is probably not meant, but no error, such as a parameter that no step
/// ever changes. They are printed on stderr unless somebody takes them.
///
///     std::vector<std::string> seen;
///     const auto before =
///         tg::set_warning_handler([&](const std::string& text) { seen.push_back(text); });
///     tg::warn("the learning rate is 0");
///     tg::set_warning_handler(before);

#include <functional>
#include <string>

#include "autograd/base/cxx20.h"

namespace tapegrad {

/// @addtogroup system
/// @{

/// What is done with a warning: something that is probably not meant, but no error.
using WarningHandler = std::function<void(const std::string& text)>;

/// Takes every warning of the process from now on; returns what did so before. The empty one, as at
/// the start, prints a line on stderr. It may be called by several threads at once; what it throws
/// reaches whoever called the function that warns, which has then done its work.
WarningHandler set_warning_handler(WarningHandler handler);

/// Hands `text` to the handler. For the library's own layers, and for code that extends them.
void warn(const std::string& text);

/// @}

}  // namespace tapegrad
