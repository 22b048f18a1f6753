#include "autograd/base/fail.h"

namespace tapegrad::detail {

template <class E>
void throw_formatted(fmt::string_view format, fmt::format_args arguments) {
  std::string text = fmt::vformat(format, arguments);
  if (const char* scope = current_scope()) text.append(" [in ").append(scope).append("]");
  throw E(text);
}

template void throw_formatted<Error>(fmt::string_view, fmt::format_args);
template void throw_formatted<ShapeError>(fmt::string_view, fmt::format_args);
template void throw_formatted<DTypeError>(fmt::string_view, fmt::format_args);
template void throw_formatted<GradError>(fmt::string_view, fmt::format_args);
template void throw_formatted<IndexError>(fmt::string_view, fmt::format_args);
template void throw_formatted<ValueError>(fmt::string_view, fmt::format_args);
template void throw_formatted<OutOfMemoryError>(fmt::string_view, fmt::format_args);
template void throw_formatted<FileError>(fmt::string_view, fmt::format_args);
template void throw_formatted<CancelledError>(fmt::string_view, fmt::format_args);

}  // namespace tapegrad::detail
