#include "autograd/base/fail.h"

#include <new>

namespace tapegrad::detail {

namespace {

/// Made before memory can end; to throw a copy of it takes none that is not set aside for that.
const OutOfMemoryError no_text(
    "the system refused memory, and also that for a text that says more");

}  // namespace

template <class E>
void throw_formatted(fmt::string_view format, fmt::format_args arguments) try {
  std::string text = fmt::vformat(format, arguments);
  if (const char* scope = current_scope()) text.append(" [in ").append(scope).append("]");
  throw E(text);
} catch (const std::bad_alloc&) {
  throw no_text;
}

template void throw_formatted<Error>(fmt::string_view, fmt::format_args);
template void throw_formatted<ShapeError>(fmt::string_view, fmt::format_args);
template void throw_formatted<DTypeError>(fmt::string_view, fmt::format_args);
template void throw_formatted<GradError>(fmt::string_view, fmt::format_args);
template void throw_formatted<IndexError>(fmt::string_view, fmt::format_args);
template void throw_formatted<ValueError>(fmt::string_view, fmt::format_args);
template void throw_formatted<OutOfMemoryError>(fmt::string_view, fmt::format_args);
template void throw_formatted<FileError>(fmt::string_view, fmt::format_args);
template void throw_formatted<AnomalyError>(fmt::string_view, fmt::format_args);
template void throw_formatted<CancelledError>(fmt::string_view, fmt::format_args);

}  // namespace tapegrad::detail
