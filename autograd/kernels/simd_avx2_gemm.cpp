#include "autograd/kernels/gemm_kernels.h"

namespace tapegrad::kernels {

const GemmKernels& avx2_gemm() noexcept {
  static constexpr GemmKernels kernels = make_gemm_kernels<xsimd::fma3<xsimd::avx2>>();
  return kernels;
}

}  // namespace tapegrad::kernels
