#include "nn/data/shown_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace tapegrad::nn::detail {

std::string shown_text(std::string_view text, std::size_t most) {
  std::size_t size = std::min(text.size(), most);
  if (size < text.size()) {  // not in the middle of a character of UTF-8
    while (size > most - 3 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  }
  std::string shown;
  for (const char c : text.substr(0, size)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      shown += "\\n";
    } else if (c == '\t') {
      shown += "\\t";
    } else if (byte < ' ' || byte == 127) {
      shown += fmt::format("\\x{:02x}", byte);
    } else {
      shown += c;
    }
  }
  return size < text.size() ? shown + "..." : shown;
}

}  // namespace tapegrad::nn::detail
