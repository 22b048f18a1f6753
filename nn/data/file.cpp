#include "nn/data/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <new>
#include <optional>
#include <utility>

#include "autograd/base/fail.h"

#if defined(TAPEGRAD_HAVE_ZLIB)
#include <zlib.h>
#endif

namespace tapegrad::nn::detail {

namespace fs = std::filesystem;

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

#if defined(TAPEGRAD_HAVE_ZLIB)
struct CloseGzip {
  void operator()(gzFile_s* file) const noexcept { gzclose(file); }
};
using Gzip = std::unique_ptr<gzFile_s, CloseGzip>;
#endif

namespace {

#if defined(TAPEGRAD_HAVE_ZLIB)
// Bytes of a gzip file that are unpacked at a time. Small files do with small buffers.
constexpr std::uint64_t kLeastBuffer = 1 << 12, kMostBuffer = 1 << 17;
#endif

// As many as Linux follows.
constexpr int kMostLinks = 40;

// zlib counts in `unsigned`, so large requests are cut into pieces.
constexpr std::size_t kPiece = std::size_t{1} << 20;

}  // namespace

struct InputFile::Handle {
  File plain;
#if defined(TAPEGRAD_HAVE_ZLIB)
  Gzip gzip;
#endif
};

InputFile::InputFile(std::string_view reader, const std::string& path, const ReadOptions& options)
    : reader_(reader), path_(path), handle_(std::make_unique<Handle>()) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status))
    fail<FileError>("{}: '{}' is not a file; give the path of the file itself", reader, path);

  handle_->plain.reset(std::fopen(path.c_str(), "rb"));
  if (!handle_->plain)
    fail<FileError>("{}: cannot open '{}': {}", reader, path, std::strerror(errno));
  most_ = fs::file_size(path, error);
  if (error) fail<FileError>("{}: cannot tell the size of '{}': {}", reader, path, error.message());
  budget_.emplace(reader, options, most_);

  unsigned char start[2] = {};
  const bool compressed =
      std::fread(start, 1, 2, handle_->plain.get()) == 2 && start[0] == 0x1f && start[1] == 0x8b;
  if (!compressed) {
    std::rewind(handle_->plain.get());
    return;
  }
#if defined(TAPEGRAD_HAVE_ZLIB)
  handle_->plain.reset();
  handle_->gzip.reset(gzopen(path.c_str(), "rb"));
  if (!handle_->gzip)
    fail<FileError>("{}: cannot open '{}': {}", reader, path, std::strerror(errno));
  gzbuffer(handle_->gzip.get(),
           static_cast<unsigned>(std::clamp(most_, kLeastBuffer, kMostBuffer)));
  most_ = most_ > std::numeric_limits<std::uint64_t>::max() / kBestRatio
              ? std::numeric_limits<std::uint64_t>::max()
              : most_ * kBestRatio;
#else
  fail<FileError>(
      "{}: '{}' is compressed with gzip, and this build has no zlib; unpack it with gunzip, or "
      "build with zlib",
      reader, path);
#endif
}

InputFile::~InputFile() = default;

bool InputFile::compressed() const noexcept { return !handle_->plain; }

std::string InputFile::where(std::uint64_t offset) const {
  return fmt::format("{}: '{}', offset {}", reader_, path_, offset);
}

std::string InputFile::peek(std::size_t count) {
  std::string start(count, '\0');
  start.resize(std::fread(start.data(), 1, count, handle_->plain.get()));
  std::rewind(handle_->plain.get());
  return start;
}

void InputFile::skip(std::uint64_t count) {
  if (::fseeko(handle_->plain.get(), static_cast<off_t>(count), SEEK_CUR) != 0)
    fail<FileError>("{}: cannot read: {}", where(), std::strerror(errno));
  offset_ += count;
}

