#pragma once

#include <cstddef>
#include <functional>
#include <map>
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
    std::uint64_t size = 0, packed = 0;             // of what it holds, and in the archive
    std::uint64_t directory_place = 0, number = 0;  // where the archive lists it
  };

  /// The archive that `file` is, which must live longer. Errors: `FileError`, beginning with
  /// `where`, for one that is damaged, has a name twice, members that share bytes, or that are
  /// packed by anything but deflate, or encrypted.
  ZipReader(InputFile& file, std::string where);
  ZipReader(const ZipReader&) = delete;
  ZipReader& operator=(const ZipReader&) = delete;
  ~ZipReader();

  const std::vector<Member>& members() const noexcept { return members_; }
  /// The one of that name, or nullptr.
  const Member* find(std::string_view name) const noexcept;
  /// The content of a member; the archive must live longer. Opening another one ends it. Errors
  /// while it is read: also a wrong checksum, at its end.
  std::unique_ptr<Source> open(const Member& member);
  MemoryBudget& budget() noexcept { return file_.budget(); }

 private:
  class Content;
  struct Handle;

  void read_list();
  void check_places();

  InputFile& file_;
  std::string where_;
  std::unique_ptr<Handle> handle_;
  std::vector<Member> members_;
  std::map<std::string, std::size_t, std::less<>> places_;  // in `members_`
};

/// What goes into an archive.
struct ZipPart {
  std::string name;
  std::vector<std::string_view> bytes;
};

/// Writes an archive whose members are not packed. Errors: as `write_file`.
void write_zip(std::string_view writer, const std::string& path, const std::vector<ZipPart>& parts);

}  // namespace tapegrad::nn::detail
