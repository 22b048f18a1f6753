#pragma once

/// @file
/// Tensors over memory that your program owns, without a copy, and elements handed to other
/// libraries by DLPack.
///
///     std::vector<float> pixels(28 * 28);
///     tg::Tensor image = tg::from_blob(std::span(pixels), {28, 28});
///     pixels[0] = 1;
///     tg::touch(image);  // a gradient that needs the old elements now fails

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "autograd/tensor/tensor.h"

/// As DLPack's own header declares it.
struct DLManagedTensor;

namespace tapegrad {

/// @addtogroup host_memory
/// Tensors that show elements of the host program, and elements of tensors in its hands: nothing is
/// copied. Operators read such a tensor as any other, what changes in place writes into the host's
/// memory, and no operator reuses it for a result.
///
/// **What the host changes behind the library's back.** An operator may save an input for its
/// gradient. After the host has changed elements of such an input, `backward` throws `GradError`:
/// by a checksum, which is taken of what is saved of this memory and compared in `backward` (a pass
/// over the elements each), or, where the host says so, by the version that `touch` raises. So
/// nothing is copied by default, which is what this memory is for, and no gradient is wrong in
/// silence. An operator that is to keep the old elements takes `x.clone()`.
///
/// The memory must stay until the last tensor that shows a part of it is gone, and every record
/// that saved one; a deleter tells. It is called once, on whichever thread that happens, and must
/// not throw. After an error the memory is the caller's, and the deleter is not called.
/// @{

/// A tensor over the elements at `data`, as `dtype`, row by row. Errors: `ValueError` for a null
/// pointer to elements, and for one that is not aligned to the element type; `ShapeError`,
/// `OutOfMemoryError`.
Tensor from_blob(void* data, const Shape& shape, DType dtype,
                 std::function<void(void*)> deleter = {});
/// The same with the element type of the pointer.
template <Element T>
Tensor from_blob(T* data, const Shape& shape, std::function<void(void*)> deleter = {}) {
  return from_blob(static_cast<void*>(data), shape, dtype_of<T>, std::move(deleter));
}

/// @cond
namespace detail {
/// On behalf of the function `name`.
Tensor show_host_memory(const char* name, void* data, const Shape& shape, DType dtype,
                        std::function<void(void*)> deleter);
Tensor from_span(void* data, std::size_t count, const Shape& shape, DType dtype);
[[noreturn]] void fail_strided(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t inner,
                               std::ptrdiff_t outer);

/// A dense matrix or map of Eigen, or what looks like one.
template <class Matrix>
concept HostMatrix = requires(Matrix& matrix) {
  requires Element<std::remove_pointer_t<decltype(matrix.data())>>;
  matrix.rows();
  matrix.cols();
  matrix.innerStride();
  matrix.outerStride();
  Matrix::IsRowMajor;
  Matrix::IsVectorAtCompileTime;
};
}  // namespace detail
/// @endcond

/// A tensor over the elements of a span, which must be as many as `shape` says. Errors: those above.
template <Element T>
Tensor from_blob(std::span<T> data, const Shape& shape) {
  return detail::from_span(data.data(), data.size(), shape, dtype_of<T>);
}
/// One of one dimension.
template <Element T>
Tensor from_blob(std::span<T> data) {
  return from_blob(data, Shape(static_cast<std::int64_t>(data.size())));
}
/// A tensor over an Eigen matrix or map, `[rows, cols]`, or over a vector, `[size]`. Eigen stores
/// column by column unless told otherwise: such a matrix does not compile here, and
/// `from_blob(m.data(), {m.cols(), m.rows()})` shows its transpose. The other way round,
/// `Eigen::Map<const Matrix>(x.data<float>().data(), rows, cols)` with a row-major `Matrix` shows a
/// tensor. Errors: those above; `ShapeError` for a map with gaps.
template <detail::HostMatrix Matrix>
Tensor from_blob(Matrix& matrix) {
  static_assert(
      Matrix::IsVectorAtCompileTime || Matrix::IsRowMajor,
      "this matrix is stored column by column: declare it with Eigen::RowMajor, or show its "
      "transpose, from_blob(m.data(), {m.cols(), m.rows()})");
  const std::ptrdiff_t rows = matrix.rows(), columns = matrix.cols();
  if (matrix.innerStride() != 1 ||
      (!Matrix::IsVectorAtCompileTime && matrix.outerStride() != columns && rows > 1))
    detail::fail_strided(rows, columns, matrix.innerStride(), matrix.outerStride());
  if constexpr (Matrix::IsVectorAtCompileTime)
    return from_blob(matrix.data(), Shape(rows * columns));
  else
    return from_blob(matrix.data(), Shape{rows, columns});
}
// A copy that is about to die has nothing to show.
template <class Matrix>
requires detail::HostMatrix<Matrix> Tensor from_blob(const Matrix&& matrix)
= delete;

/// Says that the host has changed elements of `x`: raises the version, as a change in place does,
/// so that a gradient that needs the old ones fails. Of any tensor.
void touch(const Tensor& x);

/// `x` for another library, by the exchange format DLPack (https://dmlc.github.io/dlpack, its
/// unversioned form, on the CPU): shares the elements, whose tensor lives until the receiver calls
/// the `deleter` of the result, or the result is destroyed unread. From then on the elements count
/// as host memory. Errors: `GradError` for a tensor that requires a gradient (use `detach()`), and
/// where a record has saved these elements, or a view shows them, that the receiver could change:
/// hand out a `clone()`.
std::unique_ptr<DLManagedTensor, void (*)(DLManagedTensor*)> to_dlpack(const Tensor& x);
/// A tensor over the elements of another library, which it keeps until the last tensor that shows
/// them is gone: then the `deleter` of `managed` is called. After an error `managed` is as it was,
/// and the caller's. Errors: `ValueError` for a null pointer, another device than the CPU, elements
/// that are not aligned, and strides that are not row by row; `DTypeError` for an element type that
/// there is not; `ShapeError` for more than 8 dimensions.
Tensor from_dlpack(DLManagedTensor* managed);

/// @}

}  // namespace tapegrad
