#pragma once

#include <string>

#include "tests/docs/page.h"

namespace docs {

/// The blocks of C++ of a page as one program, each section a function. It prints a line with
/// `kMark` and the number of a line in the page before what the block, or the statement of a pair,
/// there prints; of a statement in a pair that is its value.
std::string program_of(const Page& page);

inline constexpr char kMark = '\x1e';

}  // namespace docs
