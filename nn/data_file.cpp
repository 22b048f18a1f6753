#include "nn/data_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>

#include "autograd/tensor/fail.h"

#if defined(TAPEGRAD_HAVE_ZLIB)
#include <zlib.h>
#endif

namespace tapegrad::nn::detail {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

#if defined(TAPEGRAD_HAVE_ZLIB)
struct CloseGzip {
  void operator()(gzFile_s* file) const noexcept { gzclose(file); }
};
using Gzip = std::unique_ptr<gzFile_s, CloseGzip>;

// Deflate codes at most 258 bytes in two bits.
constexpr std::uint64_t kBestRatio = 1032;
#endif

// zlib counts in `unsigned`, so large requests are cut into pieces.
constexpr std::size_t kPiece = std::size_t{1} << 20;

File open(std::string_view user, const std::string& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode));
  if (!file) fail<FileError>("{}: cannot open '{}': {}", user, path, std::strerror(errno));
  return file;
}

}  // namespace

struct InputFile::Handle {
  File plain;
#if defined(TAPEGRAD_HAVE_ZLIB)
  Gzip gzip;
#endif
};

InputFile::InputFile(std::string_view reader, const std::string& path)
    : reader_(reader), path_(path), handle_(std::make_unique<Handle>()) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    fail<FileError>("{}: '{}' is not a file; give the path of the file itself", reader, path);

  handle_->plain = open(reader, path, "rb");
  most_ = std::filesystem::file_size(path, error);
  if (error) fail<FileError>("{}: cannot tell the size of '{}': {}", reader, path, error.message());

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
  gzbuffer(handle_->gzip.get(), 1 << 17);
  most_ = most_ > std::numeric_limits<std::uint64_t>::max() / kBestRatio
              ? std::numeric_limits<std::uint64_t>::max()
              : most_ * kBestRatio;
#else
  fail<FileError>(
      "{}: '{}' is compressed with gzip, and this build has no zlib; unpack it with gunzip, or "
      "build "
      "with zlib",
      reader, path);
#endif
}

InputFile::~InputFile() = default;

bool InputFile::compressed() const noexcept { return !handle_->plain; }

std::string InputFile::where(std::uint64_t offset) const {
  return fmt::format("{}: '{}', offset {}", reader_, path_, offset);
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

std::string InputFile::read_rest() {
  std::string text;
  std::size_t got = kPiece;
  while (got == kPiece) {
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    got = read(text.data() + before, kPiece);
    text.resize(before + got);
  }
  return text;
}

void write_file(std::string_view writer, const std::string& path,
                const std::vector<std::string_view>& parts) {
  bool good = true;
  if (path.ends_with(".gz")) {
#if defined(TAPEGRAD_HAVE_ZLIB)
    Gzip gzip(gzopen(path.c_str(), "wb"));
    if (!gzip) fail<FileError>("{}: cannot open '{}': {}", writer, path, std::strerror(errno));
    for (std::string_view part : parts) {
      for (; good && !part.empty(); part.remove_prefix(std::min(part.size(), kPiece))) {
        const auto size = static_cast<unsigned>(std::min(part.size(), kPiece));
        good = gzwrite(gzip.get(), part.data(), size) == static_cast<int>(size);
      }
    }
    good = gzclose(gzip.release()) == Z_OK && good;
#else
    fail<FileError>("{}: cannot write '{}': this build has no zlib; leave out \".gz\"", writer,
                    path);
#endif
  } else {
    File file = open(writer, path, "wb");
    for (const std::string_view part : parts)
      good = good && std::fwrite(part.data(), 1, part.size(), file.get()) == part.size();
    good = std::fclose(file.release()) == 0 && good;
  }
  if (!good) fail<FileError>("{}: cannot write '{}': {}", writer, path, std::strerror(errno));
}

}  // namespace tapegrad::nn::detail
