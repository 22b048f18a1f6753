#pragma once

/// @file
/// The version, of the headers when compiling and of the library when running. This is the one
/// place that says it; CMake reads it from here.
///
///     static_assert(TAPEGRAD_VERSION >= 100);  // 0.1.0
///     if (tg::version() != TAPEGRAD_VERSION) fmt::print("headers and library do not match\n");

#include "autograd/base/cxx20.h"

/// @addtogroup system
/// @{

/// The parts of `TAPEGRAD_VERSION`: before 1.0 a new minor version may rename or change anything, a
/// patch mends only.
/// @{
#define TAPEGRAD_VERSION_MAJOR 0
#define TAPEGRAD_VERSION_MINOR 1
#define TAPEGRAD_VERSION_PATCH 0
/// @}

/// The version of the headers that a program was compiled with, as a number that grows:
/// 10000 * major + 100 * minor + patch.
#define TAPEGRAD_VERSION \
  (TAPEGRAD_VERSION_MAJOR * 10000 + TAPEGRAD_VERSION_MINOR * 100 + TAPEGRAD_VERSION_PATCH)

namespace tapegrad {

/// The version of the library that a program was linked with. Another one than `TAPEGRAD_VERSION`
/// says that headers and library do not belong together.
int version() noexcept;

}  // namespace tapegrad

/// @}
