#include "autograd/ops/simd_table.h"

namespace tapegrad::detail {

const KernelTable& avx2_kernels() {
  static constexpr KernelTable table = make_table<xsimd::fma3<xsimd::avx2>>(formula::Elementwise());
  return table;
}

}  // namespace tapegrad::detail
