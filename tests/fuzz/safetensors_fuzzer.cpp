#include <cstring>

#include "nn/files/files.h"
#include "tests/fuzz/fuzz.h"

// load_file. An input with a line of two dashes is a header and the bytes behind it, whose length
// is put before them: the eight bytes of a length are hard to guess.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

std::string load(const std::string& path) {
  std::uint64_t bytes = 0;
  for (const auto& [name, value] : nn::load_file(path, {.max_bytes = 1 << 20}))
    bytes += static_cast<std::uint64_t>(value.numel());
  nn::load_metadata(path);
  return std::to_string(bytes);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::MemoryFile file;
  constexpr std::string_view kBetween = "\n--\n";
  std::string content(reinterpret_cast<const char*>(data), size);
  if (const std::size_t at = content.find(kBetween); at != content.npos) {
    const std::uint64_t length = at;
    content.erase(at, kBetween.size());
    content.insert(0, reinterpret_cast<const char*>(&length), sizeof length);
  }
  file.write(content);
  fuzz::answer_of<tg::FileError>("load_file: '", [] { return load(file.path()); });
  return 0;
}
