#pragma once

#include <string>

#include "tests/docs/page.h"

namespace docs {

/// Runs a program in a folder of its own, and returns what it prints. Errors: `std::runtime_error`
/// where it fails.
std::string run(const std::string& program);

/// Runs `program`, which was made of the page, and compares what it prints
/// with what the page says; the values of pairs with those in the file `values`, which come from
/// PyTorch. Compares quotes with the files in `source`. Returns one line for each difference.
std::vector<std::string> differences(const Page& page, const std::string& program,
                                     const std::string& source, const std::string& values);

}  // namespace docs
