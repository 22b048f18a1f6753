#include "autograd/tensor/create/default_dtype.h"

#include "autograd/tensor/require.h"

namespace tapegrad {

void set_default_dtype(DType dtype) {
  detail::require_floating(dtype, "set_default_dtype");
  detail::process_dtype.store(dtype, std::memory_order_relaxed);
}

DefaultDType::DefaultDType(DType dtype) : before_(detail::thread_dtype) {
  detail::require_floating(dtype, "DefaultDType");
  detail::thread_dtype = dtype;
}

}  // namespace tapegrad
