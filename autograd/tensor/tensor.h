#pragma once

/// @file
/// The tensor: a handle of a dense array, with its shape, its elements, its gradient, and changes
/// in place. Functions on tensors are in autograd/ops.
///
///     tg::Tensor x = tg::tensor({{1.0, 2.0}, {3.0, 4.0}}).requires_grad_();
///     tg::Tensor loss = (x * x).sum();
///     loss.backward();
///     fmt::print("{} {}\n", loss.item(), x.grad());

#include <concepts>
#include <iosfwd>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/base/dtype.h"
#include "autograd/base/error.h"
#include "autograd/base/flag.h"
#include "autograd/base/refused.h"
#include "autograd/base/shape.h"
#include "autograd/tensor/impl.h"

namespace tapegrad {

/// @addtogroup tensors
/// @{

/// How `Tensor::backward` walks the tape.
struct BackwardOptions {
  bool retain_graph = false;  ///< keep saved values, so that the graph can be walked again
  bool create_graph = false;  ///< record the walk itself, for higher orders; implies retain_graph
};

struct ValuesAndIndices;
class Index;
class MutableGrad;
class Tensor;

namespace detail {
/// The value behind the handle, or nullptr.
Impl* impl_of(const Tensor& tensor) noexcept;
/// Takes over one handle of `impl`.
Tensor adopt(Impl* impl) noexcept;
/// A further handle of `impl`.
Tensor share(Impl* impl) noexcept;
/// Gives up the handle without releasing it.
Impl* leak(Tensor&& tensor) noexcept;

[[noreturn, gnu::cold]] void fail_unsigned(std::uint64_t value);
/// `converted`, which `value` became; a number that is too large for int64 is a `ValueError`.
template <class Converted, class Number>
constexpr Converted int64_or_other(Converted converted, Number value) {
  if constexpr (std::is_unsigned_v<Number> && sizeof(Number) == sizeof(std::int64_t)) {
    if (value > static_cast<Number>(INT64_MAX)) fail_unsigned(value);
  }
  return converted;
}
}  // namespace detail

/// A dense, row-major array of `float32`, `float64`, `int64` or `bool`, of rank 0 to 8.
///
/// A `Tensor` is a handle: copying one shares the value, and a change through one copy is seen
/// through the other. Operators on tensors that require gradients are recorded on the calling
/// thread's tape, so that `backward()` can apply the chain rule. Handles may be read from several
/// threads at once; a value must not be changed while another thread reads it.
class [[nodiscard]] Tensor {
 public:
  /// The undefined tensor: no value. Only `defined()`, assignment and destruction are allowed.
  Tensor() noexcept {}  // clang 14 cannot default it: default arguments below need it

  /// A number as an operand: `x * 2`, `maximum(x, 0)`. It adapts to the type of the tensor it
  /// meets: an integer never changes that type, a floating-point number turns integers into the
  /// default type. Alone it is 0-d, `bool`, `int64` or `float64`, and two numbers make a number.
  ///
  /// Changed in place by a number it stays one; by a 0-d tensor it becomes one, with the type and
  /// the history that the plain operator gives: `Tensor total = 0.0; total += loss`. After
  /// `requires_grad_` it is a leaf of the default type, as `tensor(0.5)` makes it.
  template <class Number>
  requires std::is_arithmetic_v<Number> Tensor(Number value)
      : Tensor(wrap(detail::int64_or_other(static_cast<Wide<Number>>(value), value))) {}

  /// A further handle of the same tensor; what was moved from is undefined. Assignment makes this
  /// handle show another tensor, and changes no elements: `copy_` does.
  /// @{
  Tensor(const Tensor& other) noexcept : impl_(other.impl_) { detail::retain(impl_); }
  Tensor(Tensor&& other) noexcept : impl_(std::exchange(other.impl_, nullptr)) {}
  Tensor& operator=(const Tensor& other) & noexcept {
    Tensor copy(other);
    std::swap(impl_, copy.impl_);
    return *this;
  }
  Tensor& operator=(Tensor&& other) & noexcept {
    Tensor taken(std::move(other));
    std::swap(impl_, taken.impl_);
    return *this;
  }
  /// @}
  /// The last handle takes the value with it, unless the tape still needs that.
  ~Tensor() { detail::release(impl_); }

  // ---- What it is. Errors: `ValueError` for the undefined tensor.

