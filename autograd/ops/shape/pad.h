#pragma once

/// @file
/// Elements added at the ends of dimensions, and pixels made of channels.
///
///     tg::Tensor image = tg::randn({3, 8, 8});
///     tg::Tensor framed = tg::pad(image, {1, 1, 1, 1}, tg::Padding::reflect);  // [3, 10, 10]

#include <cstdint>
#include <vector>

#include "autograd/base/flag.h"
#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup shapes
/// @{

/// What stands beyond the ends of a dimension.
enum class Padding {
  constant,   ///< one value
  reflect,    ///< the entries before the end, backwards: `c b | a b c | b a`
  replicate,  ///< the entry at the end: `a a | a b c | c c`
  circular    ///< the entries at the other end: `b c | a b c | a b`
};
/// With entries added at both ends of the last dimensions. `pad` has two numbers for each, how many
/// come before and how many after, the last dimension first: `{left, right, top, bottom}`. Negative
/// ones take entries away. A copy.
///
/// `value` is what `constant` puts there, converted to the type of `x`. Any dimension may be
/// padded, in each mode. Errors: `ShapeError` for more numbers than the dimensions have, for an odd
/// count of them, for more entries than there are to be taken away, and for those that a mode takes
/// its entries from: `reflect` adds fewer than the size, `circular` not more, and `replicate` needs
/// one; `ValueError` for a value that the type cannot hold, and for one in another mode.
Tensor pad(const Tensor& x, const std::vector<std::int64_t>& pad, Padding mode = Padding::constant,
           Real value = 0);
/// `[..., C r^2, H, W]` to `[..., C, H r, W r]` for `upscale_factor` r: the channels of each place
/// become a square. Shi et al., CVPR 2016. A copy like `permute`. Errors: `ShapeError` for fewer
/// than three dimensions and where the channels do not make up squares; `ValueError` for a factor
/// below 1.
Tensor pixel_shuffle(const Tensor& x, Integer upscale_factor);
/// `[..., C, H r, W r]` to `[..., C r^2, H, W]` for `downscale_factor` r: the reverse of
/// `pixel_shuffle`. A copy like `permute`. Errors: `ShapeError` for fewer than three dimensions and
/// where heights or widths do not make up squares; `ValueError` for a factor below 1.
Tensor pixel_unshuffle(const Tensor& x, Integer downscale_factor);

/// @}

}  // namespace tapegrad
