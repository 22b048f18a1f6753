#include "autograd/ops/index/subscript.h"

#include <algorithm>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/core/selection.h"
#include "autograd/ops/index/positions.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

namespace detail {

namespace {

using Kind = Piece::Kind;

/// The number of dimensions that an index is for.
int dims_of(const Index& index) {
  const auto& value = index.value();
  if (std::holds_alternative<NoneType>(value) || std::holds_alternative<EllipsisType>(value))
    return 0;
  const auto* table = std::get_if<Tensor>(&value);
  return table && table->dtype() == boolean ? table->dim() : 1;
}

Piece range_of(const Slice& slice, int dim, const Shape& shape, const char* name) {
  const std::int64_t size = shape[dim], step = slice.step.value_or(1);
  if (step < 1)
    fail<ValueError>(
        "{}: a slice of dimension {} has step {}; only steps from 1 on are there, "
        "flip(x, {{{}}}) turns the order round",
        name, dim, step, dim);
  const auto within = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
  };
  const std::int64_t start = slice.start ? within(*slice.start) : 0;
  const std::int64_t stop = slice.stop ? within(*slice.stop) : size;
  const std::int64_t length = std::max<std::int64_t>(0, stop - start);
  const std::int64_t count = length / step + (length % step != 0);
  return {Kind::range, dim, 1, start, count, count > 1 ? step : 1};
}

Piece table_of(const Tensor& table, int dim, const Shape& shape, const char* name) {
  if (table.dtype() == boolean) {
    for (int d = 0; d < table.dim(); ++d)
      if (table.shape()[d] != shape[dim + d])
        fail<IndexError>("{}: a mask of shape {} does not fit dimension{} of shape {}", name,
                         table.shape(),
                         table.dim() == 1 ? fmt::format(" {}", dim)
                                          : fmt::format("s {} to {}", dim, dim + table.dim() - 1),
                         shape);
    return {.kind = Kind::table, .dim = dim, .dims = table.dim(), .table = positions_of(table)};
  }
  require_int64("an index", table.dtype(), name);
  if (table.dim() == 0)
    return {.kind = Kind::entry,
            .dim = dim,
            .start = normal_index(table.item<std::int64_t>(), dim, shape, name)};
  return {.kind = Kind::table, .dim = dim, .table = counted_from_start(table, shape, dim, name)};
}

}  // namespace

std::vector<Piece> pieces_of(const std::vector<Index>& indices, const Shape& shape,
                             const char* name) {
  int covered = 0, ellipses = 0;
  for (const Index& index : indices) {
    if (const auto* table = std::get_if<Tensor>(&index.value()))
      require_defined(*table, "an index", name);
    covered += dims_of(index);
    ellipses += std::holds_alternative<EllipsisType>(index.value());
  }
  if (ellipses > 1)
    fail<ValueError>(
        "{}: Ellipsis stands {} times among the indices, but only one "
        "has a meaning; write Slice() for a dimension",
        name, ellipses);
  if (covered > shape.rank())
    fail<IndexError>("{}: the indices are for {} dimensions, but shape {} has {}", name, covered,
                     shape, shape.rank());
  std::vector<Piece> pieces;
  int dim = 0;
  const auto all_up_to = [&](int end) {
    for (; dim < end; ++dim) pieces.push_back({Kind::range, dim, 1, 0, shape[dim], 1});
  };
  for (const Index& index : indices) {
    const int end = dim + dims_of(index);
    std::visit(
        [&]<class T>(const T& value) {
          if constexpr (std::is_same_v<T, std::int64_t>)
            pieces.push_back(
                {.kind = Kind::entry, .dim = dim, .start = normal_index(value, dim, shape, name)});
          else if constexpr (std::is_same_v<T, Slice>)
            pieces.push_back(range_of(value, dim, shape, name));
          else if constexpr (std::is_same_v<T, NoneType>)
            pieces.push_back({.kind = Kind::fresh, .dim = dim, .dims = 0});
          else if constexpr (std::is_same_v<T, EllipsisType>)
            all_up_to(dim + shape.rank() - covered);
          else if constexpr (std::is_same_v<T, Tensor>)
            pieces.push_back(table_of(value, dim, shape, name));
          else
            pieces.push_back(table_of(tensor(value), dim, shape, name));
        },
        index.value());
    if (!std::holds_alternative<EllipsisType>(index.value())) dim = end;
  }
  all_up_to(shape.rank());
  return pieces;
}