  /// False for the undefined tensor, of which the functions below throw `ValueError`.
  bool defined() const noexcept { return impl_ != nullptr; }
  /// The sizes of the dimensions; `[]` for a number.
  const Shape& shape() const { return checked().shape(); }
  /// Size of dimension `dim`; negative ones count from the end. Errors: `IndexError`.
  std::int64_t size(int dim) const;
  /// Number of dimensions.
  int dim() const { return checked().shape().rank(); }
  /// Number of elements.
  std::int64_t numel() const { return checked().numel(); }
  /// The element type.
  DType dtype() const { return checked().dtype; }
  /// How often the value was changed in place; shared with every tensor that shows the same data.
  std::uint32_t version() const { return checked().owner()->version; }
  /// True when both handles show the same tensor, not only equal values.
  bool is_same(const Tensor& other) const noexcept { return impl_ == other.impl_; }

  // ---- Its elements

  /// All elements in row-major order, read-only. `T` must be the element type: `DTypeError`
  /// otherwise. Valid while the value lives and is not changed in place.
  template <Element T>
  std::span<const T> data() const {
    return {static_cast<const T*>(typed_data(dtype_of<T>)), static_cast<std::size_t>(numel())};
  }
  /// Changes elements in place: calls `edit(std::span<T>)` once and raises the version, so that a
  /// gradient that needs the old value fails instead of being wrong. The span must not be kept:
  /// nobody sees what is written through it later (but in Debug builds `backward` does, by a
  /// checksum of the values that rules read).
  /// Errors: `DTypeError`; `GradError` while gradients are recorded and this tensor requires them,
  /// and from an operator inside `edit` that is recorded with these elements among its inputs.
  template <Element T, std::invocable<std::span<T>> F>
  void write(F&& edit) & {
    const auto body = [&](void* elements) {
      std::forward<F>(edit)(std::span<T>(static_cast<T*>(elements), std::size_t(numel())));
    };
    write_with(
        dtype_of<T>,
        [](const void* context, void* elements) {
          (*static_cast<const decltype(body)*>(context))(elements);
        },
        &body);
  }
  /// The only element, converted to `T`; the fraction goes where `T` is an integer.
  /// Errors: `ShapeError` unless there is exactly one; `ValueError` for an integer that cannot hold
  /// it.
  template <class T = double>
  requires std::is_arithmetic_v<T> T item()
  const {
    if constexpr (std::is_floating_point_v<T> || std::is_same_v<T, bool>)
      return static_cast<T>(item_as_double());
    else
      return narrowed<T>(item_as_int64());
  }
  /// @cond
  // clang-format off
  template <class T> requires std::is_arithmetic_v<T>
  explicit operator T() const = delete;  // a tensor is no number: x.item<float>() is its only element; of a condition any(x) or all(x), as any(x > 0).item<bool>()
  // clang-format on
  /// @endcond
  /// The piece at `indices` of the leading dimensions, which go away: `x.at({0, 1})` is PyTorch's
  /// `x[0, 1]`, which C++ before 23 reads as `x[1]`. Negative ones count from the end. Shares the
  /// data. Errors: `IndexError`.
  Tensor at(const Shape& indices) const;
  /// The element at `indices`, one per dimension; negative ones count from the end.
  /// Errors: `DTypeError`, `IndexError`.
  template <Element T>
  T at(const Shape& indices) const {
    return data<T>()[static_cast<std::size_t>(flat_index(indices))];
  }

  // ---- Gradients

  /// True for a leaf that was asked to collect a gradient, and for everything computed from one.
  bool requires_grad() const;
  /// Turns a leaf into one that collects a gradient, or back. Returns itself, a temporary by value.
  /// Errors: `DTypeError` for int64 and bool; `GradError` when it is not a leaf.
  /// @{
  Tensor& requires_grad_(Flag requires_grad = true) &;
  Tensor requires_grad_(Flag requires_grad = true) && {
    return std::move(requires_grad_(requires_grad));
  }
  /// @}
  /// True when no recorded operator made it.
  bool is_leaf() const;
  /// What `backward()` accumulated, or the undefined tensor.
  Tensor grad() const;
  /// The same, to be changed where it is: `w.mutable_grad().mul_(0.5)`. Errors: `GradError` when
  /// there is none.
  MutableGrad mutable_grad() const;
  /// Replaces the accumulated gradient; the undefined tensor drops it, and a number adapts. Errors:
  /// `ShapeError`, `DTypeError`.
  void set_grad(const Tensor& grad);
  /// Drops the gradient; memory goes back to the cache. (PyTorch's `set_to_none=True`.)
  void zero_grad();
  /// Makes a tensor that is not a leaf keep its gradient too.
  void retain_grad();

