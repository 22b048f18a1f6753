#include "nn/data/images.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::nn {

namespace fs = std::filesystem;

namespace {

void check_scale(const ImageDataset::Scale& scale) {
  const auto positive = [](double value) { return value > 0 && std::isfinite(value); };
  if (!positive(scale.max_pixel) || !positive(scale.std))
    fail<ValueError>(
        "ImageDataset: max_pixel and std must be positive and finite, but are {} and {}",
        scale.max_pixel, scale.std);
  if (!std::isfinite(scale.mean))
    fail<ValueError>("ImageDataset: mean must be finite, but is {}", scale.mean);
}

}  // namespace

ImageDataset::ImageDataset(IdxArray images, const IdxArray& labels, std::int64_t num_classes,
                           Scale scale)
    : num_classes_(num_classes), scale_(scale) {
  check_scale(scale);
  if (num_classes < 1)
    fail<ValueError>("ImageDataset: num_classes must be at least 1, but is {}", num_classes);
  if (images.type != IdxType::uint8 || labels.type != IdxType::uint8)
    fail<DTypeError>("ImageDataset: images and labels must be bytes (IDX type 08)");
  if (images.shape.rank() != 3 || labels.shape != Shape(images.shape[0]))
    fail<ShapeError>(
        "ImageDataset: expected images [N, height, width] and labels [N], found {} and {}",
        images.shape, labels.shape);
  if (images.shape.numel() != static_cast<std::int64_t>(images.bytes.size()) ||
      labels.shape.numel() != static_cast<std::int64_t>(labels.bytes.size()))
    fail<ShapeError>("ImageDataset: the bytes do not fit the shapes {} and {}", images.shape,
                     labels.shape);
  for (std::size_t i = 0; i < labels.bytes.size(); ++i)
    if (labels.bytes[i] >= num_classes)
      fail<IndexError>("ImageDataset: label {} at index {} is outside [0, {})", labels.bytes[i], i,
                       num_classes);
  images_ = std::make_shared<const IdxArray>(std::move(images));
  labels_ = std::make_shared<const std::vector<std::uint8_t>>(labels.bytes);
}

std::size_t ImageDataset::checked(std::int64_t index) const {
  if (index < 0 || index >= size())
    fail<IndexError>("ImageDataset: index {} is outside {} images", index, size());
  return static_cast<std::size_t>(index);
}

std::span<const std::uint8_t> ImageDataset::pixels(std::int64_t index) const {
  const auto count = static_cast<std::size_t>(height() * width());
  return std::span(images_->bytes).subspan(checked(index) * count, count);
}

std::int64_t ImageDataset::label(std::int64_t index) const { return (*labels_)[checked(index)]; }

Batch ImageDataset::batch(std::span<const std::int64_t> indices) const try {
  const auto count = static_cast<std::int64_t>(indices.size());
  Batch batch{empty({count, height(), width()}, dtype_), empty(count, int64)};
  visit_floating(dtype_, [&]<class T>(T) {
    const auto factor = static_cast<T>(1 / (scale_.max_pixel * scale_.std));
    const auto shift = static_cast<T>(-scale_.mean / scale_.std);
    batch.inputs.write<T>([&](std::span<T> out) {
      T* to = out.data();
      for (const std::int64_t index : indices)
        to = std::ranges::transform(pixels(index), to, [=](std::uint8_t pixel) {
               return static_cast<T>(pixel) * factor + shift;
             }).out;
    });
  });
  batch.targets.write<std::int64_t>([&](std::span<std::int64_t> out) {
    std::ranges::transform(indices, out.begin(), [&](auto i) { return label(i); });
  });
  return batch;
} catch (...) {
  tapegrad::detail::rethrow_for("ImageDataset");
}

ImageDataset::Scale ImageDataset::measure(std::span<const std::int64_t> indices) const {
  // Whole numbers, so that the order of the images does not matter to the last bit.
  std::uint64_t sum = 0;
  std::uint64_t squares = 0;
  for (const std::int64_t index : indices) {
    for (const std::uint64_t pixel : pixels(index)) {
      sum += pixel;
      squares += pixel * pixel;
    }
  }
  const double count =
      static_cast<double>(indices.size()) * static_cast<double>(height() * width());
  if (count == 0) fail<ValueError>("ImageDataset::measure: no images were given");
  const double mean = static_cast<double>(sum) / count;
  const double variance = static_cast<double>(squares) / count - mean * mean;
  return {.max_pixel = scale_.max_pixel,
          .mean = mean / scale_.max_pixel,
          .std = variance > 0 ? std::sqrt(variance) / scale_.max_pixel : 1};
}

ImageDataset ImageDataset::with_scale(Scale scale) const {
  check_scale(scale);
  ImageDataset copy(*this);
  copy.scale_ = scale;
  return copy;
}

