// Data.

#include <cmath>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/messages/tables.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;

namespace {

nn::IdxArray images(tg::Shape shape, std::int64_t bytes) {
  return {.shape = shape, .bytes = std::vector<std::uint8_t>(static_cast<std::size_t>(bytes), 3)};
}

}  // namespace

messages::Sections messages::of_data() {
  return {
      {"Data sets and loaders",
       "`images(shape, n)` are n bytes of that shape.",
       {
           TAPEGRAD_MISTAKE(
               ShapeError,
               "TensorDataset: inputs [] and targets [3] need a first dimension of examples",
               nn::TensorDataset(tg::tensor(1.0), ints)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "TensorDataset: inputs [2, 3] and targets [3] differ in the number of examples",
               nn::TensorDataset(y, ints)),
           TAPEGRAD_MISTAKE(IndexError,
                            "Subset: index 2 at position 0 is outside a dataset of 2 examples",
                            nn::Subset(nn::TensorDataset(y, y), {2})),
           TAPEGRAD_MISTAKE(ValueError, "random_split: a length of -1 is negative",
                            nn::random_split(nn::TensorDataset(y, y), {-1, 3})),
           TAPEGRAD_MISTAKE(ValueError,
                            "random_split: the lengths [1, 2] do not add up to the 2 examples",
                            nn::random_split(nn::TensorDataset(y, y), {1, 2})),
           TAPEGRAD_MISTAKE(ValueError,
                            "train_test_split: test_fraction must be in [0, 1], but is 2",
                            nn::train_test_split(nn::TensorDataset(y, y), 2)),
           TAPEGRAD_MISTAKE(ShapeError,
                            "Standardizer: needs at least one row, but the data is [0, 3]",
                            nn::Standardizer::fit(tg::zeros({0, 3}))),
           TAPEGRAD_MISTAKE(
               DTypeError,
               "Standardizer: takes floating-point data, but this is int64; use to(float32)",
               nn::Standardizer::fit(ints)),
           TAPEGRAD_MISTAKE(ValueError, "DataLoader: batch_size must be at least 1, but is 0",
                            nn::DataLoader(nn::TensorDataset(y, y), {.batch_size = 0})),
           TAPEGRAD_MISTAKE(
               ValueError, "DataLoader: epochs are counted from 0 to 2^53, so there is no epoch -1",
               nn::DataLoader loader(nn::TensorDataset(y, y));
               loader.set_epoch(-1)),
           TAPEGRAD_MISTAKE(
               ValueError,
               "ImageDataset: max_pixel and std must be positive and finite, but are 255 and 0",
               nn::ImageDataset(images({2, 1, 1}, 2), images({2}, 2), 10, {.std = 0})),
           TAPEGRAD_MISTAKE(
               ValueError, "ImageDataset: mean must be finite, but is nan",
               nn::ImageDataset(images({2, 1, 1}, 2), images({2}, 2), 10, {.mean = NAN})),
           TAPEGRAD_MISTAKE(ValueError, "ImageDataset: num_classes must be at least 1, but is 0",
                            nn::ImageDataset(images({2, 1, 1}, 2), images({2}, 2), 0)),
           TAPEGRAD_MISTAKE(
               ShapeError,
               "ImageDataset: expected images [N, height, width] and labels [N], found [2, 1] "
               "and [2]",
               nn::ImageDataset(images({2, 1}, 2), images({2}, 2))),
           TAPEGRAD_MISTAKE(ShapeError,
                            "ImageDataset: the bytes do not fit the shapes [2, 1, 1] and [2]",
                            nn::ImageDataset(images({2, 1, 1}, 3), images({2}, 2))),
           TAPEGRAD_MISTAKE(IndexError, "ImageDataset: label 3 at index 0 is outside [0, 1)",
                            nn::ImageDataset(images({2, 1, 1}, 2), images({2}, 2), 1)),
           TAPEGRAD_MISTAKE(
               DTypeError, "ImageDataset: images and labels must be bytes (IDX type 08)",
               nn::ImageDataset(images({2, 1, 1}, 2), {.type = nn::IdxType::float32,
                                                       .shape = {2},
                                                       .bytes = std::vector<std::uint8_t>(8)})),
           TAPEGRAD_MISTAKE(IndexError, "ImageDataset: index 2 is outside 2 images",
                            nn::ImageDataset data(images({2, 1, 1}, 2), images({2}, 2));
                            data.batch(std::vector<std::int64_t>{2})),
           TAPEGRAD_MISTAKE(ValueError, "ImageDataset::measure: no images were given",
                            nn::ImageDataset data(images({2, 1, 1}, 2), images({2}, 2));
                            data.measure({})),
       }},
  };
}
