#include <filesystem>
#include <numeric>
#include <vector>

#include "autograd/base/shape.h"
#include "nn/data/images.h"
#include "tests/fuzz/fuzz.h"
#include "tests/temp_folder.h"

// load_mnist, on a folder whose two files, labels and images, are the parts of the input before and
// after a line of two dashes.

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

namespace {

class MnistFolder {
 public:
  MnistFolder() {
    std::filesystem::create_symlink(labels_.path(), folder_.file("train-labels-idx1-ubyte"));
    std::filesystem::create_symlink(images_.path(), folder_.file("train-images-idx3-ubyte"));
  }

  std::string path() const { return folder_.path(); }
  void write(std::string_view labels, std::string_view images) const {
    labels_.write(labels);
    images_.write(images);
  }

 private:
  TempFolder folder_;
  fuzz::MemoryFile labels_, images_;
};

std::string load(const std::string& folder) {
  const nn::ImageDataset data = nn::load_mnist(folder, true);
  std::vector<std::int64_t> all(std::size_t(data.size()));
  std::iota(all.begin(), all.end(), 0);
  const nn::Batch batch = data.batch(all);
  fuzz::expect(batch.inputs.shape() == tg::Shape{data.size(), data.height(), data.width()},
               "the shape of the images", fmt::format("{}", batch.inputs.shape()));
  for (const std::int64_t label : batch.targets.data<std::int64_t>())
    fuzz::expect(label >= 0 && label < data.num_classes(), "a label");
  if (batch.inputs.numel() > 0) data.measure(all);
  return "";
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const MnistFolder folder;
  constexpr std::string_view kBetween = "\n--\n";
  const std::string_view content(reinterpret_cast<const char*>(bytes), size);
  const std::size_t at = content.find(kBetween);
  if (at == content.npos) return -1;
  folder.write(content.substr(0, at), content.substr(at + kBetween.size()));
  fuzz::answer_of<tg::FileError>("", [] { return load(folder.path()); });
  return 0;
}
