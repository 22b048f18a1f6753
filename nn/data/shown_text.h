#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// Internal: how messages show what stands in a file.

namespace tapegrad::nn::detail {

/// `text` for a message: on one line, without control characters, and cut off if it is longer than
/// `most` bytes.
std::string shown_text(std::string_view text, std::size_t most = 40);

/// A name in a file, which may be longer.
inline std::string shown_name(std::string_view name) { return shown_text(name, 200); }

}  // namespace tapegrad::nn::detail
