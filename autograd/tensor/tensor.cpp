#include "autograd/tensor/tensor.h"

#include "autograd/tensor/default_dtype.h"
#include "autograd/tensor/fail.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad {

namespace {

template <class T>
Tensor wrap_number(T value) {
  // With room for every type that it may take in place.
  Tensor tensor = Tensor::adopt(detail::new_impl({}, float64));
  tensor.impl()->dtype = dtype_of<T>;
  *static_cast<T*>(tensor.impl()->data) = value;
  tensor.impl()->flags.store(detail::Impl::kNumber, std::memory_order_relaxed);
  return tensor;
}

}  // namespace

Tensor Tensor::wrap(bool value) { return wrap_number(value); }
Tensor Tensor::wrap(std::int64_t value) { return wrap_number(value); }
Tensor Tensor::wrap(double value) { return wrap_number(value); }

void Tensor::undefined() {
  fail<ValueError>(
      "an undefined tensor was used: one that was never assigned, or the grad() of a tensor "
      "that no backward() has reached; ask with defined()");
}

std::int64_t Tensor::size(int dim) const {
  const Shape& sizes = shape();
  if (dim < -sizes.rank() || dim >= sizes.rank())
    fail<IndexError>("size: dimension {} is out of range for shape {}", dim, sizes);
  return sizes[dim];
}

const void* Tensor::typed_data(DType wanted) const {
  const detail::Impl& impl = checked();
  if (impl.dtype != wanted)
    fail<DTypeError>("data: the tensor holds {}, not {}; convert it with to({})", impl.dtype,
                     wanted, wanted);
  return impl.data;
}

void* Tensor::writable_data(DType wanted) {
  typed_data(wanted);
  detail::before_write(*this, detail::Change::write);
  impl_->changed(detail::Change::write);
  return impl_->data;
}

double Tensor::item_as_double() const {
  const detail::Impl& impl = checked();
  if (impl.numel != 1)
    fail<ShapeError>("item: the tensor of shape {} has {} elements, not one", impl.shape,
                     impl.numel);
  return visit_dtype(impl.dtype, [&]<class T>(T) {
    return static_cast<double>(*static_cast<const T*>(impl.data));
  });
}

void Tensor::does_not_fit(double value) {
  fail<ValueError>("item: {} does not fit the integer type that was asked for; use item<double>()",
                   value);
}

std::int64_t Tensor::item_as_int64() const {
  if (is_floating_point(dtype())) {
    const double value = item_as_double();
    if (!(value >= -0x1p63 && value < 0x1p63)) does_not_fit(value);
    return static_cast<std::int64_t>(value);
  }
  item_as_double();  // the same check
  return dtype() == int64 ? *static_cast<const std::int64_t*>(impl_->data)
                          : *static_cast<const bool*>(impl_->data);
}

std::int64_t Tensor::flat_index(const Shape& indices) const {
  const Shape& sizes = shape();
  if (indices.rank() != sizes.rank())
    fail<IndexError>("at: {} indices {} for a tensor of shape {}", indices.rank(), indices, sizes);
  std::int64_t flat = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::int64_t index = indices[i] < 0 ? indices[i] + sizes[i] : indices[i];
    if (index < 0 || index >= sizes[i])
      fail<IndexError>("at: index {} is out of range for dimension {} of shape {}", indices[i], i,
                       sizes);
    flat = flat * sizes[i] + index;
  }
  return flat;
}

bool Tensor::requires_grad() const {
  const detail::Impl& impl = checked();
  return impl.record.load(std::memory_order_relaxed) || impl.has(detail::Impl::kRequiresGrad);
}

bool Tensor::is_leaf() const { return !checked().record.load(std::memory_order_relaxed); }

Tensor& Tensor::requires_grad_(Flag requires_grad) {
  detail::Impl& impl = checked();
  if (!is_leaf()) {
    if (requires_grad) return *this;
    fail<GradError>(
        "requires_grad_: only a leaf can stop requiring gradients; use detach() for a tensor that "
        "an "
        "operator made");
  }
  const bool number = impl.has(detail::Impl::kNumber) && impl.dtype != boolean;
  if (requires_grad && number) {
    const double value = item();
    const DType dtype = get_default_dtype();
    if (dtype != impl.dtype) {
      detail::retype_number(impl_, dtype, detail::Change::requires_grad);
      visit_floating(dtype,
                     [&]<class T>(T) { *static_cast<T*>(impl.data) = static_cast<T>(value); });
      impl.changed(detail::Change::requires_grad);
    }
    impl.set(detail::Impl::kNumber, false);
  }
  if (requires_grad && !is_floating_point(impl.dtype))
    fail<DTypeError>("requires_grad_: only float32 and float64 tensors have gradients, not {}",
                     impl.dtype);
  impl.set(detail::Impl::kRequiresGrad, requires_grad);
  return *this;
}

Tensor Tensor::grad() const { return checked().grad ? share(impl_->grad) : Tensor(); }

MutableGrad Tensor::mutable_grad() const {
  if (!checked().grad)
    fail<GradError>(
        "mutable_grad: the tensor of shape {} has no gradient: no backward() has reached it; "
        "set_grad puts one in",
        impl_->shape);
  return MutableGrad(share(impl_->grad));
}

void Tensor::set_grad(const Tensor& grad) {
  detail::Impl& impl = checked();
  if (grad.defined()) {
    if (grad.is_same(*this))
      fail<ValueError>("set_grad: a tensor cannot be its own gradient; use a clone()");
    if (grad.shape() != impl.shape)
      fail<ShapeError>("set_grad: a gradient of shape {} for a tensor of shape {}", grad.shape(),
                       impl.shape);
    if (grad.dtype() != impl.dtype)
      fail<DTypeError>("set_grad: a gradient of type {} for a tensor of type {}", grad.dtype(),
                       impl.dtype);
  }
  detail::retain(grad.impl());
  detail::release(std::exchange(impl.grad, grad.impl()));
}

void Tensor::zero_grad() { detail::release(std::exchange(checked().grad, nullptr)); }

Tensor Tensor::detach() const { return adopt(detail::new_view(impl_, checked().shape, 0)); }

}  // namespace tapegrad
