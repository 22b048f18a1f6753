#include "autograd/kernels/rows/layer_norm.h"

#include "autograd/kernels/rows/layer_norm_table.h"
#include "autograd/kernels/simd/arch.h"

namespace tapegrad::kernels {

namespace {

template <class T, class Arch = TargetArch>
constexpr LayerNormKernels<T> make_table() {
  return {.layer_norm = layer_norm<Arch, T>,
          .layer_norm_rule = layer_norm_rule<Arch, T>,
          .layer_norm_sums = layer_norm_sums<Arch, T>};
}

}  // namespace

template <>
constinit const LayerNormKernels<float> KernelsFor<LayerNormKernels<float>, kTargetIsa>::table =
    make_table<float>();
template <>
constinit const LayerNormKernels<double> KernelsFor<LayerNormKernels<double>, kTargetIsa>::table =
    make_table<double>();

}  // namespace tapegrad::kernels
