#include "nn/files/elements.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <vector>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::nn::detail {

static_assert(std::endian::native == std::endian::little, "files are written as memory is");

namespace {

struct ElementKind {
  std::size_t size;
  DType dtype;
};
constexpr ElementKind kElementKinds[] = {
    {8, float64}, {4, float32}, {2, float32}, {2, float32}, {8, int64}, {4, int64},  {2, int64},
    {1, int64},   {8, int64},   {4, int64},   {2, int64},   {1, int64}, {1, boolean}};

/// Bytes that are converted at a time.
constexpr std::size_t kElementsPiece = std::size_t{1} << 16;

/// A tensor beside its elements: handle, name and sizes. Files have many of them, or few.
constexpr std::uint64_t kTensorBytes = 512;

/// Fills a buffer with the next elements, or throws.
using Fill = std::function<void(std::span<std::byte>)>;

float float_of_bits(std::uint32_t bits) { return std::bit_cast<float>(bits); }

struct Float16 {
  std::uint16_t bits;
  float value() const {
    const std::uint32_t sign = (bits & 0x8000u) << 16, exponent = bits >> 10 & 31,
                        fraction = bits & 0x3ffu;
    if (exponent == 31) return float_of_bits(sign | 0x7f800000u | fraction << 13);
    if (exponent > 0) return float_of_bits(sign | (exponent + 112) << 23 | fraction << 13);
    return std::copysign(std::ldexp(static_cast<float>(fraction), -24), float_of_bits(sign));
  }
};
struct BFloat16 {
  std::uint16_t bits;
  float value() const { return float_of_bits(std::uint32_t{bits} << 16); }
};

/// The nearest number with a sign, `exponent_bits` and as many fraction bits as fill 16; ties to
/// even. `x` is exact, so that nothing is rounded twice.
std::uint16_t half_bits(double x, int exponent_bits) {
  const int fraction_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  const auto sign = static_cast<std::uint16_t>(std::signbit(x) ? 0x8000 : 0);
  const int infinite = ((1 << exponent_bits) - 1) << fraction_bits;
  if (std::isnan(x)) return static_cast<std::uint16_t>(sign | infinite | 1 << (fraction_bits - 1));
  x = std::abs(x);
  if (x == 0) return sign;
  if (std::isinf(x)) return static_cast<std::uint16_t>(sign | infinite);
  // In units of the last place; numbers below the smallest normal one share its unit.
  int exponent = 0;
  std::frexp(x, &exponent);
  const int unit = std::max(exponent - 1, 1 - bias) - fraction_bits;
  const auto steps = static_cast<std::int64_t>(std::nearbyint(std::ldexp(x, -unit)));
  // A fraction that was rounded up to the next power of two carries into the exponent.
  const std::int64_t place = steps + (std::int64_t{unit} + fraction_bits - (1 - bias)) *
                                         (std::int64_t{1} << fraction_bits);
  return static_cast<std::uint16_t>(sign | std::min<std::int64_t>(place, infinite));
}

/// Calls `f(value, i)` for elements of type `From`, which are read in pieces.
template <class From, class F>
void for_each_element(std::int64_t count, const Fill& fill, F f) {
  constexpr auto most = static_cast<std::int64_t>(kElementsPiece / sizeof(From));
  std::vector<From> piece(static_cast<std::size_t>(std::min(count, most)));
  for (std::int64_t done = 0; done < count;) {
    const std::int64_t n = std::min(count - done, most);
    fill(std::as_writable_bytes(std::span(piece).first(static_cast<std::size_t>(n))));
    for (std::int64_t i = 0; i < n; ++i) f(piece[static_cast<std::size_t>(i)], done + i);
    done += n;
  }
}

template <class To>
void read_as_is(Tensor& tensor, const Fill& fill) {
  tensor.write<To>([&](std::span<To> data) { fill(std::as_writable_bytes(data)); });
}

template <class From>
void read_half(Tensor& tensor, const Fill& fill) {
  tensor.write<float>([&](std::span<float> data) {
    for_each_element<From>(tensor.numel(), fill, [&](From x, std::int64_t i) {
      data[static_cast<std::size_t>(i)] = x.value();
    });
  });
}

template <class From>
void read_integers(Tensor& tensor, const Fill& fill, std::string_view where) {
  tensor.write<std::int64_t>([&](std::span<std::int64_t> data) {
    for_each_element<From>(tensor.numel(), fill, [&](From x, std::int64_t i) {
      if constexpr (std::is_same_v<From, std::uint64_t>) {
        if (x > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
          fail<FileError>("{}: element {} is {}, which int64 does not hold", where, i, x);
      }
      data[static_cast<std::size_t>(i)] = static_cast<std::int64_t>(x);
    });
  });
}

void read_truth(Tensor& tensor, const Fill& fill, std::string_view where) {
  tensor.write<bool>([&](std::span<bool> data) {
    for_each_element<unsigned char>(tensor.numel(), fill, [&](unsigned char x, std::int64_t i) {
      if (x > 1)
        fail<FileError>("{}: element {} has the byte {}; a bool is 0 or 1", where, i, int{x});
      data[static_cast<std::size_t>(i)] = x == 1;
    });
  });
}

}  // namespace

std::size_t size_of(Stored stored) noexcept { return kElementKinds[static_cast<int>(stored)].size; }
DType dtype_of(Stored stored) noexcept { return kElementKinds[static_cast<int>(stored)].dtype; }

Stored stored_as(DType dtype) noexcept {
  if (dtype == float32) return Stored::float32;
  if (dtype == float64) return Stored::float64;
  return dtype == int64 ? Stored::int64 : Stored::boolean;
}

std::optional<std::uint64_t> bytes_of(Stored stored,
                                      std::span<const std::uint64_t> sizes) noexcept {
  constexpr std::uint64_t most = std::uint64_t{1} << 62;
  std::uint64_t bytes = size_of(stored);
  for (const std::uint64_t size : sizes)
    if (size >= most || __builtin_mul_overflow(bytes, size, &bytes) || bytes >= most) return {};
  return bytes;
}

Tensor read_elements(Layout layout, const Shape& shape, Source& source, std::string_view where) {
  const DType dtype = dtype_of(layout.stored);
  source.budget().take(kTensorBytes + static_cast<std::uint64_t>(shape.numel()) * size_of(dtype),
                       where);
  Tensor tensor = empty(shape, dtype);
  const Fill fill = [&, size = size_of(layout.stored)](std::span<std::byte> to) {
    source.read(to);
    for (std::size_t i = 0; layout.swapped && i < to.size(); i += size)
      std::ranges::reverse(to.subspan(i, size));
  };
  switch (layout.stored) {
    case Stored::float64:
      read_as_is<double>(tensor, fill);
      break;
    case Stored::float32:
      read_as_is<float>(tensor, fill);
      break;
    case Stored::float16:
      read_half<Float16>(tensor, fill);
      break;
    case Stored::bfloat16:
      read_half<BFloat16>(tensor, fill);
      break;
    case Stored::int64:
      read_as_is<std::int64_t>(tensor, fill);
      break;
    case Stored::int32:
      read_integers<std::int32_t>(tensor, fill, where);
      break;
    case Stored::int16:
      read_integers<std::int16_t>(tensor, fill, where);
      break;
    case Stored::int8:
      read_integers<std::int8_t>(tensor, fill, where);
      break;
    case Stored::uint64:
      read_integers<std::uint64_t>(tensor, fill, where);
      break;
    case Stored::uint32:
      read_integers<std::uint32_t>(tensor, fill, where);
      break;
    case Stored::uint16:
      read_integers<std::uint16_t>(tensor, fill, where);
      break;
    case Stored::uint8:
      read_integers<std::uint8_t>(tensor, fill, where);
      break;
    case Stored::boolean:
      read_truth(tensor, fill, where);
      break;
  }
  return tensor;
}

std::string half_elements(const Tensor& tensor, Stored stored, std::string_view where) {
  const bool is_float16 = stored == Stored::float16;
  const int exponent_bits = is_float16 ? 5 : 8;
  const unsigned infinite = is_float16 ? 0x7c00 : 0x7f80;
  std::string bytes(static_cast<std::size_t>(tensor.numel()) * 2, '\0');
  const auto convert = [&]<class T>(std::span<const T> data) {
    for (std::size_t i = 0; i < data.size(); ++i) {
      const std::uint16_t bits = half_bits(static_cast<double>(data[i]), exponent_bits);
      if ((bits & 0x7fff) == infinite && std::isfinite(data[i]))
        fail<ValueError>("{}: element {} is {}, which {} does not hold; {}", where, i, data[i],
                         is_float16 ? "float16" : "bfloat16",
                         is_float16 ? "use bfloat16, or write it as it is" : "write it as it is");
      std::memcpy(bytes.data() + 2 * i, &bits, 2);
    }
  };
  if (tensor.dtype() == float32)
    convert(tensor.data<float>());
  else
    convert(tensor.data<double>());
  return bytes;
}

StoredElements::StoredElements(const Tensor& tensor, Store store, std::string_view where)
    : tensor_(tensor) {
  if (store == Store::as_is || !is_floating_point(tensor.dtype())) {
    stored_ = stored_as(tensor.dtype());
  } else {
    stored_ = store == Store::float16 ? Stored::float16 : Stored::bfloat16;
    halves_ = half_elements(tensor, stored_, where);
  }
}

std::string_view StoredElements::bytes() const noexcept {
  if (!halves_.empty()) return halves_;
  return visit_dtype(tensor_.dtype(), [&]<class T>(T) {
    const std::span<const T> data = tensor_.data<T>();
    return std::string_view(reinterpret_cast<const char*>(data.data()), data.size_bytes());
  });
}

}  // namespace tapegrad::nn::detail