  /// Adds d(this)/d(leaf), times `gradient`, to the `grad()` of every leaf it was computed from.
  ///
  /// `gradient` has this tensor's shape; it may be left out when there is one element. The graph is
  /// released on the way unless `retain_graph`. A leaf's buffer is added to in place, unless
  /// another handle holds it, and except with `create_graph`: then the gradients own the graph that
  /// they came from, which owns the leaves, so drop them with `zero_grad()` or the memory stays;
  /// `grad()` has no such circle. Errors: `GradError` when there is no graph, when it was released,
  /// when a saved value changed since, or when `gradient` is missing; `OutOfMemoryError`; what a
  /// rule of your own throws, which passes through.
  ///
  /// After any error all gradients are as they were before the call. Where the error came on the
  /// way, what the walk had gone through is released all the same (unless `retain_graph`, where
  /// the same call can be made again): another walk over that is a `GradError` that says so. What
  /// the walk had not reached can still be walked.
  ///
  /// Several threads may walk graphs of their own at once, also where these share leaves: each
  /// leaf's gradient is then the sum, whose rounding depends on who was first (`grad()` has the
  /// same bits every time). Graphs that share more than leaves are walked one after the other:
  /// `GradError` where another thread is walking a part of this one at this moment, which may meet
  /// both threads. Not guarded: reading or dropping a leaf's `grad()`, and an optimizer's step,
  /// while another thread's `backward` may reach that leaf; changing a value or calling
  /// `retain_grad()` while another thread walks its graph.
  void backward(const Tensor& gradient = {}, BackwardOptions options = {}) const;
  /// The same for one element, whose gradient is 1.
  void backward(BackwardOptions options) const { backward(Tensor(), options); }

  /// The same value without history; shares the data.
  Tensor detach() const;
  /// A copy with its own data; recorded.
  Tensor clone() const;
  /// Converted to another element type; recorded between floating-point types. Itself when nothing
  /// changes.
  Tensor to(DType dtype) const;
  /// Converts this leaf itself, and its gradient: every handle of it holds `dtype` from now on, and
  /// stays what others know it as (an optimizer, say). Never recorded. What `detach()`, `reshape`
  /// and slices showed before keeps the old elements; so does the memory behind them, until the
  /// last handle goes. A graph that has saved the old value fails in `backward`. Errors:
  /// `GradError` when it is not a leaf or lies in memory of the host program; `DTypeError` for int64
  /// and bool while it requires a gradient.
  Tensor& to_(DType dtype) &;

  // ---- In place

  /// Arithmetic in place: this tensor plus, minus, times or divided by `other`, which broadcasts to
  /// it and is multiplied by `alpha` first where that is given. The signs do the same.
  ///
  /// Recorded, as the plain operator is. Each raises the version; the result must have this
  /// tensor's shape and its type's category (a C++ number takes the result's type). Errors:
  /// `GradError` on a leaf that requires gradients (unless inside `NoGrad`) and on a tensor whose
  /// data is shared while it is recorded; `ShapeError`; `DTypeError`.
  /// @{
  Tensor& add_(const Tensor& other, const Tensor& alpha = {}) &;
  Tensor& sub_(const Tensor& other, const Tensor& alpha = {}) &;
  Tensor& mul_(const Tensor& other) &;
  Tensor& div_(const Tensor& other) &;
  /// @}
  /// Limits every element to [min, max], as `clamp` does; an undefined bound does not limit.
  /// Errors: those of `add_`.
  Tensor& clamp_(const Tensor& min, const Tensor& max = {}) &;
  /// Takes over the elements of `source`, which broadcasts to this tensor and is converted to its
  /// type, whatever it is. Errors: those of `add_`.
  Tensor& copy_(const Tensor& source) &;
  /// Sets every element to `value`, a number or a tensor of one element. Errors: those of `add_`.
  Tensor& fill_(const Tensor& value) &;
  /// Sets every element to 0. Errors: those of `add_`.
  Tensor& zero_() &;
  /// Writes `value` at these indices, as `index_put` does, into this tensor itself. Errors: those of
  /// `index_put` and of `add_`.
  Tensor& index_put_(const std::vector<Index>& indices, const Tensor& value,
                     Flag accumulate = false) &;
  /// `add_`, `sub_`, `mul_` and `div_` as signs.
  /// @{
  Tensor& operator+=(const Tensor& other) & { return add_(other); }
  Tensor& operator-=(const Tensor& other) & { return sub_(other); }
  Tensor& operator*=(const Tensor& other) & { return mul_(other); }
  Tensor& operator/=(const Tensor& other) & { return div_(other); }
  /// @}

