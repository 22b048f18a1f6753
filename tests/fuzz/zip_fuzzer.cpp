#include <algorithm>

#include "tests/fuzz/load.h"
#include "tests/nn/files/zip_of.h"

// load_file, on archives: those of NumPy's and of PyTorch's. An input that is none has names and
// contents of members in turn, with a line of two dashes after each; it is packed, or not, which
// makes no difference.

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kBetween = "\n--\n";
  std::string_view content(reinterpret_cast<const char*>(data), size);
  if (content.starts_with("PK")) {
    fuzz::loaded(content);
    return 0;
  }
  const auto part = [&] {
    const std::string_view found = content.substr(0, content.find(kBetween));
    content.remove_prefix(std::min(content.size(), found.size() + kBetween.size()));
    return found;
  };
  std::vector<ZipMember> members;
  while (!content.empty()) {
    const std::string_view name = part();
    members.push_back({std::string(name), std::string(part())});
  }
  const std::string stored = fuzz::loaded(zip_of(members));
  for (ZipMember& member : members) {
    // Without the ten bytes before the data of a gzip file, and the eight after it.
    member.deflated = fuzz::packed(member.content).substr(10);
    member.deflated.resize(member.deflated.size() - 8);
  }
  const std::string deflated = fuzz::loaded(zip_of(members));
  fuzz::expect(stored == deflated, "the same from a packed archive", deflated);
  return 0;
}
