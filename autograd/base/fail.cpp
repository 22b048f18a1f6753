#include "autograd/base/fail.h"

#include <new>
#include <utility>

namespace tapegrad::detail {

namespace {

/// Made before memory can end; to throw a copy of it takes none that is not set aside for that.
const OutOfMemoryError no_text(
    "the system refused memory, and also that for a text that says more");

}  // namespace

constinit std::atomic<std::string (*)()> further_text{nullptr};

// The work is done once for all types of errors.

namespace {

std::string complete_text(std::string text) {
  if (const auto more = further_text.load(std::memory_order_acquire)) text += more();
  return text;
}

std::string formatted_text(fmt::string_view format, fmt::format_args arguments) {
  std::string text = fmt::vformat(format, arguments);
  if (const char* scope = current_scope()) text.append(" [in ").append(scope).append("]");
  return complete_text(std::move(text));
}

}  // namespace

template <class E>
void throw_text(std::string text) try {
  throw E(complete_text(std::move(text)));
} catch (const std::bad_alloc&) {
  throw no_text;
}

template <class E>
void throw_formatted(fmt::string_view format, fmt::format_args arguments) try {
  throw E(formatted_text(format, arguments));
} catch (const std::bad_alloc&) {
  throw no_text;
}

#define TAPEGRAD_THROWS(E) template void throw_formatted<E>(fmt::string_view, fmt::format_args)
TAPEGRAD_THROWS(Error);
TAPEGRAD_THROWS(ShapeError);
TAPEGRAD_THROWS(DTypeError);
TAPEGRAD_THROWS(GradError);
TAPEGRAD_THROWS(IndexError);
TAPEGRAD_THROWS(ValueError);
TAPEGRAD_THROWS(OutOfMemoryError);
TAPEGRAD_THROWS(FileError);
TAPEGRAD_THROWS(AnomalyError);
TAPEGRAD_THROWS(CancelledError);
#undef TAPEGRAD_THROWS
template void throw_text<AnomalyError>(std::string);

}  // namespace tapegrad::detail
