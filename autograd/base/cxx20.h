#pragma once

// Internal: every public header includes this one, directly or not, before it declares anything: an
// older standard gets one error that says what to do. Compilers go on after `#error`, into hundreds
// of others, but stop at a file that is not there.

#if defined(_MSVC_LANG) ? _MSVC_LANG < 202002L : __cplusplus < 202002L
#if defined(__GNUC__)
#include "Tapegrad needs C++20: compile with -std=c++20"
#else
#error "Tapegrad needs C++20: compile with -std=c++20 (/std:c++20 for MSVC)"
#endif
#endif
