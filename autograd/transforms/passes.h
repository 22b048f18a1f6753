#pragma once

#include <vector>

#include "autograd/transforms/level.h"

// Internal: several directions by one pass through a function.

namespace tapegrad::detail {

/// The derivatives of what `f` returns, `y`, along each of `directions`, which have a further first
/// dimension, of input `i`; so have the results.
std::vector<Tensor> tangents_along(const ListFunction& f, const std::vector<Tensor>& x,
                                   std::size_t i, const Tensor& directions, std::vector<Tensor>& y);

/// The cotangents of the inputs for each of `directions` of output `j`, likewise.
std::vector<Tensor> cotangents_from(const Level& level, std::size_t j, const Tensor& directions);

/// `f`, which draws the same random numbers in each call: what several passes find belongs together.
ListFunction drawing_the_same(const ListFunction& f);

}  // namespace tapegrad::detail
