#pragma once

#include <nn/nn.h>

#include <string>
#include <vector>

namespace spirals {

/// A model, and what it was after each epoch.
struct Course {
  std::string name;
  std::vector<tapegrad::nn::Sequential> epochs;
};

/// Writes a page that shows how the models divide the plane, epoch by epoch, and how many points of
/// `test` they get right. Without the library tapegrad::report it writes nothing.
void write_picture(const std::string& file, const tapegrad::nn::TensorDataset& training,
                   const tapegrad::nn::TensorDataset& test, const std::vector<Course>& courses);

}  // namespace spirals
