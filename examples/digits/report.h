#pragma once

#include <string>
#include <vector>

#include "training.h"

namespace digits {

/// "1,234,567".
std::string with_commas(std::int64_t number);

/// What a network is called: "2 layers, relu".
std::string title(const Result& result);

/// One row for each network.
std::string table(const std::vector<Result>& results);

/// Makes sure that results can be written to `folder`, and creates it. Errors: `FileError`.
void prepare_report(const std::string& folder);

/// Writes `folder`/results.json, and, where this program can, `folder`/report.html; a reader sees
/// the old files or the new ones, never half of one. Errors: `FileError`.
void write_report(const std::string& folder, const Options& options, const Images& images,
                  const std::vector<Result>& results);

}  // namespace digits
