#pragma once

/// @file
/// Files in the format of MNIST and its relatives, as arrays.
///
///     nn::write_idx("labels.gz", {.shape = {3}, .bytes = {7, 2, 1}});
///     tg::Tensor labels = nn::read_idx("labels.gz").to_tensor();

#include <cstdint>
#include <string>
#include <vector>

#include "autograd/tensor/tensor.h"
#include "nn/data/read_options.h"

namespace tapegrad::nn {

/// @addtogroup data
/// @{

/// Element types of an IDX file, with the codes that the file has.
enum class IdxType : std::uint8_t {
  uint8 = 0x08,    ///< bytes, as pixels and labels are
  int8 = 0x09,     ///< bytes with a sign
  int16 = 0x0B,    ///< two bytes with a sign
  int32 = 0x0C,    ///< four bytes with a sign
  float32 = 0x0D,  ///< `float`
  float64 = 0x0E,  ///< `double`
};

/// Bytes of one element.
std::int64_t size_of(IdxType type);

/// The content of an IDX file, the format of MNIST and its relatives: an array of numbers. The
/// bytes stay as they are in the file, most significant first; `to_tensor` converts them.
struct IdxArray {
  IdxType type = IdxType::uint8;         ///< of the elements
  Shape shape = {};                      ///< the sizes in the file
  std::vector<std::uint8_t> bytes = {};  ///< row-major; shape.numel() * size_of(type) of them

  /// As `float32` or `float64` for floating-point files, else as `int64`.
  Tensor to_tensor() const;
};

/// Reads an IDX file, plain or gzip.
///
/// It is two zero bytes, a type, a rank, the sizes as 32-bit numbers and the elements, all most
/// significant byte first (LeCun, Cortes and Burges, "The MNIST database"). Memory is asked for
/// only after the sizes have been checked against the size of the file. Errors: `FileError`, with
/// file and byte offset, for a missing, damaged or truncated file, for another format, for more
/// bytes than the sizes say, for more than 8 dimensions, and for more than `options.max_bytes`;
/// `ValueError` where that is negative.
IdxArray read_idx(const std::string& path, const ReadOptions& options = {});

/// Writes an IDX file, as gzip when `path` ends in ".gz". Errors: `FileError`; `ShapeError` when
/// the bytes do not fit the shape. Then a file that was there before is as it was.
void write_idx(const std::string& path, const IdxArray& array);

/// @}

}  // namespace tapegrad::nn
