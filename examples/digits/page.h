#pragma once

#include <string>
#include <vector>

#include "images.h"
#include "options.h"
#include "training.h"

namespace digits {

/// False where this program was built without tapegrad::report.
bool can_write_page();

/// Writes what `results` show as a page with pictures, and what they answer. Errors: `FileError`.
void write_page(const std::string& file, const Options& options, const Images& images,
                const std::vector<Result>& results);

}  // namespace digits
