#include "tests/fuzz/load.h"

// load_file, on arrays of NumPy's. An input with a line of two dashes is a header and the elements
// behind it; what stands before a header is made for it, with the length, in version 1 or 2.

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kBetween = "\n--\n";
  std::string content(reinterpret_cast<const char*>(data), size);
  if (const std::size_t at = content.find(kBetween); at != content.npos) {
    content.erase(at, kBetween.size());
    const bool first = at % 2 == 0;
    std::string start = std::string("\x93NUMPY") + (first ? '\1' : '\2') + '\0';
    for (std::size_t byte = 0; byte < (first ? 2 : 4); ++byte)
      start += static_cast<char>(at >> (8 * byte));
    content.insert(0, start);
  }
  fuzz::loaded(content);
  return 0;
}
