#pragma once

#include <string>
#include <string_view>

#include "nn/files/files.h"
#include "tests/fuzz/fuzz.h"

namespace fuzz {

/// What `load_file` answers to a file of `content`: names, types and shapes, or its refusal. No
/// file may take more memory than it is allowed.
inline std::string loaded(std::string_view content) {
  static const MemoryFile file;
  file.write(content);
  return answer_of<tapegrad::FileError>("load_file: '", [] {
    constexpr std::int64_t most = 1 << 20;
    std::string answer;
    std::int64_t bytes = 0;
    for (const auto& [name, value] : tapegrad::nn::load_file(file.path(), {.max_bytes = most})) {
      bytes += value.numel() * static_cast<std::int64_t>(tapegrad::size_of(value.dtype()));
      answer += fmt::format("{} {} {}\n", name, value.dtype(), value.shape());
    }
    expect(bytes <= most, "no more memory than allowed");
    return answer;
  });
}

}  // namespace fuzz
