#include "autograd/ops/simd_table.h"

namespace tapegrad::detail {

const KernelTable& baseline_kernels() {
  static constexpr KernelTable table = make_table<xsimd::default_arch>(formula::Elementwise());
  return table;
}

}  // namespace tapegrad::detail
