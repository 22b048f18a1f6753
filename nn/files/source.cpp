#include "nn/files/source.h"

#include "autograd/base/fail.h"

namespace tapegrad::nn::detail {

void FileSource::read(std::span<std::byte> to) {
  const std::string where = file_.where();
  if (const std::size_t got = file_.read(to.data(), to.size()); got < to.size())
    fail<FileError>("{}: cut off: expected {} bytes, found {}", where, to.size(), got);
}

}  // namespace tapegrad::nn::detail
