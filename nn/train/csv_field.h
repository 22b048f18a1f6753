#pragma once

#include <string>

// Internal: texts as fields of a table.

namespace tapegrad::nn::detail {

/// A field of CSV (RFC 4180): in quotes where it must be.
inline std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

}  // namespace tapegrad::nn::detail
