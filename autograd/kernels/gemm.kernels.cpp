#include "autograd/kernels/arch.h"
#include "autograd/kernels/gemm_dots.h"
#include "autograd/kernels/gemm_pack.h"
#include "autograd/kernels/gemm_product.h"
#include "autograd/kernels/gemm_tile.h"

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
