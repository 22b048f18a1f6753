#pragma once

#include <cstdint>
#include <string_view>

#include "nn/data/read_options.h"

// Internal: the bound of the memory that a file is read into.

namespace tapegrad::nn::detail {

/// The bytes that may be taken for what a file holds. All that a file could make larger than itself
/// is counted: what is unpacked, tensors that share elements in the file, the objects of a pickle.
class MemoryBudget {
 public:
  /// For a file of `file_bytes`. Errors: `ValueError`, beginning with `reader`, for a negative
  /// `max_bytes`.
  MemoryBudget(std::string_view reader, const ReadOptions& options, std::uint64_t file_bytes);

  /// Errors: `FileError`, beginning with `where`, if `bytes` more are more than there are.
  void check(std::uint64_t bytes, std::string_view where) const {
    if (bytes > left_) refuse(bytes, where);
  }
  /// The same, and takes them.
  void take(std::uint64_t bytes, std::string_view where) {
    check(bytes, where);
    left_ -= bytes;
  }

 private:
  [[noreturn]] void refuse(std::uint64_t bytes, std::string_view where) const;

  std::uint64_t most_, left_;
  bool set_;
};

}  // namespace tapegrad::nn::detail
