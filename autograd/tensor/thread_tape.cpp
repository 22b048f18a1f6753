#include "autograd/tensor/thread_tape.h"

#include "autograd/tensor/fail.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad {

thread_local constinit detail::ThreadTape detail::thread_tape;

const char* current_scope() noexcept { return detail::thread_tape.scope; }

namespace detail {

void before_write(const Tensor& tensor, Change change) {
  if (!thread_tape.recording || !tensor.requires_grad()) return;
  if (tensor.is_leaf())
    fail<GradError>(
        "{}: a leaf of shape {} that requires gradients cannot be changed in place while gradients "
        "are recorded; do it inside a NoGrad scope, or on a detach()ed tensor",
        change.name(), tensor.shape());
  fail<GradError>(
      "{}: the elements of a recorded tensor of shape {} cannot be changed by hand while gradients "
      "are recorded; do it inside a NoGrad scope, or on a detach()ed tensor",
      change.name(), tensor.shape());
}

void require_no_history(const Tensor& value, const char* what, const char* name) {
  if (thread_tape.recording && value.requires_grad())
    fail<GradError>(
        "{}: {} requires gradients, which do not pass this function; take {}.detach(), or "
        "expand({}, shape), which is recorded",
        name, what, what, what);
}

}  // namespace detail

}  // namespace tapegrad
