#include "autograd/kernels/small_gemm.h"

namespace tapegrad::kernels {

SmallGemm avx512_small_gemm() noexcept {
  using Arch = xsimd::avx512bw;
  return {multiply_small<Arch, float>, multiply_small<Arch, double>};
}

}  // namespace tapegrad::kernels
