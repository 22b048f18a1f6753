#pragma once

#include <string>

#include "tests/docs/page.h"

namespace docs {

/// Runs `program`, which was made of the page, in a folder of its own, and compares what it prints
/// with what the page says; the values of pairs with those in the file `values`, which come from
/// PyTorch. Compares quotes with the files in `source`. Returns one line for each difference.
std::vector<std::string> differences(const Page& page, const std::string& program,
                                     const std::string& source, const std::string& values);

}  // namespace docs
