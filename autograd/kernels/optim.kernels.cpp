#include "autograd/kernels/optim.h"

#include "autograd/kernels/arch.h"
#include "autograd/kernels/optim_table.h"

namespace tapegrad::kernels {

namespace {

template <class T, class Arch = TargetArch>
constexpr OptimKernels<T> make_table() {
  return {.sgd = sgd<Arch, T>,
          .adam = adam<Arch, T>,
          .rmsprop = rmsprop<Arch, T>,
          .adagrad = adagrad<Arch, T>};
}

}  // namespace

template <>
constinit const OptimKernels<float> KernelsFor<OptimKernels<float>, kTargetIsa>::table =
    make_table<float>();
template <>
constinit const OptimKernels<double> KernelsFor<OptimKernels<double>, kTargetIsa>::table =
    make_table<double>();

}  // namespace tapegrad::kernels
