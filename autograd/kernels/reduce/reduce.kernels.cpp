#include "autograd/kernels/reduce/reduce.h"

#include "autograd/kernels/reduce/reduce_table.h"
#include "autograd/kernels/simd/arch.h"

namespace tapegrad::kernels {

namespace {

template <class T, class Arch = TargetArch>
constexpr ReduceKernels<T> make_table() {
  return {.rows = {reduce_rows<Arch, T, Sum>, reduce_rows<Arch, T, Prod>, reduce_rows<Arch, T, Max>,
                   reduce_rows<Arch, T, Min>},
          .columns = {reduce_columns<Arch, T, Sum>, reduce_columns<Arch, T, Prod>,
                      reduce_columns<Arch, T, Max>, reduce_columns<Arch, T, Min>}};
}

}  // namespace

template <>
constinit const ReduceKernels<float> KernelsFor<ReduceKernels<float>, kTargetIsa>::table =
    make_table<float>();
template <>
constinit const ReduceKernels<double> KernelsFor<ReduceKernels<double>, kTargetIsa>::table =
    make_table<double>();

}  // namespace tapegrad::kernels