namespace {

/// What tables broadcast to, and whether they stand side by side.
struct Tables {
  int count = 0;
  bool together = true;
  Shape shape;
};

Tables tables_among(const std::vector<Piece>& pieces, const char* name) {
  Tables tables;
  bool apart = false;  // something stands behind the last one
  for (const Piece& piece : pieces) {
    if (piece.kind == Kind::table) {
      tables.together = tables.together && !(tables.count > 0 && apart);
      tables.shape = broadcast(tables.shape, piece.table.shape(), name);
      ++tables.count;
      apart = false;
    } else if (piece.kind != Kind::entry) {
      apart = true;
    }
  }
  return tables;
}

/// `x` along dimension `at` of something of `rank` dimensions.
Tensor along(const Tensor& x, int at, int rank) {
  Shape shape;
  for (int d = 0; d < at; ++d) shape.push_back(1);
  for (int d = 0; d < x.dim(); ++d) shape.push_back(x.shape()[d]);
  while (shape.rank() < rank) shape.push_back(1);
  return reshape(x, shape);
}

}  // namespace

Places places_of(const std::vector<Piece>& pieces, const Shape& shape, const char* name) {
  // Behind the last index that chooses something, whole dimensions are rows.
  std::size_t head = pieces.size();
  while (head > 0 && pieces[head - 1].whole(shape)) --head;
  const int split = head == pieces.size() ? shape.rank() : pieces[head].dim;
  Places places;
  for (int d = 0; d < shape.rank(); ++d) (d < split ? places.rows : places.length) *= shape[d];
  const auto step_of = [&](const Piece& piece) {
    std::int64_t rows = 1;
    for (int d = piece.dim + piece.dims; d < split; ++d) rows *= shape[d];
    return rows;
  };

  const Tables tables = tables_among(pieces, name);
  int at_tables = 0;  // the dimension of the result at which they stand
  Shape& result = places.shape;
  const auto add_tables = [&] {
    at_tables = result.rank();
    for (int d = 0; d < tables.shape.rank(); ++d) result.push_back(tables.shape[d]);
  };
  if (!tables.together) add_tables();
  std::vector<std::pair<const Piece*, int>> parts;  // with their dimension of the result
  bool met = false;
  std::int64_t first = 0;
  for (std::size_t i = 0; i < head; ++i) {
    const Piece& piece = pieces[i];
    if (piece.kind == Kind::entry) {
      first += piece.start * step_of(piece);
    } else if (piece.kind == Kind::table) {
      if (tables.together && !std::exchange(met, true)) add_tables();
      parts.emplace_back(&piece, at_tables + tables.shape.rank() - piece.table.dim());
    } else {
      if (piece.kind == Kind::range) parts.emplace_back(&piece, result.rank());
      result.push_back(piece.kind == Kind::range ? piece.count : 1);
    }
  }
  const int rank = result.rank();
  Tensor positions = full({}, first, int64);
  for (const auto& [piece, at] : parts) {
    const std::int64_t step = step_of(*piece);
    const Tensor own =
        piece->kind == Kind::table
            ? piece->table * step
            : arange(piece->start * step, (piece->start + piece->count * piece->step) * step,
                     std::max<std::int64_t>(1, piece->step * step), int64);
    positions = positions + along(own, at, rank);
  }
  places.positions = reshape(expand(positions, result), -1);
  for (std::size_t i = head; i < pieces.size(); ++i) result.push_back(pieces[i].count);
  return places;
}

Tensor counted_from_start(const Tensor& index, const Shape& shape, int dim, const char* name) {
  const std::int64_t size = shape[dim];
  const Tensor all = all_entries(index);
  const auto [at, value] = launch(
      "check_indices",
      [](const std::int64_t* first, std::int64_t count, std::int64_t limit) {
        const auto* bad = std::find_if(first, first + count, [limit](std::int64_t each) {
          return each < -limit || each >= limit;
        });
        return bad == first + count ? Fault{-1, 0} : Fault{bad - first, *bad};
      },
      in<std::int64_t>(all), all.numel(), size);
  if (at >= 0)
    fail<IndexError>(
        "{}: index {} at position {} is out of range for dimension {} of shape {} ({} to {})", name,
        value, unravel_index(at, all.shape()), dim, shape, -size, size - 1);
  return where(index < 0, index + size, index);
}

Tensor as_elements_of(const Tensor& x, const Tensor& value, const char* name) {
  if (!is_number(value)) {
    require_same_type("value", value.dtype(), "tensor", x.dtype(), name);
    return value;
  }
  if (result_type(x, value) != x.dtype())
    fail<DTypeError>("{}: a number of type {} does not go into a tensor of type {}", name,
                     value.dtype(), x.dtype());
  return value.to(x.dtype());
}

}  // namespace detail

