#include "nn/files/pickle.h"
#include "tests/fuzz/fuzz.h"

// The reader of pickles, and a walk through what it has made.

namespace nn = tapegrad::nn;
using nn::detail::Pickled;

namespace {

/// Looks at all that an object points at, as deep as containers are read.
std::uint64_t sum(const Pickled& object, int depth, int& visits) {
  using Kind = nn::detail::PickledKind;
  if (depth > 64 || ++visits > 10000) return 0;
  std::uint64_t result = static_cast<std::uint64_t>(object.kind);
  switch (object.kind) {
    case Kind::text:
    case Kind::name:
      for (const char c : object.text()) result += static_cast<unsigned char>(c);
      return result;
    case Kind::tuple:
    case Kind::list:
    case Kind::dict:
      fuzz::expect(object.kind != Kind::dict || object.items->size() % 2 == 0, "pairs");
      for (const Pickled& item : *object.items) result += sum(item, depth + 1, visits);
      return result;
    case Kind::storage:
      fuzz::expect(object.storage->numel >= 0, "a length");
      return result + object.storage->key.size();
    case Kind::tensor:
      fuzz::expect(object.tensor->offset >= 0 &&
                       object.tensor->sizes.rank() == object.tensor->strides.rank(),
                   "a tensor");
      return result + object.tensor->storage.key.size();
    default:
      return result;
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  fuzz::answer_of<tapegrad::FileError>("read: ", [&] {
    nn::detail::MemoryBudget budget("read", {.max_bytes = 1 << 17}, size);
    nn::detail::Unpickler unpickler(content, "read: 'x'", budget);
    int visits = 0;
    return std::to_string(sum(unpickler.read(), 0, visits));
  });
  return 0;
}
