#include "nn/files/zip.h"

#include <algorithm>
#include <cstdio>

#include "autograd/base/fail.h"
#include "nn/data/shown_text.h"

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
  const auto found = places_.find(name);
  return found == places_.end() ? nullptr : &members_[found->second];
}

#if defined(TAPEGRAD_HAVE_MINIZIP)

namespace {

constexpr unsigned kEncrypted = 1;
constexpr std::size_t kZipPiece = std::size_t{1} << 20;
constexpr int kStored = 0;

/// The end of an archive's list, without a comment.
constexpr std::uint64_t kEnd = 22;

/// What is kept of a member beside its name.
constexpr std::uint64_t kMember = 256;

/// True if the file ends with the end of an archive's list: 22 bytes, and a comment as long as they
/// say. minizip takes less for one.
bool ends_complete(InputFile& file) {
  constexpr std::uint64_t kMost = kEnd + 65535;
  std::string tail(std::min(file.most_left(), kMost), '\0');
  file.skip(file.most_left() - tail.size());
  tail.resize(file.read(tail.data(), tail.size()));
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

struct CloseUnzip {
  void operator()(void* file) const noexcept { unzClose(file); }
};

/// The archive that is open, and at most one member of it.
struct ZipReader::Handle {
  std::unique_ptr<void, CloseUnzip> file;
  const Content* opened = nullptr;

  /// Goes to the content of a member, packed as it is if `raw`.
  void open(const Member& member, bool raw, std::string_view where) {
    unz64_file_pos place{member.directory_place, member.number};
    int method = 0, level = 0;
    if (unzGoToFilePos64(file.get(), &place) != UNZ_OK ||
        unzOpenCurrentFile2(file.get(), &method, &level, raw) != UNZ_OK)
      fail<FileError>("{}, '{}': damaged: its beginning does not agree with the archive's list",
                      where, shown_name(member.name));
  }
};

/// The content of the member that is open.
class ZipReader::Content final : public Source {
 public:
  Content(Handle& handle, MemoryBudget& budget, const Member& member, std::string where)
      : handle_(handle),
        budget_(budget),
        where_(std::move(where)),
        left_(member.size),
        size_(member.size) {
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
      const auto wanted = static_cast<unsigned>(std::min(to.size(), kZipPiece));
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
  MemoryBudget& budget() override { return budget_; }

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
  MemoryBudget& budget_;
  std::string where_;
  std::uint64_t left_, size_;
};

ZipReader::ZipReader(InputFile& file, std::string where)
    : file_(file), where_(std::move(where)), handle_(std::make_unique<Handle>()) {
  const bool complete = ends_complete(file);
  if (complete && file.offset() == kEnd) return;  // an empty one, which minizip does not take
  if (complete) handle_->file.reset(unzOpen64(file.path().c_str()));
  if (!handle_->file)
    fail<FileError>("{}: damaged: it begins as a zip archive, but its list is not at its end",
                    where_);
  read_list();
  check_places();
}

/// The members, as the list at the end of the archive has them.
void ZipReader::read_list() {
  const unzFile file = handle_->file.get();
  const std::uint64_t bytes = file_.offset() + file_.most_left();
  std::uint64_t packed = 0;
  std::string longest(65535, '\0');
  unz_global_info64 global{};
  unzGetGlobalInfo64(file, &global);
  for (std::uint64_t i = 0; i < global.number_entry; ++i) {
    unz_file_info64 info{};
    unz64_file_pos place{};
    if ((i == 0 ? unzGoToFirstFile(file) : unzGoToNextFile(file)) != UNZ_OK ||
        unzGetCurrentFileInfo64(file, &info, longest.data(), longest.size(), nullptr, 0, nullptr,
                                0) != UNZ_OK ||
        unzGetFilePos64(file, &place) != UNZ_OK || info.size_filename > longest.size())
      fail<FileError>("{}: damaged: the list of the archive ends after {} of {} members", where_, i,
                      global.number_entry);
    std::string name = longest.substr(0, info.size_filename);
    const std::string where = fmt::format("{}, '{}'", where_, shown_name(name));
    budget().take(kMember + 2 * name.size(), where);
    if (!places_.emplace(name, members_.size()).second)
      fail<FileError>("{}: the archive has it twice", where);
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
    members_.push_back({std::move(name), info.uncompressed_size, info.compressed_size,
                        place.pos_in_zip_directory, place.num_of_file});
  }
}

/// That each member is where the list says, and that no two of them share bytes, so that a small
/// archive does not hold the same large content many times.
void ZipReader::check_places() {
  constexpr std::uint64_t kHeader = 30;  // before a member, with its name behind it
  struct Extent {
    std::uint64_t begin, end;
    const Member* member;
  };
  std::vector<Extent> extents;
  for (const Member& member : members_) {
    handle_->open(member, true, where_);
    const std::uint64_t content = unzGetCurrentFileZStreamPos64(handle_->file.get());
    unzCloseCurrentFile(handle_->file.get());
    extents.push_back({content - kHeader - member.name.size(), content + member.packed, &member});
  }
  std::ranges::sort(extents, {}, &Extent::begin);
  for (std::size_t i = 1; i < extents.size(); ++i)
    if (extents[i].begin < extents[i - 1].end)
      fail<FileError>("{}, '{}': damaged: it shares bytes with '{}'", where_,
                      shown_name(extents[i].member->name), shown_name(extents[i - 1].member->name));
}

ZipReader::~ZipReader() = default;

std::unique_ptr<Source> ZipReader::open(const Member& member) {
  if (handle_->opened) unzCloseCurrentFile(handle_->file.get());
  handle_->opened = nullptr;
  handle_->open(member, false, where_);
  return std::make_unique<Content>(*handle_, budget(), member,
                                   fmt::format("{}, '{}'", where_, shown_name(member.name)));
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
      for (; good && !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kZipPiece)))
        good =
            zipWriteInFileInZip(zip, bytes.data(),
                                static_cast<unsigned>(std::min(bytes.size(), kZipPiece))) == ZIP_OK;
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

ZipReader::ZipReader(InputFile& file, std::string where) : file_(file), where_(std::move(where)) {
  fail<FileError>(
      "{} is a zip archive, and this build has no minizip; build with minizip, or save it as "
      "\".safetensors\" or \".npy\"",
      where_);
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
