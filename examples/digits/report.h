#pragma once

#include <string>
#include <vector>

#include "training.h"

namespace digits {

/// One row for each network.
std::string table(const std::vector<Result>& results);

/// Makes sure that results can be written to `folder`, and creates it. Errors: `FileError`.
void prepare_report(const std::string& folder);

/// Writes `folder`/results.json; a reader sees the old file or the new one, never half of it.
/// Errors: `FileError`.
void write_report(const std::string& folder, const Options& options, const Images& images,
                  const std::vector<Result>& results);

}  // namespace digits
