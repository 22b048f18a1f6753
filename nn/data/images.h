#pragma once

/// @file
/// Labelled grey images that stay bytes until a batch is asked for.
///
///     if (std::filesystem::exists("mnist")) {
///       nn::ImageDataset images = nn::load_mnist("mnist", true);
///       nn::DataLoader loader(images, {.batch_size = 64, .shuffle = true});
///     }

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "autograd/tensor/create/default_dtype.h"
#include "nn/data/dataset.h"
#include "nn/data/idx.h"

namespace tapegrad::nn {

/// @addtogroup data
/// @{

/// Labelled grey images that stay bytes until a batch is asked for: MNIST takes 47 MB, not 188.
///
/// A batch has inputs `[B, height, width]`, of the default type where the data set was made, and
/// targets `[B]`, `int64`. A pixel p becomes (p / max_pixel - mean) / std. Copies share the pixels.
class ImageDataset {
 public:
  /// What a pixel is turned into.
  struct Scale {
    double max_pixel = 255;  ///< the byte that stands for 1
    double mean = 0;         ///< what becomes 0, on the scale of 0 to 1
    double std = 1;          ///< the distance from it that becomes 1
  };

  /// `images` is `[N, height, width]` and `labels` `[N]`, both of bytes; labels are below
  /// `num_classes`. Errors: `ShapeError`, `DTypeError`, `IndexError` for a label out of range,
  /// `ValueError` for fewer than one class or a scale that `with_scale` refuses.
  /// @{
  ImageDataset(IdxArray images, const IdxArray& labels, std::int64_t num_classes, Scale scale);
  ImageDataset(IdxArray images, const IdxArray& labels, std::int64_t num_classes = 10)
      : ImageDataset(std::move(images), labels, num_classes, Scale{}) {}
  /// @}

  /// Number of images.
  std::int64_t size() const noexcept { return static_cast<std::int64_t>(labels_->size()); }
  /// The images `indices`, in that order. Errors: `IndexError`.
  Batch batch(std::span<const std::int64_t> indices) const;

  /// Pixels of an image from top to bottom, and from left to right.
  /// @{
  std::int64_t height() const noexcept { return images_->shape[1]; }
  std::int64_t width() const noexcept { return images_->shape[2]; }
  /// @}
  /// Labels are below this.
  std::int64_t num_classes() const noexcept { return num_classes_; }
  /// The pixels of one image as they are in the file. Errors: `IndexError`.
  std::span<const std::uint8_t> pixels(std::int64_t index) const;
  /// The label of one image. Errors: `IndexError`.
  std::int64_t label(std::int64_t index) const;
  /// What pixels are turned into.
  const Scale& scale() const noexcept { return scale_; }

  /// Mean and standard deviation of the pixels / max_pixel of the images `indices`; std is 1 when
  /// all pixels are equal. Errors: `IndexError`; `ValueError` for no images.
  Scale measure(std::span<const std::int64_t> indices) const;
  /// The same images with another scale. Errors: `ValueError` unless max_pixel and std are
  /// positive and all three are finite.
  ImageDataset with_scale(Scale scale) const;

 private:
  std::size_t checked(std::int64_t index) const;

  std::shared_ptr<const IdxArray> images_;
  std::shared_ptr<const std::vector<std::uint8_t>> labels_;
  std::int64_t num_classes_;
  Scale scale_;
  DType dtype_ = get_default_dtype();  // of batches, in whatever thread they are made
};

/// Reads the training or the test images of a folder in MNIST's format: `train-images-idx3-ubyte`
/// and `train-labels-idx1-ubyte`, `t10k-...` for the test, also spelled `.idx3-ubyte`, plain or
/// with `.gz`; or EMNIST's `emnist-SPLIT-train-images-idx3-ubyte` and `emnist-SPLIT-test-...`, if
/// exactly one split is there.
///
/// `num_classes` 0 stands for 10, or for what the EMNIST split has (27 for "letters", which count
/// from 1). Errors: `ValueError` for an empty `folder` or a negative `num_classes`; `FileError`,
/// with file and offset, for missing or ambiguous files, for damaged ones (see `read_idx`), for
/// images that are not bytes of rank 3, for labels out of range, and when the numbers of images and
/// labels differ. `options` hold for each of the two files.
ImageDataset load_mnist(const std::string& folder, Flag train, std::int64_t num_classes = 0,
                        const ReadOptions& options = {});

/// @}

}  // namespace tapegrad::nn
