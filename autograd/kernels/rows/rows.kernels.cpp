#include "autograd/kernels/rows/row_functions.h"
#include "autograd/kernels/rows/rows_table.h"
#include "autograd/kernels/simd/arch.h"

namespace tapegrad::kernels {

namespace {

template <class T, class Arch = TargetArch>
constexpr RowKernels<T> make_table() {
  return {.softmax = softmax<Arch, T>,
          .softmax_rule = softmax_rule<Arch, T>,
          .masked_softmax = masked_softmax<Arch, T>,
          .masked_softmax_rule = masked_softmax_rule<Arch, T>,
          .log_softmax = log_softmax<Arch, T>,
          .log_softmax_rule = log_softmax_rule<Arch, T>,
          .cross_entropy = cross_entropy<Arch, T>,
          .cross_entropy_rule = cross_entropy_rule<Arch, T>,
          .cross_entropy_tangent = cross_entropy_tangent<Arch, T>};
}

}  // namespace

template <>
constinit const RowKernels<float> KernelsFor<RowKernels<float>, kTargetIsa>::table =
    make_table<float>();
template <>
constinit const RowKernels<double> KernelsFor<RowKernels<double>, kTargetIsa>::table =
    make_table<double>();

}  // namespace tapegrad::kernels