using detail::Piece;
using detail::Places;

Tensor index(const Tensor& x, const std::vector<Index>& indices) try {
  detail::require_defined(x, "the first argument", "index");
  std::vector<Piece> left;  // for what the numbers, slices and new dimensions have made of x
  Tensor y = x;
  int tables = 0;
  for (Piece& piece : detail::pieces_of(indices, x.shape(), "index")) {
    const int dim = left.empty() ? 0 : left.back().dim + left.back().dims;
    if (piece.kind == Piece::Kind::entry) {
      y = select(y, dim, piece.start);
      continue;
    }
    if (piece.kind == Piece::Kind::table) {
      ++tables;
    } else {
      if (piece.kind == Piece::Kind::fresh)
        y = unsqueeze(y, dim);
      else if (piece.step > 1)
        y = index_select(y, dim,
                         arange(piece.start, piece.start + piece.count * piece.step, piece.step));
      else if (piece.count != y.shape()[dim])
        y = narrow(y, dim, piece.start, piece.count);
      piece = {Piece::Kind::range, dim, 1, 0, y.shape()[dim], 1};
    }
    piece.dim = dim;
    left.push_back(std::move(piece));
  }
  if (tables == 0) return y;
  if (tables == 1)
    for (const Piece& piece : left)
      if (piece.kind == Piece::Kind::table && piece.dims == 1 && piece.table.dim() == 1)
        return index_select(y, piece.dim, piece.table);
  const Places places = detail::places_of(left, y.shape(), "index");
  return reshape(index_select(reshape(y, {places.rows, places.length}), 0, places.positions),
                 places.shape);
} catch (...) {
  detail::rethrow_for("index");
}

namespace {

struct Placed {
  Places places;
  Tensor source;  // a row for each position
};

Placed placed_at(const Tensor& x, const std::vector<Index>& indices, const Tensor& value,
                 const char* name) {
  detail::require_defined(x, "the first argument", name);
  detail::require_defined(value, "the value", name);
  Places places = detail::places_of(detail::pieces_of(indices, x.shape(), name), x.shape(), name);
  const Tensor source = detail::as_elements_of(x, value, name);
  Shape shape = source.shape();  // sizes of 1 in front do not count
  while (shape.rank() > places.shape.rank() && shape[0] == 1) shape.erase(0);
  if (shape.rank() > places.shape.rank() ||
      detail::broadcast(shape, places.shape, name) != places.shape)
    fail<ShapeError>("{}: a value of shape {} does not broadcast to {}, the shape of these entries",
                     name, value.shape(), places.shape);
  const Shape rows{places.positions.numel(), places.length};
  return {places, reshape(expand(reshape(source, shape), places.shape), rows)};
}

}  // namespace

Tensor detail::put(const Tensor& x, const std::vector<Index>& indices, const Tensor& value,
                   bool accumulate, const char* name) {
  const auto [places, source] = placed_at(x, indices, value, name);
  const Tensor rows = reshape(x, {places.rows, places.length});
  const Tensor y = accumulate ? index_add(rows, 0, places.positions, source)
                              : with_rows(rows, places.positions, source);
  return reshape(y, x.shape());
}

Tensor index_put(const Tensor& x, const std::vector<Index>& indices, const Tensor& value,
                 Flag accumulate) try {
  return detail::put(x, indices, value, accumulate, "index_put");
} catch (...) {
  detail::rethrow_for("index_put");
}

Tensor& Tensor::index_put_(const std::vector<Index>& indices, const Tensor& value,
                           Flag accumulate) &
    try {
  static const detail::Change change("index_put_");
  if (accumulate || detail::watched() || detail::should_record(*this, value)) {
    detail::assign_in_place(*this, detail::put(*this, indices, value, accumulate, change.name()),
                            change);
    return *this;
  }
  const NoGrad no_grad;
  const Placed at = placed_at(*this, indices, value, change.name());
  const bool own = detail::impl_of(at.source)->owner() != detail::impl_of(*this)->owner();
  detail::write_rows(*this, at.places.positions, own ? at.source : at.source.clone());
  detail::impl_of(*this)->changed(change);
  detail::keep_cuts(*this, {&value});
  return *this;
} catch (...) {
  detail::rethrow_for("index_put_");
}

RowIterator::RowIterator(const Tensor& x)
    : rows_(std::make_shared<const std::vector<Tensor>>(unbind(x))) {}

}  // namespace tapegrad
