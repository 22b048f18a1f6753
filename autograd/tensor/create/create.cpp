#include "autograd/tensor/create/create.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "autograd/base/fail.h"
#include "autograd/tensor/door/launch.h"
#include "autograd/tensor/require.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad {

using detail::in;
using detail::launch;
using detail::out;

namespace {

/// `value` as another element type. Errors: `ValueError` where C++ leaves the result undefined.
template <class To, class From>
To convert(const char* name, From value) {
  if constexpr (std::is_same_v<To, std::int64_t> && std::is_floating_point_v<From>) {
    if (!detail::fits_int64(value))
      fail<ValueError>("{}: {} cannot be converted to int64", name, static_cast<double>(value));
  }
  if constexpr (std::is_same_v<To, bool>) {
    return value != From{};
  } else {
    return static_cast<To>(value);
  }
}

template <class T>
constexpr auto fill_kernel = [](T* to, std::int64_t n, T value) { std::fill_n(to, n, value); };

Tensor filled(const char* name, const Shape& shape, DType dtype, int value) {
  Tensor result = detail::allocate(name, shape, dtype);
  visit_dtype(dtype, [&]<class T>(T) {
    launch(name, fill_kernel<T>, out<T>(result), result.numel(), static_cast<T>(value));
  });
  return result;
}

/// Throws unless `value` is a number or a tensor that can stand for one.
void check_number(const char* name, const char* argument, const Tensor& value) {
  detail::require_defined(value, argument, name);
  if (value.numel() != 1)
    fail<ShapeError>("{}: {} must be a number or have one element, but its shape is {}", name,
                     argument, value.shape());
  detail::require_no_history(value, argument, name);
}

Tensor fill(const char* name, const Shape& shape, const Tensor& value, DType dtype) {
  check_number(name, "value", value);
  Tensor result = detail::allocate(name, shape, dtype);
  visit_dtype(dtype, [&]<class To>(To) {
    visit_dtype(value.dtype(), [&]<class From>(From) {
      launch(
          name,
          [](const From* from, To* to, std::int64_t n, const char* caller) {
            std::fill_n(to, n, convert<To>(caller, *from));
          },
          in<From>(value), out<To>(result), result.numel(), name);
    });
  });
  detail::impl_of(result)->add_cuts(value.requires_grad() ? unsigned{detail::Impl::kCutByNoGrad}
                                                          : detail::impl_of(value)->flags.load());
  return result;
}

/// True when the sizes multiply to `count`; divides, so that nothing can overflow.
bool has_count(const Shape& shape, std::int64_t count) {
  for (std::int64_t size : shape) {
    if (size == 0) return count == 0;
  }
  for (std::int64_t size : shape) {
    if (size < 0 || count % size != 0) return false;
    count /= size;
  }
  return count == 1;
}

template <class T>
void check_direction(T start, T end, T step) {
  if (step == 0) fail<ValueError>("arange: the step is 0");
  if (step > 0 ? start > end : start < end)
    fail<ValueError>("arange: a step of {} does not lead from {} to {}", step, start, end);
}

/// A tensor for a range of `count` numbers.
template <class T>
Tensor allocate_range(T start, T end, T step, double count, DType dtype) {
  if (!(count < static_cast<double>(detail::kMostBytes)))
    fail<ShapeError>(
        "arange: from {} to {} there are {:.4g} steps of {}, and no address space holds as many "
        "numbers",
        start, end, count, step);
  return detail::allocate("arange", Shape(static_cast<std::int64_t>(count)), dtype);
}

Tensor integer_range(std::int64_t start, std::int64_t end, std::int64_t step) {
  check_direction(start, end, step);
  // Differences of two int64 need the range of uint64, where wrapping around is defined.
  const auto from = static_cast<std::uint64_t>(start), to = static_cast<std::uint64_t>(end),
             by = static_cast<std::uint64_t>(step);
  const std::uint64_t length = step > 0 ? to - from : from - to;
  const std::uint64_t stride = step > 0 ? by : 0 - by;
  const std::uint64_t count = length / stride + (length % stride != 0);
  Tensor result = allocate_range(start, end, step, static_cast<double>(count), int64);
  launch(
      "arange",
      [](std::int64_t* values, std::uint64_t n, std::uint64_t first, std::uint64_t gap) {
        for (std::uint64_t i = 0; i < n; ++i)
          values[i] = static_cast<std::int64_t>(first + i * gap);
      },
      out<std::int64_t>(result), count, from, by);
  return result;
}

Tensor floating_range(double start, double end, double step, DType dtype) {
  check_direction(start, end, step);
  const double count = std::ceil((end - start) / step);
  Tensor result = allocate_range(start, end, step, count, dtype);
  visit_floating(dtype, [&]<class T>(T) {
    launch(
        "arange",
        [](T* to, std::int64_t n, double first, double gap) {
          for (std::int64_t i = 0; i < n; ++i)
            to[i] = static_cast<T>(first + static_cast<double>(i) * gap);
        },
        out<T>(result), result.numel(), start, step);
  });
  return result;
}

/// `F()(number, parameter)` of `size` numbers from `start` to `end`, evenly spaced.
template <class F>
Tensor spaced(const char* name, double start, double end, std::int64_t size, DType dtype, F,
              double parameter = 0) {
  detail::require_floating(dtype, name);
  detail::require_size(size, "steps", name);
  Tensor result = detail::allocate(name, Shape(size), dtype);
  const double gaps = static_cast<double>(size - 1);
  // From each end inwards, which is exact at both and the same in both directions.
  const double step = std::isfinite(end - start) ? (end - start) / gaps : end / gaps - start / gaps;
  visit_floating(dtype, [&]<class T>(T) {
    launch(
        name,
        [](T* to, std::int64_t n, double first, double final, double gap, double number) {
          for (std::int64_t i = 0; i < n; ++i) {
            double value = first / 2 + final / 2;
            if (2 * i < n - 1) value = first + gap * static_cast<double>(i);
            if (2 * i > n - 1) value = final - gap * static_cast<double>(n - 1 - i);
            to[i] = static_cast<T>(F()(n == 1 ? first : value, number));
          }
        },
        out<T>(result), size, start, end, step, parameter);
  });
  return result;
}

bool is_whole(const Tensor& number) {
  if (!is_floating_point(number.dtype())) return true;
  const double value = number.item<double>();
  return value == std::trunc(value) && detail::fits_int64(value);
}

}  // namespace

