#include "autograd/ops/shape/pad.h"

#include <algorithm>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad {

namespace {

/// How many entries a dimension gets, and loses, at its ends.
struct Ends {
  std::int64_t before, after, cut_before, cut_after;
};

/// What stands beyond the ends: a constant.
Tensor with_value(const Tensor& x, int dim, const Ends& ends, double value) {
  const Shape& shape = x.shape();
  const auto border = [&](std::int64_t size) {
    return full(shape.with_size(dim, size), value, x.dtype());
  };
  const std::int64_t kept = shape[dim] - ends.cut_before - ends.cut_after;
  std::vector<Tensor> parts;
  if (ends.before > 0) parts.push_back(border(ends.before));
  parts.push_back(kept == shape[dim] ? x : narrow(x, dim, ends.cut_before, kept));
  if (ends.after > 0) parts.push_back(border(ends.after));
  return cat(parts, dim);
}

/// The entries of a dimension of `size` entries that stand where it is padded.
Tensor entries_of(std::int64_t size, const Ends& ends, Padding mode) {
  const std::int64_t start = ends.cut_before, end = size - ends.cut_after;
  switch (mode) {
    case Padding::reflect:
      return cat({arange(ends.before, 0, -1), arange(start, end),
                  arange(size - 2, size - 2 - ends.after, -1)});
    case Padding::replicate:
      return cat({full(ends.before, 0), arange(start, end), full(ends.after, size - 1)});
    default:
      return cat(
          {arange(end - ends.before, end), arange(start, end), arange(start, start + ends.after)});
  }
}

/// Throws unless there are the entries that the mode puts beyond the ends.
void require_source(const Shape& shape, int dim, const Ends& ends, Padding mode) {
  const std::int64_t size = shape[dim], most = std::max(ends.before, ends.after);
  if (most == 0) return;
  if (mode == Padding::reflect && most >= size)
    fail<ShapeError>(
        "pad: {} entries reflected at an end of dimension {} of shape {}; there are {} beside it",
        most, dim, shape, std::max<std::int64_t>(size - 1, 0));
  if (mode == Padding::replicate && size == 0)
    fail<ShapeError>("pad: dimension {} of shape {} has no entry to replicate", dim, shape);
  const std::int64_t kept = size - ends.cut_before - ends.cut_after;
  if (mode == Padding::circular && most > kept)
    fail<ShapeError>(
        "pad: {} entries at an end of dimension {} of shape {} go around more than once; {} are "
        "left to go around",
        most, dim, shape, kept);
}

/// What `pixel_shuffle` and its reverse have in common: `size`, what one dimension has, in parts.
std::int64_t shared(std::int64_t size, std::int64_t parts, const char* what, const Shape& shape,
                    const char* name) {
  if (parts == 0 || size % parts != 0)
    fail<ShapeError>("{}: {} {} of shape {} do not make up squares: they are no multiple of {}",
                     name, size, what, shape, parts);
  return size / parts;
}

/// The factor of `pixel_shuffle` or its reverse for `x`.
std::int64_t require_pixels(const Tensor& x, std::int64_t factor, const char* what,
                            const char* name) {
  detail::require_defined(x, name);
  if (x.dim() < 3)
    fail<ShapeError>("{}: shape {} has no channels, height and width", name, x.shape());
  if (factor < 1 || factor > (std::int64_t{1} << 24))
    fail<ValueError>("{}: {} is {}; it must be at least 1, and at most 2^24", name, what, factor);
  return factor;
}

/// The shape of `x` with other channels, height and width.
Shape with_pixels(const Tensor& x, std::int64_t channels, std::int64_t height, std::int64_t width) {
  Shape shape = x.shape().with_size(-3, channels);
  return shape.with_size(-2, height).with_size(-1, width);
}

}  // namespace

Tensor pad(const Tensor& x, const std::vector<std::int64_t>& pad, Padding mode, Real value) {
  detail::require_defined(x, "pad");
  const int dims = static_cast<int>(pad.size() / 2);
  if (pad.size() % 2 != 0)
    fail<ShapeError>("pad: {} numbers; each dimension needs two, before and after it", pad.size());
  if (pad.size() / 2 > static_cast<std::size_t>(x.dim()))
    fail<ShapeError>("pad: {} numbers are those of {} dimensions, but the tensor has shape {}",
                     pad.size(), pad.size() / 2, x.shape());
  if (mode != Padding::constant && value != 0.0)
    fail<ValueError>("pad: value {} has no meaning in this mode; Padding::constant takes one",
                     static_cast<double>(value));
  if (x.dtype() == int64 && !detail::fits_int64(static_cast<double>(value)))
    fail<ValueError>("pad: value {} cannot be converted to int64", static_cast<double>(value));
  Tensor y = x;
  for (int i = 0; i < dims; ++i) {
    const int d = x.dim() - 1 - i;
    const auto at = static_cast<std::size_t>(2 * i);
    const std::int64_t size = x.shape()[d];
    // Beyond these limits the numbers are as wrong as there.
    const auto limited = [](std::int64_t n) {
      return std::clamp(n, -detail::kMostBytes, detail::kMostBytes);
    };
    const std::int64_t before = limited(pad[at]), after = limited(pad[at + 1]);
    if (before == 0 && after == 0) continue;
    const Ends ends{std::max<std::int64_t>(before, 0), std::max<std::int64_t>(after, 0),
                    std::max<std::int64_t>(-before, 0), std::max<std::int64_t>(-after, 0)};
    if (ends.cut_before + ends.cut_after > size)
      fail<ShapeError>(
          "pad: {} before and {} after take more away than the {} entries that dimension {} of "
          "shape {} has",
          pad[at], pad[at + 1], size, d, x.shape());
    if (mode == Padding::constant) {
      y = with_value(y, d, ends, value);
    } else {
      require_source(x.shape(), d, ends, mode);
      y = index_select(y, d, entries_of(size, ends, mode));
    }
  }
  return y.is_same(x) ? x.clone() : y;
}

Tensor pixel_shuffle(const Tensor& x, Integer upscale_factor) {
  const std::int64_t r = require_pixels(x, upscale_factor, "upscale_factor", "pixel_shuffle");
  const std::int64_t height = x.size(-2), width = x.size(-1);
  const std::int64_t channels = shared(x.size(-3), r * r, "channels", x.shape(), "pixel_shuffle");
  const std::int64_t planes = x.shape().slice(0, x.dim() - 3).numel() * channels;
  return reshape(permute(reshape(x, {planes, r, r, height, width}), {0, 3, 1, 4, 2}),
                 with_pixels(x, channels, height * r, width * r));
}

Tensor pixel_unshuffle(const Tensor& x, Integer downscale_factor) {
  const std::int64_t r = require_pixels(x, downscale_factor, "downscale_factor", "pixel_unshuffle");
  const std::int64_t height = shared(x.size(-2), r, "rows", x.shape(), "pixel_unshuffle");
  const std::int64_t width = shared(x.size(-1), r, "columns", x.shape(), "pixel_unshuffle");
  const std::int64_t planes = x.shape().slice(0, x.dim() - 2).numel();
  return reshape(permute(reshape(x, {planes, height, r, width, r}), {0, 2, 4, 1, 3}),
                 with_pixels(x, x.size(-3) * r * r, height, width));
}

}  // namespace tapegrad
