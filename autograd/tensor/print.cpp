#include "autograd/tensor/print.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <ostream>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/default_dtype.h"
#include "autograd/tensor/visit_dtype.h"

// Tensors print as PyTorch prints them, whose rules come from NumPy: users know how to read them,
// and texts can be compared. Texts never depend on the locale.

namespace tapegrad {

namespace {

constexpr std::string_view kPrefix = "tensor(";

/// Those of the process.
struct SharedOptions {
  std::mutex mutex;
  PrintOptions options;
};
SharedOptions& shared_options() {
  static auto& shared = *new SharedOptions;  // for texts that are written at the very end, too
  return shared;
}

void require_printable(const PrintOptions& options, const char* name) {
  constexpr int most_digits = 100;
  if (options.precision < 0 || options.precision > most_digits)
    fail<ValueError>("{}: precision must be from 0 to {}, but is {}", name, most_digits,
                     options.precision);
  const auto require = [&](const char* what, std::int64_t value, std::int64_t least) {
    if (value < least)
      fail<ValueError>("{}: {} must be at least {}, but is {}", name, what, least, value);
  };
  require("threshold", options.threshold, 0);
  require("edgeitems", options.edgeitems, 1);
  require("linewidth", options.linewidth, 1);
}

/// How floating-point numbers are written; one way for a whole tensor.
enum class Notation { whole, fixed, scientific };

/// Writes the elements as `specs` say, a format of fmt, or as PyTorch does if that is empty.
class Printer {
 public:
  Printer(const Tensor& tensor, const PrintOptions& options, std::string_view specs = {})
      : tensor_(tensor),
        options_(options),
        strides_(tensor.shape().strides()),
        shorten_(!options.full && tensor.numel() > options.threshold) {
    if (!specs.empty()) format_ = fmt::format("{{:{}}}", specs);
    if (tensor.numel() == 0) return;
    if (is_floating_point(tensor.dtype())) choose_notation();
    for_each_shown(0, 0, [&](std::int64_t offset) {
      // PyTorch leaves what is not a finite number other than 0 out of the width.
      if (!format_.empty() || !is_floating_point(tensor.dtype()) || counts(number(offset)))
        width_ = std::max(width_, text(offset).size());
    });
  }

  /// Of a tensor with one element.
  std::string number() const { return text(0); }

  std::string print() {
    out_ = kPrefix;
    if (tensor_.numel() == 0) {
      out_ += "[]";
    } else if (tensor_.dim() == 0) {
      append_element(0);
    } else {
      append_nested(0, 0, kPrefix.size());
    }
    append_suffixes();
    return out_ + ")";
  }

 private:
  std::int64_t size(int dim) const { return tensor_.shape()[dim]; }
  bool shortened(int dim) const { return shorten_ && (size(dim) - 1) / 2 >= options_.edgeitems; }

  /// Of a shortened dimension: where its end begins.
  std::int64_t first_of_end(int dim) const { return size(dim) - options_.edgeitems; }

  /// The entry after `i` that is shown.
  std::int64_t next(int dim, std::int64_t i) const {
    return shortened(dim) && i + 1 == options_.edgeitems ? first_of_end(dim) : i + 1;
  }

  template <class F>
  void for_each_shown(int dim, std::int64_t offset, const F& f) const {
    if (dim == tensor_.dim()) {
      f(offset);
      return;
    }
    for (std::int64_t i = 0; i < size(dim); i = next(dim, i))
      for_each_shown(dim + 1, offset + i * strides_[dim], f);
  }

  double number(std::int64_t offset) const {
    return visit_dtype(tensor_.dtype(), [&]<class T>(T) {
      return static_cast<double>(tensor_.data<T>()[static_cast<std::size_t>(offset)]);
    });
  }

  static bool counts(double value) { return std::isfinite(value) && value != 0; }

  void choose_notation() {
    double smallest = INFINITY, largest = 0;
    bool whole = true;
    for_each_shown(0, 0, [&](std::int64_t offset) {
      const double value = number(offset);
      if (!counts(value)) return;
      smallest = std::min(smallest, std::abs(value));
      largest = std::max(largest, std::abs(value));
      whole = whole && value == std::trunc(value);
    });
    notation_ = whole ? Notation::whole : Notation::fixed;
    if (options_.sci_mode.value_or(largest / smallest > 1e3 || largest > 1e8 ||
                                   (!whole && smallest < 1e-4)))
      notation_ = Notation::scientific;
  }

  /// By the format that was given. Whole numbers are written as such unless it has decimals.
  std::string formatted(std::int64_t offset) const {
    if (!is_floating_point(tensor_.dtype()) && format_.find_first_of(".aAeEfFgG") == format_.npos) {
      const std::int64_t value =
          tensor_.dtype() == int64 ? tensor_.data<std::int64_t>()[static_cast<std::size_t>(offset)]
                                   : tensor_.data<bool>()[static_cast<std::size_t>(offset)];
      return fmt::format(fmt::runtime(format_), value);
    }
    const double value = number(offset);
    return fmt::format(fmt::runtime(format_), std::isnan(value) ? std::abs(value) : value);
  }

