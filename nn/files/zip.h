#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "nn/files/source.h"

// Internal: the archives that .npz and .pt are.

namespace tapegrad::nn::detail {

/// True if a file that begins so is a zip archive.
bool begins_zip(std::string_view start) noexcept;

/// An archive that is read.
class ZipReader {
 public:
  /// A file in the archive.
  struct Member {
    std::string name;
    std::uint64_t size = 0;                         // of what it holds
    std::uint64_t directory_place = 0, number = 0;  // where the archive lists it
  };

  /// Errors: `FileError`, beginning with `reader` and the path, for an archive that is damaged, has
  /// a name twice, members that share bytes, or that are packed by anything but deflate, or
  /// encrypted.
  ZipReader(std::string_view reader, const std::string& path);
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;
  ~ZipReader();

  const std::vector<Member>& members() const noexcept { return members_; }
  /// The one of that name, or nullptr.
  const Member* find(std::string_view name) const noexcept;
  /// The content of a member; the archive must live longer. Opening another one ends it. Errors
  /// while it is read: also a wrong checksum, at its end.
  std::unique_ptr<Source> open(const Member& member);

 private:
  class Content;
  struct Handle;

  std::string where_;
  std::unique_ptr<Handle> handle_;
  std::vector<Member> members_;
};

/// What goes into an archive.
struct ZipPart {
  std::string name;
  std::vector<std::string_view> bytes;
};

/// Writes an archive whose members are not packed. Errors: as `write_file`.
void write_zip(std::string_view writer, const std::string& path, const std::vector<ZipPart>& parts);

}  // namespace tapegrad::nn::detail
