#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "autograd/tensor/tensor.h"
#include "nn/files/files.h"
#include "nn/files/source.h"

// Internal: elements as files store them.

namespace tapegrad::nn::detail {

/// How a file stores an element; little-endian.
enum class Stored : std::uint8_t {
  float64,
  float32,
  float16,   // IEEE 754 binary16
  bfloat16,  // the upper half of a float32
  int64,
  int32,
  int16,
  int8,
  uint64,
  uint32,
  uint16,
  uint8,
  boolean
};

std::size_t size_of(Stored stored) noexcept;

/// What a tensor of such elements has: float16 and bfloat16 become float32, small integers int64.
DType dtype_of(Stored stored) noexcept;
/// How a tensor's own elements are stored.
Stored stored_as(DType dtype) noexcept;

/// Elements as a file has them.
struct Layout {
  Stored stored{};
  bool swapped = false;  // the bytes of an element are in the other order
};

/// The bytes that elements of these sizes have in a file; nothing if that is 2^62 or more.
std::optional<std::uint64_t> bytes_of(Stored stored, std::span<const std::uint64_t> sizes) noexcept;

/// A tensor of that shape from the next `shape.numel() * size_of(stored)` bytes of `source`, whose
/// budget it takes. Errors: `FileError`, beginning with `where`, for a uint64 that int64 does not
/// hold, and for a bool that is neither 0 nor 1.
Tensor read_elements(Layout layout, const Shape& shape, Source& source, std::string_view where);

/// The elements of `tensor`, float32 or float64, as float16 or bfloat16, rounded to the nearest,
/// ties to even. Errors: `ValueError`, beginning with `where`, for a finite one that is too large.
std::string half_elements(const Tensor& tensor, Stored stored, std::string_view where);

/// The elements of a tensor as they are written: its own memory, or halves.
class StoredElements {
 public:
  StoredElements() = default;
  /// Errors: see `half_elements`.
  StoredElements(const Tensor& tensor, Store store, std::string_view where);

  Stored stored() const noexcept { return stored_; }
  std::string_view bytes() const noexcept;

 private:
  Tensor tensor_;
  Stored stored_ = Stored::float32;
  std::string halves_;
};

}  // namespace tapegrad::nn::detail