  std::string text(std::int64_t offset) const {
    if (!format_.empty()) return formatted(offset);
    if (tensor_.dtype() == boolean)
      return tensor_.data<bool>()[static_cast<std::size_t>(offset)] ? "True" : "False";
    if (tensor_.dtype() == int64)
      return fmt::format("{}", tensor_.data<std::int64_t>()[static_cast<std::size_t>(offset)]);
    const double value = number(offset);
    if (std::isnan(value)) return "nan";  // without the sign that a NaN may have
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    switch (notation_) {
      case Notation::whole:
        return fmt::format("{:.0f}.", value);
      case Notation::fixed:
        return fmt::format("{:.{}f}", value, options_.precision);
      default:
        return fmt::format("{:.{}e}", value, options_.precision);
    }
  }

  void break_line(int lines, std::size_t indent) {
    out_.append(static_cast<std::size_t>(lines), '\n').append(indent, ' ');
  }

  void append_element(std::int64_t offset) {
    const std::string element = text(offset);
    if (element.size() < width_) out_.append(width_ - element.size(), ' ');
    out_ += element;
  }

  std::size_t line_width() const { return static_cast<std::size_t>(options_.linewidth); }

  /// The elements of the last dimension, in lines of at most `line_width()`.
  void append_row(std::int64_t offset, std::size_t indent) {
    const int dim = tensor_.dim() - 1;
    const std::size_t per_line =
        std::max<std::size_t>(1, (line_width() - std::min(indent, line_width())) / (width_ + 2));
    std::size_t count = 0;
    const auto separate = [&] {
      if (count > 0) out_ += ',';
      if (count > 0 && count % per_line == 0) {
        break_line(1, indent + 1);
      } else if (count > 0) {
        out_ += ' ';
      }
      ++count;
    };
    for (std::int64_t i = 0; i < size(dim); i = next(dim, i)) {
      if (shortened(dim) && i == first_of_end(dim)) {
        separate();
        out_ += " ...";
      }
      separate();
      append_element(offset + i);
    }
  }

  void append_nested(int dim, std::int64_t offset, std::size_t indent) {
    out_ += '[';
    if (dim + 1 == tensor_.dim()) {
      append_row(offset, indent);
    } else {
      const auto separate = [&] {
        out_ += ',';
        break_line(tensor_.dim() - dim - 1, indent + 1);
      };
      for (std::int64_t i = 0; i < size(dim); i = next(dim, i)) {
        if (i > 0) separate();
        if (shortened(dim) && i == first_of_end(dim)) {
          out_ += "...";
          separate();
        }
        append_nested(dim + 1, offset + i * strides_[dim], indent + 1);
      }
    }
    out_ += ']';
  }

  void append_suffixes() {
    // PyTorch counts two more than there are, and so do we.
    std::size_t line = out_.size() - (out_.rfind('\n') + 1) + 2;
    const auto append = [&](const std::string& suffix) {
      if (line + suffix.size() + 2 > line_width()) {
        out_ += ',';
        break_line(1, kPrefix.size());
        line = kPrefix.size();
      } else {
        out_ += ", ";
        line += 2;
      }
      out_ += suffix;
      line += suffix.size();
    };
    const bool empty = tensor_.numel() == 0;
    const DType dtype = tensor_.dtype();
    if (empty && tensor_.dim() != 1) append(fmt::format("size={}", tensor_.shape()));
    // The default type, int64 and bool show in the elements, where there are any.
    if (dtype != get_default_dtype() && (empty || is_floating_point(dtype)))
      append(fmt::format("dtype={}", dtype));
    if (const detail::Maker* maker =
            detail::impl_of(tensor_)->maker.load(std::memory_order_relaxed)) {
      append(fmt::format("grad_fn=<{}>", maker->name()));
    } else if (tensor_.requires_grad()) {
      append("requires_grad=True");
    }
  }

  const Tensor& tensor_;
  const PrintOptions& options_;
  Shape strides_;
  bool shorten_;
  std::string format_;
  Notation notation_ = Notation::whole;
  std::size_t width_ = 1;
  std::string out_;
};

}  // namespace

PrintOptions get_printoptions() {
  SharedOptions& shared = shared_options();
  const std::lock_guard lock(shared.mutex);
  return shared.options;
}

PrintOptions set_printoptions(const PrintOptions& options) {
  require_printable(options, "set_printoptions");
  SharedOptions& shared = shared_options();
  const std::lock_guard lock(shared.mutex);
  return std::exchange(shared.options, options);
}

std::string to_string(const Tensor& tensor, const PrintOptions& options) {
  require_printable(options, "to_string");
  return tensor.defined() ? Printer(tensor, options).print() : "tensor(undefined)";
}
std::string to_string(const Tensor& tensor) { return to_string(tensor, get_printoptions()); }

namespace detail {

std::string format_elements(const Tensor& tensor, std::string_view specs) {
  if (!tensor.defined()) return to_string(tensor);
  if (is_floating_point(tensor.dtype()) && kind_of_format(specs) == FormatKind::integer)
    fail<DTypeError>(
        "format: {{:{}}} is for whole numbers, and the elements are {}; convert them with "
        "to(int64)",
        specs, tensor.dtype());
  const PrintOptions options = get_printoptions();
  Printer printer(tensor, options, specs);
  return tensor.numel() == 1 ? printer.number() : printer.print();
}

}  // namespace detail

std::ostream& operator<<(std::ostream& stream, const Tensor& tensor) {
  return stream << to_string(tensor);
}

}  // namespace tapegrad