namespace detail {

/// Turns nested lists into a tensor: first the shape and the type, then the elements.
class ListReader {
 public:
  explicit ListReader(const NestedList& list) : list_(list) {
    for (const NestedList* first = &list; first->is_list_; first = &first->items_.front()) {
      if (shape_.rank() == kMaxRank)
        fail<ShapeError>("tensor: lists more than {} deep at {}", kMaxRank, place(kMaxRank));
      shape_.push_back(static_cast<std::int64_t>(first->items_.size()));
      if (first->items_.empty()) break;
    }
    check(list, 0);
  }

  Tensor read(std::optional<DType> dtype) const {
    Tensor result =
        allocate("tensor", shape_, dtype.value_or(dtype_.value_or(get_default_dtype())));
    visit_dtype(result.dtype(), [&]<class T>(T) {
      launch(
          "tensor", [](T* to, const NestedList* list) { copy(*list, to); }, out<T>(result), &list_);
    });
    announce(Event::host_write, *impl_of(result));
    return result;
  }

 private:
  /// Where in the list the reader is: "[1][0]".
  std::string place(int level) const {
    std::string text;
    for (int i = 0; i < level; ++i) text += fmt::format("[{}]", path_[i]);
    return text;
  }

  void check(const NestedList& item, int level) {
    if (level == shape_.rank()) {
      if (item.is_list_)
        fail<ShapeError>("tensor: ragged list: {} is a list where others are numbers",
                         place(level));
      dtype_ = dtype_ ? promote(*dtype_, item.dtype_) : item.dtype_;
      return;
    }
    const std::int64_t wanted = shape_[level];
    if (!item.is_list_)
      fail<ShapeError>("tensor: ragged list: {} is a number where others are lists of {}",
                       place(level), wanted);
    const auto size = static_cast<std::int64_t>(item.items_.size());
    if (size != wanted)
      fail<ShapeError>("tensor: ragged list: {} has {} entries where others have {}", place(level),
                       size, wanted);
    for (std::int64_t i = 0; i < size; ++i) {
      path_[level] = i;
      check(item.items_[static_cast<std::size_t>(i)], level + 1);
    }
  }

  template <class T>
  static void copy(const NestedList& item, T*& out) {
    if (!item.is_list_) {
      *out++ = is_floating_point(item.dtype_) ? convert<T>("tensor", item.value_)
                                              : convert<T>("tensor", item.integer_);
    }
    for (const NestedList& inner : item.items_) copy(inner, out);
  }

