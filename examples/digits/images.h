#pragma once

#include <nn/nn.h>

#include <cstdint>
#include <string>

#include "options.h"

namespace digits {

namespace nn = tapegrad::nn;

using Part = nn::Subset<nn::ImageDataset>;

/// The images, split in three. Pixels are scaled by the mean and deviation of the training part.
struct Images {
  std::string source;  ///< for people to read
  Part training;
  Part validation;  ///< held out of the training images: one in twelve, always the same
  Part test;        ///< not looked at before the end

  std::int64_t pixels() const;
  std::int64_t classes() const { return training.dataset().num_classes(); }
};

/// Reads the folder `options.data`, or unpacks the embedded images. Errors: `FileError`.
Images load_images(const Options& options);

}  // namespace digits
