#pragma once

#include <vector>

#include "autograd/ops/index/subscript.h"

// Internal: from the indices that a program writes to the rows of memory that they mean.

namespace tapegrad::detail {

/// One index, and the dimensions of a tensor that it is for.
struct Piece {
  enum class Kind : std::uint8_t { entry, range, fresh, table };
  Kind kind;
  int dim = 0, dims = 1;
  std::int64_t start = 0, count = 1, step = 1;  ///< of an entry `start` alone
  Tensor table = {};                            ///< int64, from 0 on

  /// True for a range of all entries.
  bool whole(const Shape& shape) const {
    return kind == Kind::range && step == 1 && count == shape[dim];
  }
};

/// What `indices` are for a tensor of `shape`, a piece for each dimension in its order.
std::vector<Piece> pieces_of(const std::vector<Index>& indices, const Shape& shape,
                             const char* name);

/// Rows of memory: of a tensor as `rows` rows of `length` elements, those at `positions`.
struct Places {
  std::int64_t rows = 1, length = 1;
  Tensor positions;  ///< int64, as one row
  Shape shape;       ///< of the elements together, as `index` returns them
};

/// Those that `pieces` mean in a tensor of `shape`.
Places places_of(const std::vector<Piece>& pieces, const Shape& shape, const char* name);

/// What `index_put` gives, for a function whose name errors begin with.
Tensor put(const Tensor& x, const std::vector<Index>& indices, const Tensor& value, bool accumulate,
           const char* name);

/// Entries of `dim` of `shape` from 0 on, of which negative ones counted from the end.
Tensor counted_from_start(const Tensor& index, const Shape& shape, int dim, const char* name);

/// The entries of `dim` in the reverse order; there are some.
Tensor reversed(const Tensor& x, int dim);

/// Where `mask` is true, counted through its elements: int64 of one dimension.
Tensor positions_of(const Tensor& mask);

/// A copy of the matrix x in which the rows at `positions` are those of `source`.
Tensor with_rows(const Tensor& x, const Tensor& positions, const Tensor& source);
/// Writes them into x itself, past the tape.
void write_rows(Tensor& x, const Tensor& positions, const Tensor& source);

/// `value` for elements of x: a C++ number takes its type. Errors: `DTypeError` for another type.
Tensor as_elements_of(const Tensor& x, const Tensor& value, const char* name);

}  // namespace tapegrad::detail
