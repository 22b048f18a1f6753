#pragma once

#include <autograd/autograd.h>

#include <string>
#include <vector>

namespace regression {

/// A curve that was fitted, at the points.
struct Curve {
  std::string name;
  tapegrad::Tensor values;
};

/// Writes a page with the points, the true curve, those that were fitted, and their residuals.
/// Without the library tapegrad::report it writes nothing.
void write_picture(const std::string& file, const tapegrad::Tensor& x, const tapegrad::Tensor& y,
                   const tapegrad::Tensor& truth, const std::vector<Curve>& fitted);

}  // namespace regression
