#include <algorithm>

#include "autograd/base/fail.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace {

/// Rows of which each has, from its first one to its last one, elements of a triangle: those up to
/// the diagonal, or from it on.
struct Triangle {
  std::int64_t first, last;  ///< rows; `last` is not one of them
  std::int64_t offset, columns;
  bool upper;

  std::int64_t begin(std::int64_t row) const {
    return upper ? std::max<std::int64_t>(row + offset, 0) : 0;
  }
  std::int64_t end(std::int64_t row) const {
    return upper ? columns : std::min(row + offset + 1, columns);
  }
};

Tensor indices_of(const char* name, std::int64_t rows, std::int64_t columns, std::int64_t offset,
                  bool upper) {
  detail::require_size(rows, "row", name);
  detail::require_size(columns, "col", name);
  // Beyond these limits a triangle is all or nothing, or no memory holds it.
  constexpr std::int64_t most = detail::kMostBytes;
  Triangle part{0, std::min(rows, most), std::clamp(offset, -most, most), std::min(columns, most),
                upper};
  if (upper)
    part.last = std::clamp<std::int64_t>(part.columns - part.offset, 0, part.last);
  else
    part.first = std::clamp<std::int64_t>(-part.offset, 0, part.last);
  if (part.columns == 0) part.last = part.first;
  // Rows that are all in the triangle come first in an upper one, and last in a lower one.
  const std::int64_t bend = upper ? std::clamp(-part.offset, part.first, part.last)
                                  : std::clamp(part.columns - part.offset, part.first, part.last);
  // In double precision, which is exact for all that memory can hold.
  const auto width = [&](std::int64_t row) {
    return static_cast<double>(part.end(row) - part.begin(row));
  };
  const auto total = [&](std::int64_t first, std::int64_t last) {
    const auto count = static_cast<double>(last - first);
    return first < last ? (width(first) + width(last - 1)) * count / 2 : 0;
  };
  const double count = total(part.first, bend) + total(bend, part.last);
  const auto limit = static_cast<double>(most);
  const Tensor result =
      detail::allocate(name, {2, static_cast<std::int64_t>(std::min(count, limit))}, int64);
  detail::launch(
      name,
      [](std::int64_t* row, std::int64_t n, Triangle all) {
        std::int64_t* column = row + n;
        for (std::int64_t i = all.first; i < all.last; ++i) {
          for (std::int64_t j = all.begin(i); j < all.end(i); ++j) {
            *row++ = i;
            *column++ = j;
          }
        }
      },
      detail::out<std::int64_t>(result), result.size(1), part);
  return result;
}

}  // namespace

Tensor tril_indices(Integer row, Integer col, Integer offset) {
  return indices_of("tril_indices", row, col, offset, false);
}

Tensor triu_indices(Integer row, Integer col, Integer offset) {
  return indices_of("triu_indices", row, col, offset, true);
}

}  // namespace tapegrad
