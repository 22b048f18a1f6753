#include "autograd/kernels/parallel.h"
#include "autograd/tensor/fail.h"

namespace tapegrad {

// Here and not beside the pool, because the kernels know nothing of the library's errors.
void set_num_threads(int n) {
  if (n < 1 || n > kMaxThreads)
    fail<ValueError>("set_num_threads: expected 1 to {} threads, got {}", kMaxThreads, n);
  kernels::detail::thread_count.store(n, std::memory_order_relaxed);
}

}  // namespace tapegrad
