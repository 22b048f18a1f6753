#include "autograd/kernels/gemm_kernels.h"

namespace tapegrad::kernels {

const GemmKernels& baseline_gemm() noexcept {
  static constexpr GemmKernels kernels = make_gemm_kernels<xsimd::default_arch>();
  return kernels;
}

}  // namespace tapegrad::kernels
