#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "autograd/base/try.h"
#include "autograd/tensor/tensor.h"

// Internal: mistakes that many operators can be given, each with one wording. `name` is the
// operator's, `what` an argument of it, such as "weight". What is checked here costs a comparison;
// texts are made on the way out only.

namespace tapegrad::detail {

// ---- The undefined tensor: ValueError ----------------------------------------------------------

/// `what`: "the argument", "the index".
[[noreturn, gnu::cold]] void fail_undefined(const char* what, const char* name);

[[gnu::always_inline]] inline void require_defined(const Tensor& tensor, const char* what,
                                                   const char* name) {
  if (!tensor.defined()) [[unlikely]]
    fail_undefined(what, name);
}
[[gnu::always_inline]] inline void require_defined(const Tensor& argument, const char* name) {
  require_defined(argument, "the argument", name);
}
[[gnu::always_inline]] inline void require_defined(const Tensor& a, const Tensor& b,
                                                   const char* name) {
  require_defined(a, "the first argument", name);
  require_defined(b, "the second argument", name);
}

// ---- Element types: DTypeError -----------------------------------------------------------------

[[noreturn, gnu::cold]] void fail_not_floating(DType dtype, const char* name);
/// Of a tensor; an undefined one is a `ValueError`.
[[gnu::always_inline]] inline void require_floating(const Tensor& tensor, const char* name) {
  require_defined(tensor, name);
  if (!is_floating_point(impl_of(tensor)->dtype)) [[unlikely]]
    fail_not_floating(impl_of(tensor)->dtype, name);
}
/// Of a tensor to be made.
void require_floating(DType dtype, const char* name);
[[noreturn, gnu::cold]] void fail_other_type(const char* what, DType dtype, const char* other,
                                             DType expected, const char* name);
/// "the bias is float64 but the input is float32".
[[gnu::always_inline]] inline void require_same_type(const char* what, DType dtype,
                                                     const char* other, DType expected,
                                                     const char* name) {
  if (dtype != expected) [[unlikely]]
    fail_other_type(what, dtype, other, expected, name);
}
/// Classes and indices; `what` is plural, as "the classes".
void require_int64(const char* what, DType dtype, const char* name);

// ---- Shapes: ShapeError ------------------------------------------------------------------------

[[noreturn, gnu::cold]] void fail_other_shape(const char* what, const Shape& shape,
                                              const char* other, const Shape& expected,
                                              const char* name);
/// "the gradient has shape [2] but the tensor has shape [3]".
[[gnu::always_inline]] inline void require_same_shape(const char* what, const Shape& shape,
                                                      const char* other, const Shape& expected,
                                                      const char* name) {
  if (shape != expected) [[unlikely]]
    fail_other_shape(what, shape, other, expected, name);
}
/// A size that is an argument of its own.
void require_size(std::int64_t size, const char* what, const char* name);
/// The shape both broadcast to.
Shape broadcast(const Shape& a, const Shape& b, const char* name);
/// For a tensor that is to get one more dimension.
void require_room(const Shape& shape, const char* name);
/// Of a reduction that chooses an element of each slice.
[[noreturn, gnu::cold]] void fail_nothing_to_choose(const Shape& shape, const Dims& dims,
                                                    const char* name);

// ---- Positions: IndexError ---------------------------------------------------------------------

/// `dim` counted from 0, for a tensor of `rank` dimensions (a number counts as one).
int normal_dim(std::int64_t dim, int rank, const char* name);
/// Of a list of dimensions that names `dim` more than once.
[[noreturn, gnu::cold]] void fail_named_twice(std::int64_t dim, const Dims& dims, const char* name);
/// `index` of dimension `dim` counted from 0; negative ones count from the end.
std::int64_t normal_index(std::int64_t index, int dim, const Shape& shape, const char* name);

// ---- Classes: ShapeError, DTypeError, IndexError -----------------------------------------------

/// Checks what a loss of classes is given: `scores` (`what`: "logits") `[N, C]`, `[C]` or
/// `[N, C, ...]` of a floating-point type, and `target` int64 classes without the `C`, or, where
/// `probabilities` are taken, floating-point of the same shape. Errors: `DTypeError`,
/// `ShapeError`, with the way out for swapped arguments, labels `[N, 1]` and one-hot rows.
void require_classes(const Tensor& scores, const Tensor& target, const char* what, const char* name,
                     bool probabilities = true);

/// One weight for each class. Errors: `ShapeError`.
void require_class_weights(const Tensor& weight, std::int64_t classes, const char* name);

/// `what`: "target 3".
[[noreturn, gnu::cold]] void fail_class(const std::string& what, std::int64_t value,
                                        std::int64_t classes, const char* name);

// ---- Numbers: ValueError -----------------------------------------------------------------------

void require_probability(double p, const char* what, const char* name);

// ---- Histories: GradError -----------------------------------------------------------------------

/// Throws `GradError` when `tensor` must not be changed in place outside the tape.
void before_write(const Tensor& tensor, Change change);
/// Throws `GradError` when gradients are recorded and `value`, the argument `what` of the function
/// `name`, has a history that its result would lose.
void require_no_history(const Tensor& value, const char* what, const char* name);

// ---- Memory: ShapeError, OutOfMemoryError ------------------------------------------------------

/// No address space has more; the limit also keeps sums of sizes within 64 bits.
inline constexpr std::int64_t kMostBytes = std::int64_t{1} << 47;

/// A tensor that could not be made, by what does not know for which operator: the base beside
/// `ShapeError` or `OutOfMemoryError`.
struct Unallocated {
  Shape shape;
  DType dtype;
  bool refused;  ///< by the system; otherwise the shape makes no sense
  [[noreturn, gnu::cold]] void throw_for(std::string_view name) const;
};
template <class E>
[[noreturn, gnu::cold]] void throw_unallocated(const Shape& shape, DType dtype,
                                               const char* name = nullptr);

/// Rethrows what is being handled; where that is about memory, and does not name a function yet, as
/// an error of the function `name`: of a tensor (`Unallocated`), or, by `std::bad_alloc`, of
/// something beside tensors.
[[noreturn, gnu::cold]] void rethrow_for(std::string_view name);

/// Calls `f()`; where that finds no memory, for whatever, the error is an `OutOfMemoryError` of the
/// function `name`, or of what `name()` returns. Costs nothing otherwise. Operators have it by
/// `apply`; other public functions that allocate begin with it.
template <class Name, class F>
[[gnu::always_inline]] inline decltype(auto) allocating_for(const Name& name, F&& f) {
  TAPEGRAD_TRY { return f(); }
  TAPEGRAD_CATCH_ALL {
    if constexpr (std::is_invocable_v<const Name&>)
      rethrow_for(name());
    else
      rethrow_for(name);
  }
}

}  // namespace tapegrad::detail
