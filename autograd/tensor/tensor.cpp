#include "autograd/tensor/tensor.h"

#include "autograd/base/fail.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/default_dtype.h"
#include "autograd/tensor/door/launch.h"
#include "autograd/tensor/require.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad {

namespace {

template <class T>
Tensor wrap_number(T value) {
  // With room for every type that it may take in place.
  Tensor tensor = detail::adopt(detail::new_impl(detail::ShapeRef(), float64));
  detail::impl_of(tensor)->dtype = dtype_of<T>;
  detail::launch(
      "number", [](T* to, T from) { *to = from; }, detail::out<T>(tensor), value);
  detail::announce(detail::Event::host_write, *detail::impl_of(tensor));
  detail::impl_of(tensor)->flags.store(detail::Impl::kNumber, std::memory_order_relaxed);
  return tensor;
}

}  // namespace

Tensor Tensor::wrap(bool value) { return wrap_number(value); }
Tensor Tensor::wrap(std::int64_t value) { return wrap_number(value); }
Tensor Tensor::wrap(double value) { return wrap_number(value); }

void detail::fail_unsigned(std::uint64_t value) {
  fail<ValueError>("tensor: {} does not fit int64; write it as a double", value);
}

void Tensor::undefined() {
  detail::fail_undefined("what was asked for its shape, type or elements", "Tensor");
}

std::int64_t Tensor::size(int dim) const {
  detail::require_defined(*this, "size");
  const Shape& sizes = shape();
  if (sizes.empty())
    fail<IndexError>("size: a number (0-d tensor) has no dimension {}; numel() is 1", dim);
  return sizes[detail::normal_dim(dim, sizes.rank(), "size")];
}

namespace {

/// The value of a tensor whose elements the function `name` asks for as a type; `conversion` is the
/// function that helps.
const detail::Impl& checked_data(const Tensor& tensor, DType wanted, const char* name,
                                 const char* conversion) {
  detail::require_defined(tensor, name);
  const detail::Impl& impl = *detail::impl_of(tensor);
  if (impl.dtype != wanted)
    fail<DTypeError>("{}: the tensor holds {}, not {}; convert it with {}({})", name, impl.dtype,
                     wanted, conversion, wanted);
  return impl;
}

}  // namespace

const void* Tensor::typed_data(DType wanted) const {
  const detail::Impl& impl = checked_data(*this, wanted, "data", "to");
  detail::announce(detail::Event::look, impl);
  return detail::Raw::of(impl);
}

namespace {

/// Lets no operator be recorded on elements that are being written.
class WriteScope : detail::Watcher {
 public:
  explicit WriteScope(const detail::Impl& value) noexcept : owner_(value.owner()) { start(); }
  ~WriteScope() { stop(); }

 private:
  void call(const detail::OperatorCall& call) override {
    if (!detail::thread_tape.recording || !call.type || !call.type->has_gradient) return;
    bool reads = false, recorded = false;
    for (const Tensor* input : call.inputs) {
      if (!input->defined()) continue;
      reads |= detail::impl_of(*input)->owner() == owner_;
      recorded |= input->requires_grad();
    }
    if (reads && recorded)
      fail<GradError>(
          "{}: it would be recorded on elements that write() is changing; call it after the write, "
          "or in a NoGrad scope",
          call.name);
  }

  const detail::Impl* owner_;
};

}  // namespace

void Tensor::write_with(DType wanted, void (*edit)(const void* context, void* elements),
                        const void* context) {
  static const detail::Change change("write");
  checked_data(*this, wanted, "write", "to_");
  detail::before_write(*this, change);
  impl_->changed(change);
  detail::announce(detail::Event::host_write, *impl_);
  const Tensor keep = *this;  // whatever `edit` does to the handle
  const WriteScope scope(*impl_);
  edit(context, detail::Raw::of(*impl_));
}

double Tensor::item_as_double() const {
  detail::require_defined(*this, "item");
  const detail::Impl& impl = *impl_;
  if (impl.numel() != 1)
    fail<ShapeError>(
        "item: the tensor of shape {} has {} elements, not one; choose one with at<T>({{...}}), "
        "reduce it with sum() or mean(), or take all with data<T>()",
        impl.shape(), impl.numel());
  return visit_dtype(impl.dtype, [&]<class T>(T) {
    return detail::launch(
        "item", [](const T* from) { return static_cast<double>(*from); }, detail::in<T>(*this));
  });
}

void Tensor::does_not_fit(double value) {
  fail<ValueError>("item: {} does not fit the integer type that was asked for; use item<double>()",
                   value);
}

