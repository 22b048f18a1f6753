#include "nn/files/zip.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>

#include "autograd/base/fail.h"

#if defined(TAPEGRAD_HAVE_MINIZIP)
#include <minizip/unzip.h>
#include <minizip/zip.h>
#endif

namespace tapegrad::nn::detail {

bool begins_zip(std::string_view start) noexcept {
  return start.starts_with(std::string_view("PK\3\4", 4)) ||
         start.starts_with(std::string_view("PK\5\6", 4));  // an empty one
}

const ZipReader::Member* ZipReader::find(std::string_view name) const noexcept {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const Member& member) { return member.name == name; });
  return found == members_.end() ? nullptr : &*found;
}

#if defined(TAPEGRAD_HAVE_MINIZIP)

namespace {

// Deflate codes at most 258 bytes in two bits, and needs a few to begin with.
constexpr std::uint64_t kBestRatio = 1032;
constexpr unsigned kEncrypted = 1;
constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr int kStored = 0;

struct CloseUnzip {
  void operator()(void* file) const noexcept { unzClose(file); }
};

/// True if the file ends with the end of an archive's list: 22 bytes, and a comment as long as they
/// say. minizip takes less for one.
bool ends_complete(const std::string& path) {
  InputFile file("", path);
  constexpr std::uint64_t kEnd = 22, kMost = kEnd + 65535;
  file.skip(file.most_left() - std::min(file.most_left(), kMost));
  const std::string tail = file.read_all<std::string>();
  for (std::size_t at = tail.size(); at >= kEnd; --at) {
    const std::string_view end = std::string_view(tail).substr(at - kEnd);
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(end[i]); };
    if (end.starts_with(std::string_view("PK\5\6", 4)) &&
        byte(20) + 256u * byte(21) == end.size() - kEnd)
      return true;
  }
  return false;
}

}  // namespace

struct ZipReader::Handle {
  std::unique_ptr<void, CloseUnzip> file;
  const Content* opened = nullptr;
};

/// The content of a member.
class ZipReader::Content final : public Source {
 public:
  Content(Handle& handle, const Member& member, std::string where)
      : handle_(handle), where_(std::move(where)), left_(member.size), size_(member.size) {
    unz64_file_pos place{member.directory_place, member.number};
    if (unzGoToFilePos64(file(), &place) != UNZ_OK || unzOpenCurrentFile(file()) != UNZ_OK)
      fail<FileError>("{}: damaged: its beginning does not agree with the archive's list", where_);
    handle_.opened = this;
    if (left_ == 0) end();
  }
  ~Content() override {
    if (handle_.opened != this) return;
    unzCloseCurrentFile(file());
    handle_.opened = nullptr;
  }

  void read(std::span<std::byte> to) override {
    if (to.size() > left_)
      fail<FileError>("{}: cut off: expected {} bytes, found {}", where(), to.size(), left_);
    while (!to.empty()) {
      const auto wanted = static_cast<unsigned>(std::min(to.size(), kPiece));
      const int got =
          handle_.opened == this ? unzReadCurrentFile(file(), to.data(), wanted) : UNZ_ERRNO;
      if (got <= 0) fail<FileError>("{}: damaged: it cannot be unpacked", where());
      to = to.subspan(static_cast<std::size_t>(got));
      left_ -= static_cast<std::uint64_t>(got);
    }
    if (left_ == 0 && size_ > 0) end();
  }
  std::uint64_t left() const override { return left_; }
  std::string where() const override { return fmt::format("{}, offset {}", where_, size_ - left_); }

 private:
  unzFile file() const { return handle_.file.get(); }
  /// Looks at the checksum.
  void end() {
    if (handle_.opened != this) return;
    handle_.opened = nullptr;
    if (unzCloseCurrentFile(file()) != UNZ_OK)
      fail<FileError>("{}: damaged: its checksum is another one; fetch the file again", where_);
  }

  Handle& handle_;
  std::string where_;
  std::uint64_t left_, size_;
};

ZipReader::ZipReader(std::string_view reader, const std::string& path)
    : where_(fmt::format("{}: '{}'", reader, path)), handle_(std::make_unique<Handle>()) {
  const bool complete = ends_complete(path);
  if (complete) handle_->file.reset(unzOpen64(path.c_str()));
  const unzFile file = handle_->file.get();
  if (!file)
    fail<FileError>("{}: damaged: it begins as a zip archive, but its list is not at its end",
                    where_);
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(path, error);
  std::uint64_t packed = 0;
  std::set<std::string> names;
  unz_global_info64 global{};
  unzGetGlobalInfo64(file, &global);
  for (std::uint64_t i = 0; i < global.number_entry; ++i) {
    unz_file_info64 info{};
    std::string name(65535, '\0');
    unz64_file_pos place{};
    if ((i == 0 ? unzGoToFirstFile(file) : unzGoToNextFile(file)) != UNZ_OK ||
        unzGetCurrentFileInfo64(file, &info, name.data(), name.size(), nullptr, 0, nullptr, 0) !=
            UNZ_OK ||
        unzGetFilePos64(file, &place) != UNZ_OK || info.size_filename > name.size())
      fail<FileError>("{}: damaged: the list of the archive ends after {} of {} members", where_, i,
                      global.number_entry);
    name.resize(info.size_filename);
    const std::string where = fmt::format("{}, '{}'", where_, name);
    if (!names.insert(name).second) fail<FileError>("{}: the archive has it twice", where);
    if (info.flag & kEncrypted) fail<FileError>("{}: it is encrypted", where);
    if (info.compression_method != kStored && info.compression_method != Z_DEFLATED)
      fail<FileError>("{}: it is packed by method {}; deflate is read", where,
                      info.compression_method);
    packed += info.compressed_size;
    const bool stored = info.compression_method == kStored;
    if (info.compressed_size > bytes || packed > bytes ||
        (stored ? info.uncompressed_size != info.compressed_size
                : info.uncompressed_size / kBestRatio > info.compressed_size))
      fail<FileError>("{}: {} bytes packed in {}, of a file of {}, is not possible", where,
                      info.uncompressed_size, info.compressed_size, bytes);
    members_.push_back(
        {std::move(name), info.uncompressed_size, place.pos_in_zip_directory, place.num_of_file});
  }
}