  // A temporary is not written into. `x[i]`, `x.at({i, j})` and `x.narrow(0, ...)` share the data
  // of x: named, such a piece can be changed, and x with it. All other pieces are copies, and
  // naming one does not write into x either: `x.index_put_` does. Compilers print the line that they
  // refuse.
  /// @cond
  // clang-format off
  template <class T> void operator=(T&&) && = delete;   // lost with the temporary: for a leading row of x, `Tensor row = x[i]; row.copy_(y)`; elsewhere x.index_put_({...}, y)
  template <class T> void operator+=(T&&) && = delete;  // lost with the temporary: for a leading row of x, `Tensor row = x[i]; row += y`; elsewhere x.index_put_({...}, y)
  template <class T> void operator-=(T&&) && = delete;  // lost with the temporary: for a leading row of x, `Tensor row = x[i]; row -= y`; elsewhere x.index_put_({...}, y)
  template <class T> void operator*=(T&&) && = delete;  // lost with the temporary: for a leading row of x, `Tensor row = x[i]; row *= y`; elsewhere x.index_put_({...}, y)
  template <class T> void operator/=(T&&) && = delete;  // lost with the temporary: for a leading row of x, `Tensor row = x[i]; row /= y`; elsewhere x.index_put_({...}, y)
  template <class... T> void add_(T&&...) && = delete;    // lost with the temporary: for a leading row of x, `Tensor row = x[i]; row.add_(y)`; elsewhere x.index_put_({...}, y)
  template <class... T> void sub_(T&&...) && = delete;    // lost with the temporary: for a leading row of x, `Tensor row = x[i]; row.sub_(y)`; elsewhere x.index_put_({...}, y)
  template <class... T> void mul_(T&&...) && = delete;    // lost with the temporary: for a leading row of x, `Tensor row = x[i]; row.mul_(y)`; a gradient: w.mutable_grad().mul_(y)
  template <class... T> void div_(T&&...) && = delete;    // lost with the temporary: for a leading row of x, `Tensor row = x[i]; row.div_(y)`; a gradient: w.mutable_grad().div_(y)
  template <class... T> void clamp_(T&&...) && = delete;  // lost with the temporary: use clamp(); for a leading row of x, name it first; a gradient: w.mutable_grad().clamp_(a, b)
  template <class... T> void copy_(T&&...) && = delete;   // lost with the temporary: for a leading row of x, `Tensor row = x[i]; row.copy_(y)`; elsewhere x.index_put_({...}, y)
  template <class... T> void fill_(T&&...) && = delete;   // lost with the temporary: use full(shape, value); for a leading row of x, name it first; elsewhere x.index_put_({...}, y)
  template <class... T> void zero_(T&&...) && = delete;   // lost with the temporary: use zeros(shape); for a leading row of x, name it first; a gradient: w.mutable_grad().zero_()
  void index_put_(const std::vector<Index>&, const Tensor&, Flag = false) && = delete;  // lost with the temporary: name all indices at once, `x.index_put_({0, mask}, y)`
  template <class T, class F> void write(F&&) && = delete;  // lost with the temporary: for a leading row of x, name it first; elsewhere x.index_put_({...}, y)
  // clang-format on
  /// @endcond

  // ---- Operators as methods, which call the functions: ops/methods.h

