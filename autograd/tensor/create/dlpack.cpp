#include "autograd/tensor/create/dlpack.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/host_memory.h"
#include "autograd/tensor/door/door.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace {

static_assert(sizeof(void*) != 8 ||
              (sizeof(DLManagedTensor) == 64 && sizeof(DLManagedTensor::Array) == 48));

/// What is handed out: the struct, the sizes that it points at, and the tensor that it shows.
struct HandedOut {
  DLManagedTensor managed{};
  std::int64_t shape[kMaxRank], strides[kMaxRank];
  Tensor tensor;
};

DLManagedTensor::DataType data_type(DType dtype) {
  const auto bits = static_cast<std::uint8_t>(8 * size_of(dtype));
  const std::uint8_t code = is_floating_point(dtype) ? DLManagedTensor::kFloat
                            : dtype == boolean       ? DLManagedTensor::kBool
                                                     : DLManagedTensor::kInt;
  return {code, bits, 1};
}

DType element_type(const DLManagedTensor::DataType& type) {
  for (const DType dtype : {float32, float64, int64, boolean}) {
    const DLManagedTensor::DataType ours = data_type(dtype);
    if (type.code == ours.code && type.bits == ours.bits && type.lanes == 1) return dtype;
  }
  fail<DTypeError>(
      "from_dlpack: there is no element type for kind {} with {} bits and {} lanes; convert to "
      "float32, float64, int64 or bool first",
      type.code, type.bits, type.lanes);
}

Shape shape_of(const DLManagedTensor::Array& array) {
  if (array.ndim < 0 || array.ndim > kMaxRank)
    fail<ShapeError>("from_dlpack: {} dimensions; tensors have up to {}", array.ndim, kMaxRank);
  Shape shape;
  for (int d = 0; d < array.ndim; ++d) shape.push_back(array.shape[d]);
  return shape;
}

/// True when the elements lie row by row without gaps.
bool row_by_row(const DLManagedTensor::Array& array, const Shape& shape) {
  if (!array.strides) return true;
  if (std::count(shape.begin(), shape.end(), 0) > 0) return true;
  std::int64_t expected = 1;
  for (int d = shape.rank(); d-- > 0; expected *= shape[d]) {
    if (shape[d] != 1 && array.strides[d] != expected) return false;
  }
  return true;
}

/// True when nothing but handles, and `value` itself as a view, holds its data: no record has saved
/// a part of it, and no other view shows one.
bool held_by_handles_alone(detail::Impl& value) {
  detail::Impl& owner = *value.owner();
  if (&owner == &value) return value.holds.load() == 1;
  return value.holds.load() == 1 && owner.holds.load() == (owner.handles.load() != 0) + 1;
}

}  // namespace

std::unique_ptr<DLManagedTensor, void (*)(DLManagedTensor*)> to_dlpack(const Tensor& x) {
  detail::require_defined(x, "to_dlpack");
  if (x.requires_grad())
    fail<GradError>(
        "to_dlpack: a tensor of shape {} that requires a gradient, which other libraries know "
        "nothing of; hand out its detach()",
        x.shape());
  detail::Impl& value = *detail::impl_of(x);
  if (!value.in_host_memory() && !held_by_handles_alone(value))
    fail<GradError>(
        "to_dlpack: the elements of this tensor of shape {} are saved by a record, or shown by a "
        "view (reshape, narrow, detach), which the receiver could change; hand out a clone(), or "
        "drop those first",
        x.shape());
  std::unique_ptr<HandedOut> out;
  try {
    out = std::make_unique<HandedOut>();
  } catch (const std::bad_alloc&) {
    fail<OutOfMemoryError>("to_dlpack: no memory for the description of the tensor");
  }
  const Shape& shape = x.shape();
  std::int64_t stride = 1;
  for (int d = shape.rank(); d-- > 0; stride *= shape[d]) {
    out->shape[d] = shape[d];
    out->strides[d] = stride;
  }
  out->tensor = x;
  detail::Impl& owner = *value.owner();
  owner.base = &owner;
  detail::announce(detail::Event::host_write, value);
  out->managed.dl_tensor = {detail::Raw::of(value),
                            {DLManagedTensor::kCpu, 0},
                            shape.rank(),
                            data_type(x.dtype()),
                            out->shape,
                            out->strides,
                            0};
  out->managed.manager_ctx = out.get();
  out->managed.deleter = [](DLManagedTensor* self) {
    delete static_cast<HandedOut*>(self->manager_ctx);
  };
  return {&out.release()->managed, [](DLManagedTensor* self) { self->deleter(self); }};
}

Tensor from_dlpack(DLManagedTensor* managed) {
  if (!managed) fail<ValueError>("from_dlpack: the pointer is null");
  const DLManagedTensor::Array& array = managed->dl_tensor;
  if (array.device.device_type != DLManagedTensor::kCpu &&
      array.device.device_type != DLManagedTensor::kCudaHost)
    fail<ValueError>(
        "from_dlpack: the elements are on a device of kind {}, not on the CPU (kind {}); copy them "
        "there first",
        array.device.device_type, DLManagedTensor::kCpu);
  const DType dtype = element_type(array.dtype);
  const Shape shape = shape_of(array);
  if (!row_by_row(array, shape))
    fail<ValueError>(
        "from_dlpack: elements of shape {} whose strides [{}] are not row by row; hand over a "
        "contiguous copy",
        shape, fmt::join(array.strides, array.strides + array.ndim, ", "));
  void* data = array.data ? static_cast<char*>(array.data) + array.byte_offset : nullptr;
  return detail::show_host_memory("from_dlpack", data, shape, dtype, [managed](void*) {
    if (managed->deleter) managed->deleter(managed);
  });
}

}  // namespace tapegrad
