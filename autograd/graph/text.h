#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "autograd/graph/graph.h"

// Internal: words and tables of listings and pictures.

namespace tapegrad::detail {

/// "400 B", "3.1 MB".
std::string readable_bytes(std::int64_t bytes);
/// "3 NaN, 1 inf"; nothing where all is finite.
std::string trouble_text(const NotFinite& count);
/// "12,345".
std::string with_commas(std::int64_t number);
/// "1 operator", "1,200 operators".
std::string counted(std::size_t number, const char* what);
/// "gradient 0.31": how large it is.
std::string gradient_text(double norm);
/// Columns as wide as their widest cell; the first and the last stand to the right, if `right`.
std::string format_table(const std::vector<std::vector<std::string>>& rows, bool right = true);

}  // namespace tapegrad::detail
