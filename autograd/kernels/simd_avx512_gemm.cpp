#include "autograd/kernels/gemm_kernels.h"

namespace tapegrad::kernels {

const GemmKernels& avx512_gemm() noexcept {
  static constexpr GemmKernels kernels = make_gemm_kernels<xsimd::avx512bw>();
  return kernels;
}

}  // namespace tapegrad::kernels