  /// `select(0, index)`: shares the data.
  inline Tensor operator[](Integer index) const;
  /// `index({table})`: the entries of the first dimension that an int64 tensor holds, or where one
  /// of bool is true.
  template <std::derived_from<Tensor> Table>
  Tensor operator[](const Table& table) const;
#if defined(__cpp_multidimensional_subscript)
  /// `at({indices...})`, from C++23 on.
  template <std::integral... Indices>
  requires(sizeof...(Indices) > 1) Tensor operator[](Indices... indices) const {
    return at({static_cast<std::int64_t>(indices)...});
  }
#endif
  /// What the function of that name in @ref reductions gives for this tensor.
  /// @{
  inline Tensor sum(const Dims& dims = {}, Flag keepdim = false) const;
  inline Tensor mean(const Dims& dims = {}, Flag keepdim = false) const;
  inline Tensor prod(const Dims& dims = {}, Flag keepdim = false) const;
  inline Tensor amax(const Dims& dims = {}, Flag keepdim = false) const;
  inline Tensor amin(const Dims& dims = {}, Flag keepdim = false) const;
  inline Tensor max() const;
  inline Tensor min() const;
  inline ValuesAndIndices max(int dim, Flag keepdim = false) const;
  inline ValuesAndIndices min(int dim, Flag keepdim = false) const;
  inline Tensor argmax() const;
  inline Tensor argmin() const;
  inline Tensor argmax(int dim, Flag keepdim = false) const;
  inline Tensor argmin(int dim, Flag keepdim = false) const;
  inline Tensor var(const Dims& dims = {}, Integer correction = 1, Flag keepdim = false) const;
  inline Tensor std(const Dims& dims = {}, Integer correction = 1, Flag keepdim = false) const;
  inline Tensor logsumexp(const Dims& dims, Flag keepdim = false) const;
  /// @}
  /// `tapegrad::matmul(*this, other)`.
  inline Tensor matmul(const Tensor& other) const;
  /// What the function of that name in @ref shapes gives for this tensor.
  /// @{
  inline Tensor reshape(const Shape& shape) const;
  inline Tensor flatten(int start_dim = 0, int end_dim = -1) const;
  inline Tensor squeeze() const;
  inline Tensor squeeze(int dim) const;
  inline Tensor unsqueeze(int dim) const;
  inline Tensor transpose(int dim0, int dim1) const;
  inline Tensor t() const;
  inline Tensor permute(const Dims& dims) const;
  inline Tensor expand(const Shape& shape) const;
  inline Tensor narrow(int dim, Integer start, Integer length) const;
  inline Tensor select(int dim, Integer index) const;
  /// @}
  /// Sizes and dimensions without braces, as in `x.reshape(2, 3)`, do not compile.
  /// @{
  template <std::integral A, std::integral B, class... More>
  Tensor reshape(A, B, const More&...) const {
    return detail::without_braces<Tensor, A>();
  }
  template <std::integral A, std::integral B, class... More>
  Tensor permute(A, B, const More&...) const {
    return detail::without_braces<Tensor, A>();
  }
  template <std::integral A, std::integral B, class... More>
  Tensor expand(A, B, const More&...) const {
    return detail::without_braces<Tensor, A>();
  }
  /// @}
  /// What the function of that name in @ref indexing gives for this tensor.
  /// @{
  inline Tensor index(const std::vector<Index>& indices) const;
  inline Tensor index_select(int dim, const Tensor& index) const;
  inline Tensor gather(int dim, const Tensor& index) const;
  /// @}
  /// What the function of that name in @ref rows gives for this tensor.
  /// @{
  inline Tensor softmax(int dim) const;
  inline Tensor log_softmax(int dim) const;
  /// @}
  /// What the function of that name gives for this tensor: see @ref arithmetic, @ref functions and
  /// @ref activations.
  /// @{
  inline Tensor neg() const;
  inline Tensor abs() const;
  inline Tensor exp() const;
  inline Tensor log() const;
  inline Tensor sqrt() const;
  inline Tensor square() const;
  inline Tensor pow(const Tensor& exponent) const;
  inline Tensor tanh() const;
  inline Tensor sigmoid() const;
  inline Tensor relu() const;
  inline Tensor sin() const;
  inline Tensor cos() const;
  inline Tensor clamp(const Tensor& min, const Tensor& max) const;
  /// @}

  /// Which tensor it is: a pointer that is only to be compared, with that of another tensor or with
  /// `RecordInput::id`; nullptr for the undefined one.
  const void* id() const noexcept { return impl_; }

