#include "autograd/tensor/create/host_memory.h"

#include <utility>

#include "autograd/base/fail.h"
#include "autograd/tensor/door/door.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace detail {

Tensor show_host_memory(const char* name, void* data, const Shape& shape, DType dtype,
                        std::function<void(void*)> deleter) {
  const std::int64_t numel = allocating_for(name, [&] { return checked_numel(shape, dtype); });
  if (!data && numel != 0)
    fail<ValueError>("{}: the pointer is null, but shape {} has {} elements", name, shape, numel);
  if (reinterpret_cast<std::uintptr_t>(data) % size_of(dtype) != 0)
    fail<ValueError>(
        "{}: the memory is not aligned to the {} bytes of a {} element; copy it to where it is "
        "aligned",
        name, size_of(dtype), dtype);
  Tensor x = allocating_for(
      name, [&] { return adopt(new_host_value(shape, dtype, data, std::move(deleter))); });
  announce(Event::host_write, *impl_of(x));
  return x;
}

Tensor from_span(void* data, std::size_t count, const Shape& shape, DType dtype) {
  const std::int64_t numel =
      allocating_for("from_blob", [&] { return checked_numel(shape, dtype); });
  if (static_cast<std::int64_t>(count) != numel)
    fail<ShapeError>("from_blob: the span has {} elements, but shape {} has {}", count, shape,
                     numel);
  return show_host_memory("from_blob", data, shape, dtype, {});
}

void fail_strided(std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t inner,
                  std::ptrdiff_t outer) {
  fail<ShapeError>(
      "from_blob: a map of {} x {} elements with strides {} and {} has gaps, and tensors have "
      "none; copy it to a matrix of its own",
      rows, columns, outer, inner);
}

}  // namespace detail

Tensor from_blob(void* data, const Shape& shape, DType dtype, std::function<void(void*)> deleter) {
  return detail::show_host_memory("from_blob", data, shape, dtype, std::move(deleter));
}

void touch(const Tensor& x) {
  static const detail::Change change("touch");
  detail::require_defined(x, "touch");
  detail::impl_of(x)->changed(change);
  detail::announce(detail::Event::host_write, *detail::impl_of(x));
}

}  // namespace tapegrad
