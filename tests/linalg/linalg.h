#pragma once

#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/linalg/linalg.h"
#include "tests/catch.h"
#include "tests/message_of.h"

// What the tests of decompositions share.

namespace linalg_tests {

namespace tg = tapegrad;
using tg::Tensor;

/// float64 numbers that have nothing to do with each other, the same ones every time.
inline Tensor numbers(const tg::Shape& shape, int seed = 0) {
  const Tensor i = tg::arange(shape.numel()).to(tg::float64);
  return tg::sin(2.39996 * i + 0.7 * i * i + 1 + 7.77 * seed).reshape(shape);
}
/// The same as symmetric matrices, and with a positive definite part.
inline Tensor symmetric(const Tensor& x) { return x + tg::transpose(x, -2, -1); }
inline Tensor positive_definite(const Tensor& x) {
  return tg::matmul(x, x, {.transpose_b = true}) + tg::eye(x.shape()[-2], {}, x.dtype());
}

/// Equal up to `tolerance`, relative to the largest element of `b`.
inline bool near(const Tensor& a, const Tensor& b, double tolerance = 1e-12) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  if (a.numel() == 0) return true;
  const double size = std::max(1.0, tg::max(tg::abs(b)).to(tg::float64).item());
  return tg::max(tg::abs(a - b)).to(tg::float64).item() <= tolerance * size;
}
/// Exactly these numbers, in row-major order.
inline bool is(const Tensor& x, const std::vector<double>& numbers) {
  return tg::equal(x.detach().reshape(-1).to(tg::float64), tg::tensor(numbers, tg::float64));
}
inline Tensor eye_like(const Tensor& x) {
  return tg::eye(x.shape().back(), {}, x.dtype()).expand(x.shape());
}

}  // namespace linalg_tests
