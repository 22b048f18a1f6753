#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nn/data/memory_budget.h"

// Internal: how data files are read and written.

namespace tapegrad::nn::detail {

/// Deflate codes at most 258 bytes in two bits.
inline constexpr std::uint64_t kBestRatio = 1032;

/// A file that is read from front to back, plain or gzip. Which of the two is told by its first
/// bytes, not by its name. Offsets and sizes are those of the uncompressed data.
///
/// Errors of all members: `FileError` with `reader`, file and offset: missing, a folder, damaged
/// gzip data, gzip in a build without zlib.
class InputFile {
 public:
  InputFile(std::string_view reader, const std::string& path, const ReadOptions& options = {});
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  /// The first `count` bytes of a plain file, or all where it is shorter; asked before any is read.
  std::string peek(std::size_t count);
  /// Goes `count` bytes on, of a plain file.
  void skip(std::uint64_t count);
  /// Reads up to `count` bytes; returns fewer only at the end of the file.
  std::size_t read(void* to, std::size_t count);
  /// The next `most` bytes, or all that are left. They are read in pieces: memory follows what the
  /// file holds, not what its header or its size says, and is taken from the budget. `Bytes` is a
  /// string or a vector of bytes. Errors: also `OutOfMemoryError`.
  template <class Bytes>
  Bytes read_all(std::uint64_t most = std::numeric_limits<std::uint64_t>::max());
  /// Bytes read so far.
  std::uint64_t offset() const noexcept { return offset_; }
  /// No more than this many bytes are left: exact for plain files, by deflate's best ratio for
  /// gzip.
  std::uint64_t most_left() const noexcept { return most_ - offset_; }
  bool compressed() const noexcept;
  const std::string& path() const noexcept { return path_; }
  /// The memory that what is read may take.
  MemoryBudget& budget() noexcept { return *budget_; }
  /// How errors begin: "read_idx: 'images', offset 16".
  std::string where() const { return where(offset_); }
  std::string where(std::uint64_t offset) const;

 private:
  struct Handle;

  std::string_view reader_;
  std::string path_;
  std::unique_ptr<Handle> handle_;
  std::optional<MemoryBudget> budget_;  // once the size is known
  std::uint64_t offset_ = 0;
  std::uint64_t most_ = 0;
};

/// Writes `parts` one after the other; as gzip when `path` ends in ".gz". A reader sees the old
/// file or the whole new one, also after the machine has failed: the bytes go to a file beside it,
/// ".NAME.tmp", which is flushed to the disk and renamed at the end. Errors: `FileError` with
/// `writer` and path; then the old file is as it was, and no other file is left.
void write_file(std::string_view writer, const std::string& path,
                const std::vector<std::string_view>& parts);
/// The same for bytes that `write` puts into the open file; it is false, and errno may say why,
/// where that failed.
void write_file(std::string_view writer, const std::string& path,
                const std::function<bool(std::FILE*)>& write);

}  // namespace tapegrad::nn::detail