namespace {

// The splits of EMNIST (Cohen et al., "EMNIST: an extension of MNIST to handwritten letters",
// 2017).
constexpr std::pair<std::string_view, std::int64_t> kEmnistSplits[] = {
    {"byclass", 62}, {"bymerge", 47}, {"balanced", 47},
    {"letters", 27}, {"digits", 10},  {"mnist", 10}};

constexpr std::string_view kImages[] = {"images-idx3-ubyte", "images.idx3-ubyte"};
constexpr std::string_view kLabels[] = {"labels-idx1-ubyte", "labels.idx1-ubyte"};

// The file `prefix` + one of `kinds`, plain or with ".gz"; empty when there is none.
std::string find(const fs::path& folder, std::string_view prefix,
                 std::span<const std::string_view> kinds) {
  for (const std::string_view kind : kinds) {
    for (const char* ending : {"", ".gz"}) {
      std::error_code ignored;
      fs::path path = folder / fmt::format("{}-{}{}", prefix, kind, ending);
      if (fs::is_regular_file(path, ignored)) return path.string();
    }
  }
  return {};
}

struct Files {
  std::string images;
  std::string labels;
  std::int64_t num_classes;
};

Files find_files(const fs::path& folder, bool train) {
  const std::string_view part = train ? "train" : "t10k";
  std::vector<Files> found;
  std::string names;
  const auto look = [&](const std::string& prefix, std::int64_t classes) {
    Files files{find(folder, prefix, kImages), find(folder, prefix, kLabels), classes};
    if (files.images.empty() && files.labels.empty()) return;
    if (files.images.empty() || files.labels.empty())
      fail<FileError>("load_mnist: '{}' has {} but not {}-{}[.gz]", folder.string(),
                      files.images.empty() ? files.labels : files.images, prefix,
                      files.images.empty() ? kImages[0] : kLabels[0]);
    names += (names.empty() ? "" : ", ") + fs::path(files.images).filename().string();
    found.push_back(std::move(files));
  };
  look(std::string(part), 10);
  if (found.empty())
    for (const auto& [split, classes] : kEmnistSplits)
      look(fmt::format("emnist-{}-{}", split, train ? "train" : "test"), classes);
  if (found.empty())
    fail<FileError>(
        "load_mnist: found no {0}-images-idx3-ubyte[.gz] in '{1}'; give a folder in MNIST's "
        "format, with {0}-images-idx3-ubyte and {0}-labels-idx1-ubyte",
        part, folder.string());
  if (found.size() > 1)
    fail<FileError>("load_mnist: '{}' has more than one set ({}); put each in a folder of its own",
                    folder.string(), names);
  return found[0];
}

// The offset of the elements of an IDX file.
constexpr std::size_t header_bytes(int rank) { return 4 + 4 * static_cast<std::size_t>(rank); }

void check_kind(const std::string& path, const IdxArray& array, std::string_view what, int rank) {
  if (array.type != IdxType::uint8 || array.shape.rank() != rank)
    fail<FileError>(
        "load_mnist: '{}', offset 2: expected {}, bytes (08) of rank {:02}, found {:02x} {:02}",
        path, what, rank, static_cast<int>(array.type), array.shape.rank());
}

}  // namespace

ImageDataset load_mnist(const std::string& folder, Flag train, std::int64_t num_classes,
                        const ReadOptions& options) try {
  if (num_classes < 0)
    fail<ValueError>(
        "load_mnist: num_classes must be at least 1, or 0 for the usual number, but is {}",
        num_classes);
  if (folder.empty()) fail<ValueError>("load_mnist: the argument folder is empty");
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored))
    fail<FileError>("load_mnist: there is no folder '{}'", folder);
  const Files files = find_files(folder, train);
  if (num_classes == 0) num_classes = files.num_classes;
  const IdxArray labels = read_idx(files.labels, options);
  check_kind(files.labels, labels, "labels", 1);
  IdxArray images = read_idx(files.images, options);
  check_kind(files.images, images, "images", 3);
  if (images.shape[0] != labels.shape[0])
    fail<FileError>(
        "load_mnist: '{}', offset 4: expected as many labels as there are images in '{}', {}, "
        "found {}",
        files.labels, files.images, images.shape[0], labels.shape[0]);
  for (std::size_t i = 0; i < labels.bytes.size(); ++i)
    if (labels.bytes[i] >= num_classes)
      fail<FileError>("load_mnist: '{}', offset {}: expected a label in [0, {}), found {}",
                      files.labels, header_bytes(1) + i, num_classes, labels.bytes[i]);
  return {std::move(images), labels, num_classes};
} catch (...) {
  tapegrad::detail::rethrow_for("load_mnist");
}

}  // namespace tapegrad::nn
