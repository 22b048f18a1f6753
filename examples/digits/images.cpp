#include "images.h"

#include <stdexcept>
#include <string_view>
#include <utility>

#include "optical_digits_data.h"

namespace digits {

namespace {

constexpr std::uint64_t kSplitSeed = 0;
constexpr int kSide = 8;
constexpr int kDeepest = 16;  // pixels are 0 to 16
constexpr int kRowChars = 5;  // one row of pixels
constexpr int kImageChars = 1 + kSide * kRowChars;

// See optical_digits_data.h for the code.
nn::ImageDataset unpack_optical_digits() {
  nn::IdxArray images;
  nn::IdxArray labels;
  for (std::string_view line : kOpticalDigits) {
    for (; !line.empty(); line.remove_prefix(kImageChars)) {
      labels.bytes.push_back(static_cast<std::uint8_t>(line[0] - '0'));
      for (int row = 0; row < kSide; ++row) {
        std::uint64_t number = 0;
        for (const char c : line.substr(std::size_t(1 + row * kRowChars), kRowChars))
          number = number * 94 + static_cast<std::uint64_t>(c - '!');
        std::uint8_t pixels[kSide];
        for (int column = kSide - 1; column >= 0; --column) {
          pixels[column] = static_cast<std::uint8_t>(number % (kDeepest + 1));
          number /= kDeepest + 1;
        }
        images.bytes.insert(images.bytes.end(), pixels, pixels + kSide);
      }
    }
  }
  const auto count = static_cast<std::int64_t>(labels.bytes.size());
  images.shape = {count, kSide, kSide};
  labels.shape = {count};
  return {std::move(images), labels, 10, {.max_pixel = kDeepest}};
}

// Every example of a dataset, in order.
Part all(nn::ImageDataset images) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(images.size()));
  for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<std::int64_t>(i);
  return {std::move(images), std::move(indices)};
}

// Holds out the validation images and scales all three parts by what is left. `training` and `test`
// may show the same dataset.
Images arrange(std::string source, const Part& training, const Part& test) {
  const std::int64_t held_out = training.size() / 12;
  if (held_out == 0 || test.size() == 0)
    throw tapegrad::FileError(source + ": at least 12 training images and 1 test image are needed");
  auto parts = nn::random_split(training, {training.size() - held_out, held_out}, kSplitSeed);
  // The indices of the parts count within `training`.
  const auto original = [&](const nn::Subset<Part>& part) {
    std::vector<std::int64_t> indices;
    for (const std::int64_t i : part.indices())
      indices.push_back(training.indices()[static_cast<std::size_t>(i)]);
    return indices;
  };
  const std::vector<std::int64_t> learned = original(parts[0]);
  const auto scale = training.dataset().measure(learned);
  const nn::ImageDataset scaled = training.dataset().with_scale(scale);
  return {std::move(source), Part(scaled, learned), Part(scaled, original(parts[1])),
          Part(test.dataset().with_scale(scale), test.indices())};
}

}  // namespace

std::int64_t Images::pixels() const {
  return training.dataset().height() * training.dataset().width();
}

Images load_images(const Options& options) {
  if (options.embedded) {
    const auto [training, test] = nn::train_test_split(unpack_optical_digits(), 0.2, kSplitSeed);
    return arrange("embedded optical digits", training, test);
  }
  const nn::ImageDataset training = nn::load_mnist(options.data, true);
  const nn::ImageDataset test = nn::load_mnist(options.data, false);
  if (training.height() != test.height() || training.width() != test.width())
    throw tapegrad::FileError("'" + options.data + "': training and test images differ in size");
  return arrange(options.data, all(training), all(test));
}

}  // namespace digits
