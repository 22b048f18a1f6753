#pragma once

#include <string>
#include <string_view>

// Internal: texts of others on a page of HTML.

namespace tapegrad::report::detail {

/// `text` as UTF-8: each byte that is none, and each control character but line breaks and tabs,
/// becomes U+FFFD.
std::string utf8(std::string_view text);

/// `text` as HTML shows it, in an element or in an attribute.
std::string escaped(std::string_view text);

/// JSON as an element that scripts read.
std::string json_element(std::string json);

}  // namespace tapegrad::report::detail
