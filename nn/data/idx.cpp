#include "nn/data/idx.h"

#include <array>
#include <bit>
#include <limits>
#include <optional>
#include <type_traits>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"
#include "nn/data/file.h"

namespace tapegrad::nn {

namespace {

constexpr std::size_t kMagicBytes = 4;
constexpr std::size_t kSizeBytes = 4;

std::optional<std::int64_t> bytes_of(std::uint8_t type) {
  switch (static_cast<IdxType>(type)) {
    case IdxType::uint8:
    case IdxType::int8:
      return 1;
    case IdxType::int16:
      return 2;
    case IdxType::int32:
    case IdxType::float32:
      return 4;
    case IdxType::float64:
      return 8;
  }
  return {};
}

template <class Word>
Word big_endian(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < sizeof(Word); ++i) word = word << 8 | bytes[i];
  return static_cast<Word>(word);
}

// `Stored` is the type in the file, `T` that of the tensor.
template <class Stored, class Word, class T>
Tensor convert(const IdxArray& array) {
  Tensor tensor = empty(array.shape, dtype_of<T>);
  tensor.write<T>([&](std::span<T> out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      const Word word = big_endian<Word>(array.bytes.data() + i * sizeof(Word));
      out[i] = static_cast<T>(std::bit_cast<Stored>(word));
    }
  });
  return tensor;
}

void check_bytes(const char* user, const IdxArray& array) {
  const std::int64_t needed = array.shape.numel() * size_of(array.type);
  if (needed != static_cast<std::int64_t>(array.bytes.size()))
    fail<ShapeError>("{}: shape {} needs {} bytes but there are {}", user, array.shape, needed,
                     array.bytes.size());
}

IdxType read_magic(detail::InputFile& file, int& rank) {
  std::array<std::uint8_t, kMagicBytes> magic{};
  const std::size_t got = file.read(magic.data(), magic.size());
  if (got < magic.size())
    fail<FileError>("{}: truncated: expected the 4 bytes of an IDX magic number, found {}",
                    file.where(0), got);
  if (magic[0] != 0 || magic[1] != 0 || !bytes_of(magic[2]))
    fail<FileError>(
        "{}: not an IDX file: expected the magic number 00 00 TT RR with a type TT of 08, 09, 0b, "
        "0c, 0d or 0e and a rank RR, found {:02x} {:02x} {:02x} {:02x}",
        file.where(0), magic[0], magic[1], magic[2], magic[3]);
  rank = magic[3];
  if (rank > kMaxRank)
    fail<FileError>("{}: expected at most {} dimensions, found {}", file.where(3), kMaxRank, rank);
  return static_cast<IdxType>(magic[2]);
}

Shape read_shape(detail::InputFile& file, int rank) {
  std::array<std::uint8_t, kSizeBytes * kMaxRank> sizes{};
  const std::size_t wanted = kSizeBytes * static_cast<std::size_t>(rank);
  const std::size_t got = file.read(sizes.data(), wanted);
  if (got < wanted)
    fail<FileError>("{}: truncated: expected {} bytes with the sizes of {} dimensions, found {}",
                    file.where(kMagicBytes), wanted, rank, got);
  Shape shape;
  for (std::size_t i = 0; i < static_cast<std::size_t>(rank); ++i)
    shape.push_back(big_endian<std::uint32_t>(sizes.data() + kSizeBytes * i));

  return shape;
}

// Checks the sizes against the file before any memory is asked for; returns the bytes of the
// elements.
std::uint64_t checked_size(const detail::InputFile& file, const Shape& shape,
                           std::int64_t element_bytes) {
  std::int64_t needed = element_bytes;
  bool absurd = false;
  // Zeros count as ones here, so that a zero does not hide an absurd neighbour.
  for (const std::int64_t size : shape)
    absurd = absurd || __builtin_mul_overflow(needed, size > 0 ? size : 1, &needed);
  if (absurd)
    fail<FileError>("{}: absurd dimensions {}: their product passes 2^63; the header is damaged",
                    file.where(kMagicBytes), shape);
  needed = shape.numel() * element_bytes;
  if (static_cast<std::uint64_t>(needed) > file.most_left())
    fail<FileError>(
        "{}: truncated: expected {} bytes for shape {}, found {}{}; the file is cut off or its "
        "header is damaged",
        file.where(), needed, shape, file.compressed() ? "at most " : "", file.most_left());
  return static_cast<std::uint64_t>(needed);
}

}  // namespace

std::int64_t size_of(IdxType type) { return *bytes_of(static_cast<std::uint8_t>(type)); }

Tensor IdxArray::to_tensor() const {
  check_bytes("IdxArray::to_tensor", *this);
  switch (type) {
    case IdxType::uint8:
      return convert<std::uint8_t, std::uint8_t, std::int64_t>(*this);
    case IdxType::int8:
      return convert<std::int8_t, std::uint8_t, std::int64_t>(*this);
    case IdxType::int16:
      return convert<std::int16_t, std::uint16_t, std::int64_t>(*this);
    case IdxType::int32:
      return convert<std::int32_t, std::uint32_t, std::int64_t>(*this);
    case IdxType::float32:
      return convert<float, std::uint32_t, float>(*this);
    case IdxType::float64:
      return convert<double, std::uint64_t, double>(*this);
  }
  fail<ValueError>("IdxArray::to_tensor: {:#04x} is no element type", static_cast<int>(type));
}

IdxArray read_idx(const std::string& path, const ReadOptions& options) try {
  detail::InputFile file("read_idx", path, options);
  IdxArray array;
  int rank = 0;
  array.type = read_magic(file, rank);
  array.shape = read_shape(file, rank);
  const std::uint64_t start = file.offset();
  const std::uint64_t needed = checked_size(file, array.shape, size_of(array.type));
  file.budget().check(needed, file.where());
  array.bytes = file.read_all<std::vector<std::uint8_t>>(needed);
  if (array.bytes.size() < needed)
    fail<FileError>("{}: truncated: expected {} bytes for shape {}, found {}", file.where(start),
                    needed, array.shape, array.bytes.size());
  if (std::uint8_t extra = 0; file.read(&extra, 1) != 0)
    fail<FileError>("{}: expected the end of the file after shape {}, found more bytes",
                    file.where(start + needed), array.shape);
  return array;
} catch (...) {
  tapegrad::detail::rethrow_for("read_idx");
}

void write_idx(const std::string& path, const IdxArray& array) try {
  check_bytes("write_idx", array);
  std::string header{'\0', '\0', static_cast<char>(array.type),
                     static_cast<char>(array.shape.rank())};
  for (const std::int64_t size : array.shape) {
    if (size > std::numeric_limits<std::uint32_t>::max())
      fail<ShapeError>("write_idx: a size of {} does not fit the 32 bits of the format", size);
    for (int shift = 24; shift >= 0; shift -= 8) header += static_cast<char>(size >> shift);
  }
  const auto* bytes = reinterpret_cast<const char*>(array.bytes.data());
  detail::write_file("write_idx", path, {header, {bytes, array.bytes.size()}});
} catch (...) {
  tapegrad::detail::rethrow_for("write_idx");
}

}  // namespace tapegrad::nn
