#include "nn/data/memory_budget.h"

#include <limits>

#include "autograd/base/fail.h"

namespace tapegrad::nn::detail {

namespace {

// What any machine has, and more than data that was not made for it is packed to.
constexpr std::uint64_t kLeast = std::uint64_t{256} << 20, kTimes = 64;

std::uint64_t usual(std::uint64_t file_bytes) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  return file_bytes > (kMost - kLeast) / kTimes ? kMost : kLeast + kTimes * file_bytes;
}

}  // namespace

MemoryBudget::MemoryBudget(std::string_view reader, const ReadOptions& options,
                           std::uint64_t file_bytes)
    : most_(options.max_bytes ? static_cast<std::uint64_t>(*options.max_bytes) : usual(file_bytes)),
      left_(most_),
      set_(options.max_bytes.has_value()) {
  if (set_ && *options.max_bytes < 0)
    fail<ValueError>("{}: the option max_bytes must be at least 0, but is {}", reader,
                     *options.max_bytes);
}

void MemoryBudget::refuse(std::uint64_t bytes, std::string_view where) const {
  fail<FileError>(
      "{}: {} bytes of memory are needed for what comes here, and {} are left of the {} that {}; "
      "set the option max_bytes to more, if you trust the file",
      where, bytes, left_, most_,
      set_ ? "the option max_bytes allows"
           : "a file of this size may take (256 MiB and 64 times its size)");
}

}  // namespace tapegrad::nn::detail
