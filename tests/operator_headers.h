#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

/// The text of all headers of operators, or of one room of them, that are in the reference, for
/// tests that nothing declared there is forgotten.
inline std::string text_of_operator_headers(const std::string& room = "") {
  std::string all;
  const auto root = std::filesystem::path(TAPEGRAD_SOURCE_DIR) / "autograd/ops" / room;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".h") continue;
    std::ifstream file(entry.path());
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.find("/// @addtogroup") != text.npos) all += text;
  }
  return all;
}
