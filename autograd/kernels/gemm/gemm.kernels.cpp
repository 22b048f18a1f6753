#include "autograd/kernels/gemm/dots.h"
#include "autograd/kernels/gemm/pack.h"
#include "autograd/kernels/gemm/product.h"
#include "autograd/kernels/gemm/tile.h"
#include "autograd/kernels/simd/arch.h"

namespace tapegrad::kernels {

namespace {

template <class T, class Arch = TargetArch>
constexpr BlockKernels<T> make_table() {
  return {Vec<T, Arch>::size,
          TileSize<T, Arch>::columns,
          kLoadsParts<T, Arch>,
          TileSize<T, Arch>::vectors == 3,
          multiply_block<Arch, T>,
          multiply_block_of_dots<Arch, T>,
          pack<Arch, T>};
}

}  // namespace

template <>
constinit const BlockKernels<float> KernelsFor<BlockKernels<float>, kTargetIsa>::table =
    make_table<float>();
template <>
constinit const BlockKernels<double> KernelsFor<BlockKernels<double>, kTargetIsa>::table =
    make_table<double>();

}  // namespace tapegrad::kernels
