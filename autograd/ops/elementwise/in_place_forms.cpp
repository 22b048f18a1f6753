#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/ops.h"

namespace tapegrad {

namespace {

using PlainUnary = Tensor (*)(Tensor);
using PlainAlong = Tensor (*)(const Tensor&, int, const Tensor&, const Tensor&);
using PlainMasked = Tensor (*)(const Tensor&, const Tensor&, const Tensor&);

/// What a plain form reads: rules read the old value, so that a recorded call gets a copy of it.
Tensor to_read(const Tensor& x, bool recorded) { return recorded ? x.clone() : x; }

Tensor& put_unary(Tensor& x, detail::Change change, PlainUnary f) {
  detail::require_defined(x, change.name());
  detail::assign_in_place(x, f(to_read(x, detail::should_record(x))), change);
  return x;
}

Tensor& put_along(Tensor& x, int dim, const Tensor& index, const Tensor& source, const char* what,
                  detail::Change change, PlainAlong f) {
  detail::require_defined(x, "the first argument", change.name());
  detail::require_defined(index, "the index", change.name());
  detail::require_defined(source, what, change.name());
  const bool recorded = detail::should_record(x, source);
  detail::assign_in_place(x, f(to_read(x, recorded), dim, index, source), change);
  return x;
}

Tensor& put_masked(Tensor& x, const Tensor& mask, const Tensor& source, const char* what,
                   detail::Change change, PlainMasked f) {
  detail::require_defined(x, "the first argument", change.name());
  detail::require_defined(mask, "the mask", change.name());
  detail::require_defined(source, what, change.name());
  const bool recorded = detail::should_record(x, source);
  detail::assign_in_place(x, f(to_read(x, recorded), mask, source), change);
  return x;
}

}  // namespace

// Each is its plain form. A change is kept, because to make one takes a lock.
#define TAPEGRAD_IN_PLACE(f)                    \
  Tensor& f##_(Tensor& x) {                     \
    static const detail::Change change(#f "_"); \
    return put_unary(x, change, f);             \
  }
#define TAPEGRAD_IN_PLACE_ALONG(f, source)                                      \
  Tensor& f##_(Tensor& x, int dim, const Tensor& index, const Tensor& source) { \
    static const detail::Change change(#f "_");                                 \
    return put_along(x, dim, index, source, "the " #source, change, f);         \
  }
#define TAPEGRAD_IN_PLACE_MASKED(f, source)                           \
  Tensor& f##_(Tensor& x, const Tensor& mask, const Tensor& source) { \
    static const detail::Change change(#f "_");                       \
    return put_masked(x, mask, source, "the " #source, change, f);    \
  }
TAPEGRAD_IN_PLACE(abs)
TAPEGRAD_IN_PLACE(ceil)
TAPEGRAD_IN_PLACE(floor)
TAPEGRAD_IN_PLACE(round)
TAPEGRAD_IN_PLACE(trunc)
TAPEGRAD_IN_PLACE(neg)
TAPEGRAD_IN_PLACE(sqrt)
TAPEGRAD_IN_PLACE(rsqrt)
TAPEGRAD_IN_PLACE(reciprocal)
TAPEGRAD_IN_PLACE(square)
TAPEGRAD_IN_PLACE(exp)
TAPEGRAD_IN_PLACE(log)
TAPEGRAD_IN_PLACE(sin)
TAPEGRAD_IN_PLACE(cos)
TAPEGRAD_IN_PLACE(sigmoid)
TAPEGRAD_IN_PLACE(tanh)
TAPEGRAD_IN_PLACE(relu)
TAPEGRAD_IN_PLACE_ALONG(index_add, source)
TAPEGRAD_IN_PLACE_ALONG(index_copy, source)
TAPEGRAD_IN_PLACE_ALONG(index_fill, value)
TAPEGRAD_IN_PLACE_ALONG(scatter, source)
TAPEGRAD_IN_PLACE_ALONG(scatter_add, source)
TAPEGRAD_IN_PLACE_MASKED(masked_fill, value)
TAPEGRAD_IN_PLACE_MASKED(masked_scatter, source)
#undef TAPEGRAD_IN_PLACE
#undef TAPEGRAD_IN_PLACE_ALONG
#undef TAPEGRAD_IN_PLACE_MASKED

}  // namespace tapegrad
