#pragma once

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "autograd/base/error.h"
#include "autograd/base/format.h"

/// What the fuzzers have in common. Each is the function below, which the library of clang calls
/// with one input after the other. Whatever ends the program is a finding.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

/// Ends the program unless `good`.
inline void expect(bool good, std::string_view what, std::string_view found = "") {
  if (good) return;
  fmt::print(stderr, "not as expected: {}: {}\n", what, found);
  std::abort();
}

/// A file that is never on a disk, and gone with the process, however that ends.
class MemoryFile {
 public:
  MemoryFile()
      : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)),
        path_(fmt::format("/proc/self/fd/{}", descriptor_)) {}
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(descriptor_); }

  const std::string& path() const { return path_; }
  void write(std::string_view content) const {
    const bool written =
        ftruncate(descriptor_, 0) == 0 &&
        pwrite(descriptor_, content.data(), content.size(), 0) == ssize_t(content.size());
    expect(written, "a file in memory is written");
  }

 private:
  int descriptor_;
  std::string path_;
};

/// `content` as a gzip file. A fuzzer would not come past the checksum of one by itself.
inline std::string packed(std::string_view content) {
  z_stream stream{};
  constexpr int kGzip = 15 + 16, kLeastMemory = 1;
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, kLeastMemory, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, uLong(content.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = uInt(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = uInt(out.size());
  const int result = deflate(&stream, Z_FINISH);
  deflateEnd(&stream);
  expect(result == Z_STREAM_END, "the input is packed");
  out.resize(stream.total_out);
  return out;
}

inline bool is_packed(std::string_view content) { return content.starts_with("\x1f\x8b"); }

/// What `read` answers: a text of its own, or that of an error of type `Refusal`, which begins with
/// `reader`. Memory that the system does not have is no answer to a small file, whatever it claims.
template <class... Refusal, class Read>
std::string answer_of(std::string_view reader, Read&& read) {
  try {
    return read();
  } catch (const tapegrad::Error& error) {
    const std::string_view text = error.what();
    expect((... || (dynamic_cast<const Refusal*>(&error) != nullptr)), "the type of", text);
    expect(text.starts_with(reader), "who refuses", text);
    return "refused: " + std::string(text);
  }
}

inline bool is_refusal(std::string_view answer) { return answer.starts_with("refused: "); }

}  // namespace fuzz
