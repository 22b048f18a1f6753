#include "autograd/tensor/default_dtype.h"

#include "autograd/tensor/fail.h"

namespace tapegrad {

void detail::require_default_dtype(DType dtype, const char* name) {
  if (!is_floating_point(dtype))
    fail<DTypeError>("{}: the default element type is float32 or float64, not {}", name, dtype);
}

void set_default_dtype(DType dtype) {
  detail::require_default_dtype(dtype, "set_default_dtype");
  detail::process_dtype.store(dtype, std::memory_order_relaxed);
}

DefaultDType::DefaultDType(DType dtype) : before_(detail::thread_dtype) {
  detail::require_default_dtype(dtype, "DefaultDType");
  detail::thread_dtype = dtype;
}

}  // namespace tapegrad