ZipReader::~ZipReader() = default;

std::unique_ptr<Source> ZipReader::open(const Member& member) {
  if (handle_->opened) unzCloseCurrentFile(handle_->file.get());
  handle_->opened = nullptr;
  return std::make_unique<Content>(*handle_, member, fmt::format("{}, '{}'", where_, member.name));
}

namespace {

/// An archive goes into an open file.
zlib_filefunc64_def into(std::FILE* file) {
  zlib_filefunc64_def functions{};
  functions.opaque = file;
  functions.zopen64_file = [](void* opaque, const void*, int) { return opaque; };
  functions.zread_file = [](void*, void* stream, void* to, uLong size) -> uLong {
    return std::fread(to, 1, size, static_cast<std::FILE*>(stream));
  };
  functions.zwrite_file = [](void*, void* stream, const void* from, uLong size) -> uLong {
    return std::fwrite(from, 1, size, static_cast<std::FILE*>(stream));
  };
  functions.ztell64_file = [](void*, void* stream) -> ZPOS64_T {
    return static_cast<ZPOS64_T>(::ftello(static_cast<std::FILE*>(stream)));
  };
  functions.zseek64_file = [](void*, void* stream, ZPOS64_T offset, int origin) -> long {
    const int whence = origin == ZLIB_FILEFUNC_SEEK_SET   ? SEEK_SET
                       : origin == ZLIB_FILEFUNC_SEEK_CUR ? SEEK_CUR
                                                          : SEEK_END;
    return ::fseeko(static_cast<std::FILE*>(stream), static_cast<off_t>(offset), whence);
  };
  functions.zclose_file = [](void*, void*) { return 0; };  // whose the file is closes it
  functions.zerror_file = [](void*, void* stream) {
    return std::ferror(static_cast<std::FILE*>(stream));
  };
  return functions;
}

bool write_parts(std::FILE* file, const std::vector<ZipPart>& parts) {
  zlib_filefunc64_def functions = into(file);
  const zipFile zip = zipOpen2_64("", APPEND_STATUS_CREATE, nullptr, &functions);
  if (!zip) return false;
  zip_fileinfo info{};  // the same bytes at any time
  info.tmz_date.tm_year = 1980;
  info.tmz_date.tm_mday = 1;
  bool good = true;
  for (const ZipPart& part : parts) {
    std::uint64_t size = 0;
    for (const std::string_view bytes : part.bytes) size += bytes.size();
    const int large = size > 0xffff'0000u;
    good = good && zipOpenNewFileInZip64(zip, part.name.c_str(), &info, nullptr, 0, nullptr, 0,
                                         nullptr, kStored, 0, large) == ZIP_OK;
    for (std::string_view bytes : part.bytes) {
      for (; good && !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kPiece)))
        good = zipWriteInFileInZip(zip, bytes.data(),
                                   static_cast<unsigned>(std::min(bytes.size(), kPiece))) == ZIP_OK;
    }
    good = good && zipCloseFileInZip(zip) == ZIP_OK;
  }
  return (zipClose(zip, nullptr) == ZIP_OK) && good;
}

}  // namespace

void write_zip(std::string_view writer, const std::string& path,
               const std::vector<ZipPart>& parts) {
  write_file(writer, path, [&](std::FILE* file) { return write_parts(file, parts); });
}

#else

struct ZipReader::Handle {};

ZipReader::ZipReader(std::string_view reader, const std::string& path) {
  fail<FileError>(
      "{}: '{}' is a zip archive, and this build has no minizip; build with minizip, or save it as "
      "\".safetensors\" or \".npy\"",
      reader, path);
}
ZipReader::~ZipReader() = default;
std::unique_ptr<Source> ZipReader::open(const Member&) { return nullptr; }

void write_zip(std::string_view writer, const std::string& path, const std::vector<ZipPart>&) {
  fail<FileError>(
      "{}: cannot write '{}': it is a zip archive, and this build has no minizip; use "
      "\".safetensors\"",
      writer, path);
}

#endif

}  // namespace tapegrad::nn::detail