std::int64_t Tensor::item_as_int64() const {
  detail::require_defined(*this, "item");
  if (is_floating_point(dtype())) {
    const double value = item_as_double();
    if (!detail::fits_int64(value)) does_not_fit(value);
    return static_cast<std::int64_t>(value);
  }
  item_as_double();  // the same check
  return dtype() == int64 ? data<std::int64_t>()[0] : data<bool>()[0];
}

std::int64_t Tensor::flat_index(const Shape& indices) const {
  const Shape& sizes = shape();
  if (indices.rank() != sizes.rank())
    fail<IndexError>("at: {} indices {} for a tensor of shape {}; give one for each dimension",
                     indices.rank(), indices, sizes);
  std::int64_t flat = 0;
  for (int i = 0; i < sizes.rank(); ++i)
    flat = flat * sizes[i] + detail::normal_index(indices[i], i, sizes, "at");
  return flat;
}

bool Tensor::requires_grad() const {
  const detail::Impl& impl = checked();
  return impl.maker.load(std::memory_order_relaxed) || impl.has(detail::Impl::kRequiresGrad);
}

bool Tensor::is_leaf() const { return !checked().maker.load(std::memory_order_relaxed); }

Tensor& Tensor::requires_grad_(Flag requires_grad) & {
  detail::require_defined(*this, "requires_grad_");
  detail::Impl& impl = *impl_;
  if (!is_leaf()) {
    if (requires_grad) return *this;
    fail<GradError>(
        "requires_grad_: only a leaf can stop requiring gradients; use detach() for a tensor that "
        "an operator made");
  }
  const bool number = impl.has(detail::Impl::kNumber) && impl.dtype != boolean;
  if (requires_grad && number) {
    const double value = item();
    const DType dtype = get_default_dtype();
    if (dtype != impl.dtype) {
      static const detail::Change change("requires_grad_");
      detail::retype_number(impl_, dtype, change);
      visit_floating(dtype, [&]<class T>(T) {
        detail::launch(
            "to", [](T* to, double from) { *to = static_cast<T>(from); }, detail::out<T>(*this),
            value);
      });
      impl.changed(change);
    }
    impl.set(detail::Impl::kNumber, false);
  }
  if (requires_grad && !is_floating_point(impl.dtype))
    fail<DTypeError>("requires_grad_: only float32 and float64 tensors have gradients, not {}",
                     impl.dtype);
  impl.clear_cuts();
  impl.set(detail::Impl::kRequiresGrad, requires_grad);
  return *this;
}

Tensor Tensor::grad() const { return checked().grad ? share(impl_->grad) : Tensor(); }

MutableGrad Tensor::mutable_grad() const {
  detail::require_defined(*this, "mutable_grad");
  if (!impl_->grad)
    fail<GradError>(
        "mutable_grad: the tensor of shape {} has no gradient: no backward() has reached it; "
        "set_grad puts one in",
        impl_->shape());
  return MutableGrad(share(impl_->grad));
}

void Tensor::set_grad(const Tensor& grad) {
  detail::require_defined(*this, "set_grad");
  detail::Impl& impl = *impl_;
  if (grad.defined() && detail::impl_of(grad)->has(detail::Impl::kNumber))
    return set_grad(full({}, grad, impl.dtype));
  if (grad.defined()) {
    if (grad.is_same(*this))
      fail<ValueError>("set_grad: a tensor cannot be its own gradient; use a clone()");
    detail::require_same_shape("gradient", grad.shape(), "tensor", impl.shape(), "set_grad");
    detail::require_same_type("gradient", grad.dtype(), "tensor", impl.dtype, "set_grad");
  }
  detail::retain(detail::impl_of(grad));
  detail::release(std::exchange(impl.grad, detail::impl_of(grad)));
}

void Tensor::zero_grad() { detail::release(std::exchange(checked().grad, nullptr)); }

namespace {

constexpr detail::OperatorType detach_type{
    .name = "detach",
    .has_gradient = false,
    .attributes = [](const void*) { return std::vector<detail::Attribute>(); },
    .call = [](std::span<const detail::Attribute>,
               std::span<const Tensor> inputs) { return std::vector{inputs[0].detach()}; },
    .onnx = {.text = "y = Identity(a)"},
    .leading = Leading::broadcast};

}  // namespace

Tensor Tensor::detach() const {
  detail::require_defined(*this, "detach");
  if (!detail::watched()) [[likely]]
    return detached();
  return detail::watched_call(
      {detach_type.name, &detach_type, nullptr, std::array<const Tensor*, 1>{this}},
      [this] { return detached(); });
}

Tensor Tensor::detached() const {
  Tensor detached = adopt(detail::new_view(impl_));
  detached.impl_->add_cuts(requires_grad() ? unsigned{detail::Impl::kCutByDetach}
                                           : impl_->flags.load(std::memory_order_relaxed));
  return detached;
}

}  // namespace tapegrad