 private:
  // The library's ways behind the handle; see impl.h.
  friend detail::Impl* detail::impl_of(const Tensor& tensor) noexcept;
  friend Tensor detail::adopt(detail::Impl* impl) noexcept;
  friend detail::Impl* detail::leak(Tensor&& tensor) noexcept;

  template <class Number>
  using Wide = std::conditional_t<
      std::is_same_v<Number, bool>, bool,
      std::conditional_t<std::is_floating_point_v<Number>, double, std::int64_t>>;

  static Tensor wrap(bool value);
  static Tensor wrap(std::int64_t value);
  static Tensor wrap(double value);

  detail::Impl& checked() const {
    if (!impl_) undefined();
    return *impl_;
  }
  [[noreturn]] static void undefined();
  const void* typed_data(DType wanted) const;
  void write_with(DType wanted, void (*edit)(const void* context, void* elements),
                  const void* context);
  template <class Integer>
  static Integer narrowed(std::int64_t value) {
    const auto result = static_cast<Integer>(value);
    if (static_cast<std::int64_t>(result) != value || (std::is_unsigned_v<Integer> && value < 0))
      does_not_fit(static_cast<double>(value));
    return result;
  }
  [[noreturn]] static void does_not_fit(double value);
  double item_as_double() const;
  std::int64_t item_as_int64() const;
  std::int64_t flat_index(const Shape& indices) const;
  Tensor detached() const;

  detail::Impl* impl_ = nullptr;
};

namespace detail {

[[gnu::always_inline]] inline Impl* impl_of(const Tensor& tensor) noexcept { return tensor.impl_; }
[[gnu::always_inline]] inline Tensor adopt(Impl* impl) noexcept {
  Tensor tensor;
  tensor.impl_ = impl;
  return tensor;
}
[[gnu::always_inline]] inline Tensor share(Impl* impl) noexcept {
  retain(impl);
  return adopt(impl);
}
[[gnu::always_inline]] inline Impl* leak(Tensor&& tensor) noexcept {
  return std::exchange(tensor.impl_, nullptr);
}

}  // namespace detail

/// A gradient that is changed where it is, by the functions in place that every tensor has.
/// Another tensor takes its place through `set_grad` only.
class MutableGrad : public Tensor {
 public:
  /// Of the gradient itself: `Tensor::mutable_grad` gives one.
  explicit MutableGrad(Tensor grad) noexcept : Tensor(std::move(grad)) {}
  /// A further handle of the same gradient.
  MutableGrad(const MutableGrad&) noexcept = default;
  void operator=(const MutableGrad&) = delete;  // set_grad puts another tensor in
  template <class T>
  void operator=(T&&) = delete;  // set_grad puts another tensor in

  /// As of every tensor, and also of a temporary, since nothing is lost with that.
  /// @{
  Tensor& add_(const Tensor& other, const Tensor& alpha = {}) { return self().add_(other, alpha); }
  Tensor& sub_(const Tensor& other, const Tensor& alpha = {}) { return self().sub_(other, alpha); }
  Tensor& mul_(const Tensor& other) { return self().mul_(other); }
  Tensor& div_(const Tensor& other) { return self().div_(other); }
  Tensor& clamp_(const Tensor& min, const Tensor& max = {}) { return self().clamp_(min, max); }
  Tensor& copy_(const Tensor& source) { return self().copy_(source); }
  Tensor& fill_(const Tensor& value) { return self().fill_(value); }
  Tensor& zero_() { return self().zero_(); }
  Tensor& operator+=(const Tensor& other) { return add_(other); }
  Tensor& operator-=(const Tensor& other) { return sub_(other); }
  Tensor& operator*=(const Tensor& other) { return mul_(other); }
  Tensor& operator/=(const Tensor& other) { return div_(other); }
  template <Element T, std::invocable<std::span<T>> F>
  void write(F&& edit) {
    self().write<T>(std::forward<F>(edit));
  }
  /// @}

 private:
  Tensor& self() noexcept { return *this; }
};

/// What `max`, `sort`, `median` and their like along a dimension return.
struct ValuesAndIndices {
  Tensor values;   ///< same element type as the input
  Tensor indices;  ///< int64; which of equal elements, the function says
};

/// Prints as NumPy does, large tensors with their middle left out.
std::ostream& operator<<(std::ostream& stream, const Tensor& tensor);
/// The text that `<<` and fmt print.
std::string to_string(const Tensor& tensor);

/// @}

}  // namespace tapegrad
