#include "autograd/kernels/reduce/extremes.h"

#include "autograd/kernels/reduce/extremes_table.h"
#include "autograd/kernels/simd/arch.h"

namespace tapegrad::kernels {

template <>
constinit const ExtremesKernels<float> KernelsFor<ExtremesKernels<float>, kTargetIsa>::table = {
    extremes<TargetArch, float>};
template <>
constinit const ExtremesKernels<double> KernelsFor<ExtremesKernels<double>, kTargetIsa>::table = {
    extremes<TargetArch, double>};

}  // namespace tapegrad::kernels
