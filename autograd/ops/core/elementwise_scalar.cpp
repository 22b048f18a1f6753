#include "autograd/ops/core/elementwise_scalar.h"

#include "autograd/ops/core/broadcast_loop.h"

namespace tapegrad::detail {

template <class T>
void each_element(ElementFunction f, const void* parameters, int count, const kernels::Operand* in,
                  void* out, std::int64_t outer, std::int64_t inner, bool add) {
  double values[kMostOperands] = {};
  T* to = static_cast<T*>(out);
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t i = 0; i < inner; ++i, ++to) {
      for (int k = 0; k < count; ++k)
        values[k] = static_cast<const T*>(in[k].data)[o * in[k].outer + i * in[k].inner];
      const T value = static_cast<T>(f(parameters, values));
      *to = add ? *to + value : value;
    }
  }
}

template void each_element<float>(ElementFunction, const void*, int, const kernels::Operand*, void*,
                                  std::int64_t, std::int64_t, bool);
template void each_element<double>(ElementFunction, const void*, int, const kernels::Operand*,
                                   void*, std::int64_t, std::int64_t, bool);

}  // namespace tapegrad::detail
