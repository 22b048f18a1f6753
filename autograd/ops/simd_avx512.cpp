#include "autograd/ops/simd_table.h"

namespace tapegrad::detail {

const KernelTable& avx512_kernels() {
  static constexpr KernelTable table = make_table<xsimd::avx512bw>(formula::Elementwise());
  return table;
}

}  // namespace tapegrad::detail
