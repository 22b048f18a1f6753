#pragma once

#include "autograd/kernels/gemm_dots.h"
#include "autograd/kernels/gemm_pack.h"
#include "autograd/kernels/gemm_tile.h"

namespace tapegrad::kernels {

template <class T, class Arch>
constexpr BlockKernels<T> make_block_kernels() noexcept {
  return {Vec<T, Arch>::size,
          TileSize<T, Arch>::columns,
          kLoadsParts<T, Arch>,
          TileSize<T, Arch>::vectors == 3,
          multiply_block<Arch, T>,
          multiply_block_of_dots<Arch, T>,
          pack<Arch, T>};
}

/// What a file for one instruction set consists of.
template <class Arch>
constexpr GemmKernels make_gemm_kernels() noexcept {
  return {make_block_kernels<float, Arch>(), make_block_kernels<double, Arch>()};
}

}  // namespace tapegrad::kernels