std::size_t InputFile::read(void* to, std::size_t count) {
  auto* out = static_cast<char*>(to);
  std::size_t done = 0;
  while (done < count) {
    const std::size_t wanted = std::min(count - done, kPiece);
    std::size_t got = 0;
#if defined(TAPEGRAD_HAVE_ZLIB)
    if (handle_->gzip) {
      const int result = gzread(handle_->gzip.get(), out + done, static_cast<unsigned>(wanted));
      int code = Z_OK;
      const char* text = gzerror(handle_->gzip.get(), &code);
      // A file cut off in the middle shows as fewer bytes and Z_BUF_ERROR.
      if (result < 0 || code == Z_BUF_ERROR) {
        const std::string_view prefix = path_;
        std::string_view reason = code == Z_ERRNO ? std::strerror(errno) : text;
        if (reason.starts_with(prefix)) reason.remove_prefix(prefix.size() + 2);
        fail<FileError>("{}: damaged gzip data ({}); fetch the file again",
                        where(offset_ + static_cast<std::uint64_t>(std::max(result, 0))), reason);
      }
      got = static_cast<std::size_t>(result);
    } else
#endif
    {
      got = std::fread(out + done, 1, wanted, handle_->plain.get());
      if (got < wanted && std::ferror(handle_->plain.get()))
        fail<FileError>("{}: cannot read: {}", where(), std::strerror(errno));
    }
    done += got;
    offset_ += got;
    if (got < wanted) break;
  }
  return done;
}

template <class Bytes>
Bytes InputFile::read_all(std::uint64_t most) try {
  Bytes bytes;
  most = std::min(most, most_left());
  if (!compressed()) bytes.reserve(most);
  while (bytes.size() < most) {
    const std::size_t before = bytes.size(), after = std::min<std::uint64_t>(before + kPiece, most);
    if (after > bytes.capacity()) bytes.reserve(std::clamp(2 * before, after, most));
    bytes.resize(after);
    const std::size_t got = read(bytes.data() + before, after - before);
    budget_->take(got, where());
    bytes.resize(before + got);
    if (bytes.size() < after) break;
  }
  return bytes;
} catch (const std::bad_alloc&) {
  fail<OutOfMemoryError>("{}: there is no memory for what the file holds", where());
}
template std::string InputFile::read_all(std::uint64_t);
template std::vector<std::uint8_t> InputFile::read_all(std::uint64_t);

namespace {

// What is written goes to a new file beside `path`, which takes its place when it is complete: a
// write that fails leaves the old file as it was, and nothing else.
class Replacement {
 public:
  explicit Replacement(const std::string& path) : target_(path) {
    std::error_code error;
    const fs::file_status status = fs::status(target_, error);
    // A device or a pipe holds nothing that could be lost, and cannot be replaced.
    direct_ = fs::exists(status) && !fs::is_regular_file(status);
    if (direct_) return;
    if (fs::is_regular_file(status)) permissions_ = status.permissions();
    // The file that a link points to is replaced, or made, not the link.
    for (int links = 0; links < kMostLinks && fs::is_symlink(target_, error); ++links)
      target_ = target_.parent_path() / fs::read_symlink(target_, error);
    folder_ = target_.has_parent_path() ? target_.parent_path() : fs::path(".");
    temporary_ = target_.parent_path() / ("." + target_.filename().string() + ".tmp");
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement() {
    if (created_) ::unlink(temporary_.c_str());
    if (lock_ >= 0) ::close(lock_);
  }

  /// The file to write to. Its name is always the same, so that one that a killed program has left
  /// is taken, and there is never more than one. It is locked until it has its place, so that two
  /// programs, or threads, that write to one path do not mix: the second finds EWOULDBLOCK.
  File open() {
    if (direct_) return File(std::fopen(target_.c_str(), "wb"));
    if (permissions_ && ::access(target_.c_str(), W_OK) != 0) return nullptr;
    constexpr mode_t permissions = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
    for (;;) {
      const int descriptor =
          ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, permissions);
      if (descriptor < 0) return nullptr;
      lock_ = descriptor;
      // Not every file system has locks.
      if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return nullptr;
      // Another one may have put it in its place before we had the lock.
      struct stat ours {
      }, there{};
      const bool same = ::fstat(descriptor, &ours) == 0 &&
                        ::lstat(temporary_.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
                        ours.st_dev == there.st_dev;
      // Of a file that has other names, too, this one is given up.
      if (same && ours.st_nlink > 1) ::unlink(temporary_.c_str());
      if (same && ours.st_nlink == 1) break;
      ::close(std::exchange(lock_, -1));
    }
    created_ = true;
    const int own = ::dup(lock_);  // the lock stays when the file is closed
    if (own < 0) return nullptr;
    File file(::fdopen(own, "wb"));
    if (!file) ::close(own);
    if (file && ::ftruncate(own, 0) != 0) return nullptr;
    return file;
  }
  std::error_code finish() {
    std::error_code error;
    if (direct_) return error;
    if (permissions_) fs::permissions(temporary_, *permissions_, error);
    if (error) return error;
    if (::rename(temporary_.c_str(), target_.c_str()) != 0)
      return std::error_code(errno, std::generic_category());
    created_ = false;
    // The new name is on the disk when its folder is.
    const int descriptor = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
      ::fsync(descriptor);
      ::close(descriptor);
    }
    return error;
  }

