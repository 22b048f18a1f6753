
#include "nn/data/idx.h"
#include "tests/fuzz/fuzz.h"

// read_idx, on the input as it is, and packed.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

std::string read(const std::string& path) {
  const nn::IdxArray array = nn::read_idx(path);
  fuzz::expect(std::size_t(array.shape.numel() * nn::size_of(array.type)) == array.bytes.size(),
               "as many bytes as the shape says");
  fuzz::expect(array.to_tensor().shape() == array.shape, "the shape of the tensor");
  return fmt::format(
      "{} {} {}", int(array.type), array.shape,
      std::string_view(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size()));
}

std::string answer(std::string_view content) {
  static const fuzz::MemoryFile file;
  file.write(content);
  return fuzz::answer_of<tg::FileError>("read_idx: '", [] { return read(file.path()); });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  const std::string plain = answer(content);
  if (fuzz::is_packed(content)) return 0;
  // How many bytes a packed file has is known only at its end, so the refusals differ.
  const std::string packed = answer(fuzz::packed(content));
  fuzz::expect(plain == packed || (fuzz::is_refusal(plain) && fuzz::is_refusal(packed)),
               "the same from a packed file", packed);
  return 0;
}
