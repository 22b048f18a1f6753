#include "autograd/ops/core/elementwise_seldom.h"

#include "autograd/ops/core/broadcast_loop.h"

namespace tapegrad::detail {

namespace {

template <class T>
void each_element_of(ElementFunction f, const void* parameters, int count,
                     const kernels::Operand* in, T* out, std::int64_t outer, std::int64_t inner,
                     bool add) {
  double values[kMostOperands] = {};
  for (std::int64_t o = 0; o < outer; ++o) {
    for (std::int64_t i = 0; i < inner; ++i, ++out) {
      for (int k = 0; k < count; ++k)
        values[k] = static_cast<const T*>(in[k].data)[o * in[k].outer + i * in[k].inner];
      const T value = static_cast<T>(f(parameters, values));
      *out = add ? *out + value : value;
    }
  }
}

}  // namespace

void each_element(ElementFunction f, const void* parameters, int count, const kernels::Operand* in,
                  float* out, std::int64_t outer, std::int64_t inner, bool add) {
  each_element_of(f, parameters, count, in, out, outer, inner, add);
}
void each_element(ElementFunction f, const void* parameters, int count, const kernels::Operand* in,
                  double* out, std::int64_t outer, std::int64_t inner, bool add) {
  each_element_of(f, parameters, count, in, out, outer, inner, add);
}

}  // namespace tapegrad::detail