 private:
  fs::path target_, temporary_, folder_;
  std::optional<fs::perms> permissions_;
  int lock_ = -1;
  bool direct_ = false, created_ = false;
};

/// A device or a pipe has nothing to flush: EINVAL.
bool to_disk(std::FILE* file) {
  return std::fflush(file) == 0 &&
         (::fsync(::fileno(file)) == 0 || errno == EINVAL || errno == EROFS);
}

/// Past the buffer of `file`, which the parts do not need.
bool write_plain(std::FILE* file, const std::vector<std::string_view>& parts) {
  for (std::string_view part : parts) {
    while (!part.empty()) {
      const ssize_t written = ::write(::fileno(file), part.data(), part.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      part.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  return true;
}

#if defined(TAPEGRAD_HAVE_ZLIB)
bool write_gzip(std::FILE* file, const std::vector<std::string_view>& parts) {
  // gzclose closes the descriptor, so it gets one of its own.
  const int descriptor = ::dup(::fileno(file));
  if (descriptor < 0) return false;
  Gzip gzip(gzdopen(descriptor, "wb"));
  if (!gzip) {
    ::close(descriptor);
    return false;
  }
  for (std::string_view part : parts) {
    for (; !part.empty(); part.remove_prefix(std::min(part.size(), kPiece))) {
      const auto size = static_cast<unsigned>(std::min(part.size(), kPiece));
      if (gzwrite(gzip.get(), part.data(), size) != static_cast<int>(size)) return false;
    }
  }
  return gzclose(gzip.release()) == Z_OK;
}
#endif

}  // namespace

void write_file(std::string_view writer, const std::string& path,
                const std::function<bool(std::FILE*)>& write) {
  const auto check = [&](bool good, const char* reason) {
    if (!good)
      fail<FileError>("{}: cannot write '{}': {}; no file was changed", writer, path, reason);
  };
  Replacement replacement(path);
  errno = 0;
  File file = replacement.open();
  check(file != nullptr,
        errno == EWOULDBLOCK ? "another program, or thread, is writing it" : std::strerror(errno));
  errno = 0;
  const bool written = write(file.get()) && to_disk(file.get()) && std::fclose(file.release()) == 0;
  check(written, errno ? std::strerror(errno) : "the write failed");
  const std::error_code error = replacement.finish();
  check(!error, error.message().c_str());
}

void write_file(std::string_view writer, const std::string& path,
                const std::vector<std::string_view>& parts) {
  auto* write = write_plain;
  if (path.ends_with(".gz")) {
#if defined(TAPEGRAD_HAVE_ZLIB)
    write = write_gzip;
#else
    fail<FileError>("{}: cannot write '{}': this build has no zlib; leave out \".gz\"", writer,
                    path);
#endif
  }
  write_file(writer, path, [&](std::FILE* file) { return write(file, parts); });
}

}  // namespace tapegrad::nn::detail
