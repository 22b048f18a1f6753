#include "autograd/tensor/require.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <string>

#include "autograd/base/fail.h"
#include "autograd/base/threads/thread_tape.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::detail {

void fail_undefined(const char* what, const char* name) {
  fail<ValueError>(
      "{}: {} is an undefined tensor: one that was never assigned, that was moved from, or the "
      "grad() of a tensor that no backward() has reached, or of a result without retain_grad(); "
      "ask with defined()",
      name, what);
}

void fail_visit_floating(DType dtype) {
  fail<DTypeError>("visit_floating: the element type is {}, not float32 or float64", dtype);
}

void fail_not_floating(DType dtype, const char* name) {
  fail<DTypeError>("{}: needs a float32 or float64 tensor, not {}; convert it with to(float32)",
                   name, dtype);
}

void require_floating(DType dtype, const char* name) {
  if (!is_floating_point(dtype))
    fail<DTypeError>("{}: the element type must be float32 or float64, not {}", name, dtype);
}

void fail_other_type(const char* what, DType dtype, const char* other, DType expected,
                     const char* name) {
  fail<DTypeError>("{}: the {} is {} but the {} is {}; convert one of them with to()", name, what,
                   dtype, other, expected);
}

void require_int64(const char* what, DType dtype, const char* name) {
  if (dtype != int64)
    fail<DTypeError>("{}: {} must be int64, not {}; convert with to(int64)", name, what, dtype);
}

void fail_other_shape(const char* what, const Shape& shape, const char* other,
                      const Shape& expected, const char* name) {
  fail<ShapeError>("{}: the {} has shape {} but the {} has shape {}; they must be the same", name,
                   what, shape, other, expected);
}

void require_size(std::int64_t size, const char* what, const char* name) {
  if (size < 0) fail<ShapeError>("{}: {} must not be negative, but is {}", name, what, size);
}

void require_room(const Shape& shape, const char* name) {
  if (shape.rank() == kMaxRank)
    fail<ShapeError>("{}: shape {} has {} dimensions already, and no tensor has more", name, shape,
                     kMaxRank);
}

void fail_nothing_to_choose(const Shape& shape, const Dims& dims, const char* name) {
  fail<ShapeError>("{}: a tensor of shape {} has no element to choose from over dimensions {}",
                   name, shape, dims);
}

Shape broadcast(const Shape& a, const Shape& b, const char* name) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  Shape result = longer;
  const int shift = longer.rank() - shorter.rank();
  for (int i = 0; i < shorter.rank(); ++i) {
    const int at = i + shift;
    const std::int64_t other = shorter[i];
    if (result[at] == other || other == 1) continue;
    if (result[at] != 1)
      fail<ShapeError>(
          "{}: shapes {} and {} do not broadcast: sizes {} and {} at dimension {} from the end "
          "differ and neither is 1",
          name, a, b, result[at], other, longer.rank() - at);
    result[at] = other;
  }
  return result;
}

int normal_dim(std::int64_t dim, int rank, const char* name) {
  const int range = std::max(rank, 1);
  if (dim < -range || dim >= range)
    fail<IndexError>("{}: dimension {} is out of range for a tensor of {} dimensions ({} to {})",
                     name, dim, rank, -range, range - 1);
  return static_cast<int>(dim < 0 ? dim + range : dim);
}

void fail_named_twice(std::int64_t dim, const Dims& dims, const char* name) {
  fail<IndexError>("{}: dimension {} is named twice in {}", name, dim, dims);
}

std::int64_t normal_index(std::int64_t index, int dim, const Shape& shape, const char* name) {
  const std::int64_t size = shape[dim];
  if (index < -size || index >= size)
    fail<IndexError>("{}: index {} is out of range for dimension {} of shape {}{}", name, index,
                     dim, shape,
                     size == 0 ? std::string() : fmt::format(" ({} to {})", -size, size - 1));
  return index < 0 ? index + size : index;
}

void require_probability(double p, const char* what, const char* name) {
  if (!(p >= 0 && p <= 1))
    fail<ValueError>("{}: {} must be a probability, in [0, 1], but is {}", name, what, p);
}

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

namespace {

template <class E>
struct UnallocatedError : E, Unallocated {
  UnallocatedError(const std::string& text, const Unallocated& what) : E(text), Unallocated(what) {}
};

std::string text_of(const Unallocated& what) {
  const auto size = static_cast<double>(size_of(what.dtype));
  double bytes = size;  // may be beyond every integer
  for (std::int64_t n : what.shape) {
    if (n < 0) return fmt::format("shape {} has a negative size", what.shape);
    bytes *= static_cast<double>(n);
  }
  if (what.refused)
    return fmt::format("the system refused the {:.0f} bytes of a tensor of shape {} and type {}",
                       bytes, what.shape, what.dtype);
  return fmt::format(
      "a tensor of shape {} and type {} would take {:.4g} bytes; no address space holds more than "
      "2^47",
      what.shape, what.dtype, bytes);
}

}  // namespace

void Unallocated::throw_for(std::string_view name) const try {
  if (refused) fail<OutOfMemoryError>("{}: {}", name, text_of(*this));
  fail<ShapeError>("{}: {}", name, text_of(*this));
} catch (const std::bad_alloc&) {
  rethrow_for(name);
}

void rethrow_for(std::string_view name) {
  try {
    throw;
  } catch (const Unallocated& what) {
    what.throw_for(name);
  } catch (const std::bad_alloc&) {
    fail<OutOfMemoryError>(
        "{}: the system refused memory, not for a tensor but for what is listed or written beside "
        "them",
        name);
  }
}

template <class E>
void throw_unallocated(const Shape& shape, DType dtype, const char* name) {
  const Unallocated what{shape, dtype, std::is_same_v<E, OutOfMemoryError>};
  if (name) what.throw_for(name);
  try {
    throw UnallocatedError<E>(text_of(what), what);
  } catch (const std::bad_alloc&) {
    rethrow_for("tensor");
  }
}
template void throw_unallocated<ShapeError>(const Shape&, DType, const char*);
template void throw_unallocated<OutOfMemoryError>(const Shape&, DType, const char*);

}  // namespace tapegrad::detail
