#pragma once

/// @file
/// How much memory what is read from a file may take: files of others may be hostile.
///
///     const nn::ReadOptions options{.max_bytes = 100'000'000};

#include <cstdint>
#include <optional>

#include "autograd/base/cxx20.h"

namespace tapegrad::nn {

/// @addtogroup data
/// @{

/// How a file is read.
struct ReadOptions {
  /// How many bytes of memory what is read may take: tensors, arrays, texts that were unpacked. A
  /// file that needs more is a `FileError`. If it is not set: 256 MiB, and 64 times the size of the
  /// file. A file that is not packed needs at most 8 times its size, and one that is packed to less
  /// than an eighth is data seldom, but easily made: 2 MB of deflate may become 2 GB.
  std::optional<std::int64_t> max_bytes = {};
};

/// @}

}  // namespace tapegrad::nn