  const NestedList& list_;
  Shape shape_;
  std::optional<DType> dtype_;
  std::int64_t path_[kMaxRank] = {};
};

Tensor tensor_from_list(const NestedList& list, std::optional<DType> dtype) {
  return ListReader(list).read(dtype);
}

Tensor tensor_from_memory(const void* data, std::int64_t count, DType source, const Shape* shape,
                          std::optional<DType> dtype) {
  if (shape && !has_count(*shape, count))
    fail<ShapeError>("tensor: {} values do not fill the shape {}", count, *shape);
  Tensor result = allocate("tensor", shape ? *shape : Shape(count), dtype.value_or(source));
  visit_dtype(source, [&]<class From>(From) {
    visit_dtype(result.dtype(), [&]<class To>(To) {
      launch(
          "tensor",
          [](To* to, const From* from, std::int64_t n) {
            std::transform(from, from + n, to,
                           [](From value) { return convert<To>("tensor", value); });
          },
          out<To>(result), static_cast<const From*>(data), count);
    });
  });
  announce(Event::host_write, *impl_of(result));
  return result;
}

Tensor allocate(const char* name, const Shape& shape, DType dtype) {
  return allocating_for(name, [&] { return new_tensor(shape, dtype); });
}

}  // namespace detail

Tensor empty(const Shape& shape, DType dtype) { return detail::allocate("empty", shape, dtype); }
Tensor zeros(const Shape& shape, DType dtype) { return filled("zeros", shape, dtype, 0); }
Tensor ones(const Shape& shape, DType dtype) { return filled("ones", shape, dtype, 1); }

Tensor full(const Shape& shape, const Tensor& value, std::optional<DType> dtype) {
  detail::require_defined(value, "value", "full");
  // A C++ number with a decimal point is a double only because C++ says so.
  const bool decimal =
      value.dtype() == float64 && detail::impl_of(value)->has(detail::Impl::kNumber);
  return fill("full", shape, value, dtype.value_or(decimal ? get_default_dtype() : value.dtype()));
}

Tensor empty_like(const Tensor& like, std::optional<DType> dtype) {
  detail::require_defined(like, "empty_like");
  return detail::allocate("empty_like", like.shape(), dtype.value_or(like.dtype()));
}
Tensor zeros_like(const Tensor& like, std::optional<DType> dtype) {
  detail::require_defined(like, "zeros_like");
  return filled("zeros_like", like.shape(), dtype.value_or(like.dtype()), 0);
}
Tensor ones_like(const Tensor& like, std::optional<DType> dtype) {
  detail::require_defined(like, "ones_like");
  return filled("ones_like", like.shape(), dtype.value_or(like.dtype()), 1);
}
Tensor full_like(const Tensor& like, const Tensor& value, std::optional<DType> dtype) {
  detail::require_defined(like, value, "full_like");
  return fill("full_like", like.shape(), value, dtype.value_or(like.dtype()));
}

Tensor arange(const Tensor& start, const Tensor& end, const Tensor& step,
              std::optional<DType> dtype) {
  check_number("arange", "start", start);
  check_number("arange", "end", end);
  check_number("arange", "step", step);
  const bool decimal = is_floating_point(start.dtype()) || is_floating_point(end.dtype()) ||
                       is_floating_point(step.dtype());
  const DType wanted = dtype.value_or(decimal ? get_default_dtype() : int64);
  if (wanted == boolean) fail<DTypeError>("arange: bool has no ranges; use int64 or a float type");

  const double first = start.item(), last = end.item(), stride = step.item();
  if (!std::isfinite(first) || !std::isfinite(last) || !std::isfinite(stride))
    fail<ValueError>("arange: start {}, end {} and step {} must be finite", first, last, stride);
  if (wanted != int64) return floating_range(first, last, stride, wanted);
  if (!is_whole(start) || !is_whole(end) || !is_whole(step))
    fail<ValueError>(
        "arange: start {}, end {} and step {} must be whole numbers for int64; ask for float32",
        first, last, stride);
  return integer_range(start.item<std::int64_t>(), end.item<std::int64_t>(),
                       step.item<std::int64_t>());
}

Tensor arange(const Tensor& end, std::optional<DType> dtype) { return arange(0, end, 1, dtype); }

Tensor linspace(double start, double end, Integer steps, DType dtype) {
  return spaced("linspace", start, end, steps, dtype, [](double value, double) { return value; });
}

Tensor logspace(double start, double end, Integer steps, double base, DType dtype) {
  return spaced(
      "logspace", start, end, steps, dtype,
      [](double value, double number) { return std::pow(number, value); }, base);
}

Tensor eye(Integer n, std::optional<Integer> m, DType dtype) {
  detail::require_size(n, "n", "eye");
  const std::int64_t rows = n, columns = m.value_or(n);
  detail::require_size(columns, "m", "eye");
  Tensor result = filled("eye", {rows, columns}, dtype, 0);
  visit_dtype(dtype, [&]<class T>(T) {
    launch(
        "eye",
        [](T* to, std::int64_t diagonal, std::int64_t width) {
          for (std::int64_t i = 0; i < diagonal; ++i) to[i * width + i] = T(1);
        },
        detail::inout<T>(result), std::min(rows, columns), columns);
  });
  return result;
}

}  // namespace tapegrad
