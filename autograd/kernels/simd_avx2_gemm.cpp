#include "autograd/kernels/small_gemm.h"

namespace tapegrad::kernels {

SmallGemm avx2_small_gemm() noexcept {
  using Arch = xsimd::fma3<xsimd::avx2>;
  return {multiply_small<Arch, float>, multiply_small<Arch, double>};
}

}  // namespace tapegrad::kernels
