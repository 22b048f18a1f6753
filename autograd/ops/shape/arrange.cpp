#include "autograd/ops/shape/arrange.h"

#include "autograd/base/fail.h"
#include "autograd/ops/index/positions.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/named.h"
#include "autograd/ops/shape/narrow.h"
#include "autograd/ops/shape/views.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace {

/// `y`, which was made of `x`; a copy where nothing was to be done.
Tensor own(const Tensor& y, const Tensor& x) { return y.is_same(x) ? x.clone() : y; }

/// `dims` are counted from 0.
Tensor flipped(const Tensor& x, const Dims& dims) {
  Tensor y = x;
  if (x.dim() == 0) return y;
  for (const std::int64_t dim : dims) {
    const int d = static_cast<int>(dim);
    if (x.shape()[d] > 1) y = detail::reversed(y, d);
  }
  return y;
}

Tensor rolled(const Tensor& x, std::int64_t shift, int dim) {
  const std::int64_t size = x.shape()[dim];
  const std::int64_t moved = size == 0 ? 0 : (shift % size + size) % size;
  if (moved == 0) return x;
  const std::vector<Tensor> parts = split(x, {size - moved, moved}, dim);
  return cat({parts[1], parts[0]}, dim);
}

/// Each block of so many elements `times` times.
Tensor blocks_repeated(const Tensor& x, std::int64_t block, std::int64_t times) {
  const std::int64_t blocks = block == 0 ? 0 : x.numel() / block;
  return expand(reshape(x, {blocks, 1, block}), {blocks, times, block});
}

/// `x`, which has no more dimensions than `sizes` are, as often as they say. A run of dimensions of
/// which all but the last have size 1 is repeated at once.
Tensor repeated(const Tensor& x, const Shape& sizes, const char* name) {
  const int rank = sizes.rank(), added = rank - x.dim();
  Shape from = sizes, to = sizes;
  for (int d = 0; d < rank; ++d) {
    if (sizes[d] < 0)
      fail<ShapeError>("{}: {} times along dimension {} in {} is negative; 0 leaves nothing", name,
                       sizes[d], d, sizes);
    from[d] = d < added ? 1 : x.shape()[d - added];
    if (__builtin_mul_overflow(from[d], sizes[d], &to[d]))
      fail<ShapeError>("{}: {} times size {} of dimension {} is more than memory can hold", name,
                       sizes[d], from[d], d);
  }
  const std::int64_t count =
      detail::allocating_for(name, [&] { return detail::checked_numel(to, x.dtype()); });
  if (rank == 0) return x.clone();
  if (count == 0) return reshape(expand(reshape(x, {1, x.numel()}), {0, x.numel()}), to);

  Tensor y = x;
  std::int64_t block = 1, times = 1;
  for (int d = rank - 1; d >= 0; --d) {
    block *= from[d];
    times *= sizes[d];
    if (times == 1 || (d > 0 && from[d - 1] == 1)) continue;
    y = blocks_repeated(y, block, times);
    block *= times;
    times = 1;
  }
  return reshape(own(y, x), to);
}

[[noreturn]] void fail_negative_repeats(std::int64_t repeats, std::int64_t at) {
  fail<ValueError>("repeat_interleave: {} repeats, at {}, are negative; 0 leaves the entry out",
                   repeats, at);
}

/// Each entry of `dim` as often.
Tensor interleaved(const Tensor& x, std::int64_t times, int dim) {
  if (times < 0) fail_negative_repeats(times, 0);
  const Shape& shape = x.shape();
  Shape to = shape;
  if (__builtin_mul_overflow(shape[dim], times, &to[dim]))
    fail<ShapeError>(
        "repeat_interleave: {} times size {} of dimension {} is more than memory can hold", times,
        shape[dim], dim);
  const std::int64_t block = shape.slice(dim + 1, shape.rank()).numel();
  return reshape(blocks_repeated(x, block, times), to);
}

/// The numbers that repeats are checked with.
struct Counted {
  std::int64_t total;  ///< -1 for more than int64 holds
  detail::Fault negative;
};

/// Index i `repeats[i]` times, for a vector.
Tensor repeated_indices(const Tensor& repeats) {
  const Counted counted = detail::launch(
      "count_repeats",
      [](const std::int64_t* times, std::int64_t n) {
        Counted result{0, {-1, 0}};
        for (std::int64_t i = 0; i < n; ++i) {
          if (times[i] < 0) return Counted{0, {i, times[i]}};
          if (result.total >= 0 && __builtin_add_overflow(result.total, times[i], &result.total))
            result.total = -1;
        }
        return result;
      },
      detail::in<std::int64_t>(repeats), repeats.numel());
  if (counted.negative.at >= 0) fail_negative_repeats(counted.negative.value, counted.negative.at);
  if (counted.total < 0)
    fail<ShapeError>("repeat_interleave: the repeats add up to more entries than memory can hold");
  const Tensor index = detail::allocate("repeat_interleave", counted.total, int64);
  detail::launch(
      "repeat_interleave",
      [](const std::int64_t* times, std::int64_t* to, std::int64_t n) {
        for (std::int64_t i = 0; i < n; ++i)
          for (std::int64_t k = 0; k < times[i]; ++k) *to++ = i;
      },
      detail::in<std::int64_t>(repeats), detail::out<std::int64_t>(index), repeats.numel());
  return index;
}

/// The tensors of a grid, as vectors of one type.
std::vector<Tensor> vectors_of(const std::vector<Tensor>& tensors, const char* name) {
  detail::require_tensors(tensors, name);
  if (tensors.size() > kMaxRank)
    fail<ShapeError>("{}: {} tensors, but no tensor has more than {} dimensions", name,
                     tensors.size(), kMaxRank);
  std::vector<Tensor> vectors;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].dim() > 1)
      fail<ShapeError>(
          "{}: tensor {} has shape {}; only vectors and numbers make a grid: flatten it", name, i,
          tensors[i].shape());
    vectors.push_back(atleast_1d(tensors[i]));
    if (vectors[i].dtype() != vectors[0].dtype())
      fail<DTypeError>("{}: tensor {} is {} but tensor 0 is {}; convert one of them with to()",
                       name, i, vectors[i].dtype(), vectors[0].dtype());
  }
  return vectors;
}

std::vector<Tensor> grid_of(const std::vector<Tensor>& vectors, Indexing indexing) {
  const int rank = static_cast<int>(vectors.size());
  const auto dim_of = [&](int i) {
    return indexing == Indexing::xy && rank > 1 && i < 2 ? 1 - i : i;
  };
  Shape whole;
  for (int i = 0; i < rank; ++i) whole.push_back(1);
  const Shape flat = whole;
  for (int i = 0; i < rank; ++i) whole[dim_of(i)] = vectors[static_cast<std::size_t>(i)].numel();
  std::vector<Tensor> grid;
  for (int i = 0; i < rank; ++i) {
    const Tensor& x = vectors[static_cast<std::size_t>(i)];
    grid.push_back(expand(reshape(x, flat.with_size(dim_of(i), x.numel())), whole));
  }
  return grid;
}

/// n over k, or -1 for more than any tensor has elements.
std::int64_t choices(std::int64_t n, std::int64_t k) {
  if (k < 0 || k > n) return 0;
  const std::int64_t steps = k < n - k ? k : n - k;
  std::int64_t count = 1;
  for (std::int64_t i = 1; i <= steps; ++i) {
    if (__builtin_mul_overflow(count, n - steps + i, &count)) return -1;
    count /= i;
  }
  return count;
}

}  // namespace

Tensor flip(const Tensor& x, const Dims& dims) {
  detail::require_defined(x, "flip");
  return own(flipped(x, detail::distinct_dims(dims, x.dim(), "flip")), x);
}

Tensor roll(const Tensor& x, const Shape& shifts, const Dims& dims) {
  detail::require_defined(x, "roll");
  if (dims.empty() && shifts.rank() == 1) {
    if (x.dim() == 0) return x.clone();
    const Tensor flat = reshape(x, x.numel());
    return reshape(own(rolled(flat, shifts[0], 0), flat), x.shape());
  }
  if (dims.rank() != shifts.rank())
    fail<ShapeError>(
        "roll: {} shifts {} and {} dimensions {}; give each dimension its shift, or one shift "
        "alone for all elements in a row",
        shifts.rank(), shifts, dims.rank(), dims);
  Tensor y = x;
  for (int i = 0; i < dims.rank(); ++i)
    y = rolled(y, shifts[i], detail::dimension_of(x.shape(), static_cast<int>(dims[i]), "roll"));
  return own(y, x);
}

Tensor rot90(const Tensor& x, Integer k, const Dims& dims) {
  detail::require_defined(x, "rot90");
  if (dims.rank() != 2 || x.dim() < 2)
    fail<ShapeError>("rot90: {} dimensions {} of a tensor of shape {}; a plane has two",
                     dims.rank(), dims, x.shape());
  const Dims plane = detail::distinct_dims(dims, x.dim(), "rot90");
  const auto turned = [&](std::int64_t reversed) {
    return transpose(own(flipped(x, reversed), x), static_cast<int>(plane[0]),
                     static_cast<int>(plane[1]));
  };
  switch ((k % 4 + 4) % 4) {
    case 1:
      return turned(plane[1]);
    case 2:
      return own(flipped(x, plane), x);
    case 3:
      return turned(plane[0]);
    default:
      return x.clone();
  }
}

Tensor repeat(const Tensor& x, const Shape& sizes) {
  detail::require_defined(x, "repeat");
  if (sizes.rank() < x.dim())
    fail<ShapeError>(
        "repeat: {} sizes {} for a tensor of shape {}; give one for each dimension, "
        "or use tile, which takes fewer",
        sizes.rank(), sizes, x.shape());
  return repeated(x, sizes, "repeat");
}

Tensor tile(const Tensor& x, const Shape& dims) {
  detail::require_defined(x, "tile");
  Shape sizes = dims;
  while (sizes.rank() < x.dim()) sizes.insert(0, 1);
  return repeated(x, sizes, "tile");
}

Tensor repeat_interleave(const Tensor& repeats) {
  detail::require_defined(repeats, "the repeats", "repeat_interleave");
  detail::require_int64("the repeats", repeats.dtype(), "repeat_interleave");
  if (repeats.dim() != 1)
    fail<ShapeError>("repeat_interleave: the repeats must be a vector, not of shape {}",
                     repeats.shape());
  return repeated_indices(repeats);
}

Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, int dim) {
  detail::require_defined(x, "the first argument", "repeat_interleave");
  detail::require_defined(repeats, "the repeats", "repeat_interleave");
  detail::require_int64("the repeats", repeats.dtype(), "repeat_interleave");
  const Shape& shape = x.shape();
  const int d = detail::dimension_of(shape, dim, "repeat_interleave");
  if (repeats.dim() > 1 || (repeats.numel() != 1 && repeats.numel() != shape[d]))
    fail<ShapeError>(
        "repeat_interleave: repeats of shape {} for dimension {} of shape {}; give {}, or one for "
        "all",
        repeats.shape(), d, shape, shape[d]);
  if (repeats.numel() == 1) return interleaved(x, repeats.item<std::int64_t>(), d);
  return index_select(x, d, repeated_indices(repeats));
}

Tensor repeat_interleave(const Tensor& x, const Tensor& repeats) {
  detail::require_defined(x, "the first argument", "repeat_interleave");
  return repeat_interleave(reshape(x, x.numel()), repeats, 0);
}

std::vector<Tensor> meshgrid(const std::vector<Tensor>& tensors, Indexing indexing) try {
  return grid_of(vectors_of(tensors, "meshgrid"), indexing);
} catch (...) {
  detail::rethrow_for("meshgrid");
}

Tensor cartesian_prod(const std::vector<Tensor>& tensors) try {
  std::vector<Tensor> grid = vectors_of(tensors, "cartesian_prod");
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].dim() == 0)
      fail<ShapeError>("cartesian_prod: tensor {} is a number (0-d); reshape it to [1]", i);
  }
  if (tensors.size() == 1) return tensors[0];
  grid = grid_of(grid, Indexing::ij);
  for (Tensor& x : grid) x = flatten(x);
  return stack(grid, 1);
} catch (...) {
  detail::rethrow_for("cartesian_prod");
}

Tensor combinations(const Tensor& x, Integer r, Flag with_replacement) {
  detail::require_defined(x, "combinations");
  const std::int64_t size = r;
  if (x.dim() != 1) fail<ShapeError>("combinations: shape {} is no vector; flatten it", x.shape());
  if (size < 0) fail<ValueError>("combinations: r is {}; nothing has fewer than 0 elements", size);
  if (size == 0) return narrow(x, 0, 0, 0);
  const std::int64_t n = x.numel();
  std::int64_t places = n;
  const bool overflow = with_replacement && n > 0 && __builtin_add_overflow(n, size - 1, &places);
  const std::int64_t count = overflow ? -1 : choices(places, size);
  if (count < 0)
    fail<ShapeError>("combinations: {} of {} elements are more choices than memory can hold", size,
                     n);
  const Tensor index = detail::allocate("combinations", {count, size}, int64);
  detail::launch(
      "combinations",
      [](std::int64_t* row, std::int64_t rows, std::int64_t columns, std::int64_t all, bool again) {
        for (std::int64_t c = 0; rows > 0 && c < columns; ++c) row[c] = again ? 0 : c;
        for (std::int64_t i = 1; i < rows; ++i, row += columns) {
          // The last place that is not at its end moves on, and those behind it follow.
          std::int64_t c = columns - 1;
          while (row[c] == (again ? all - 1 : all - columns + c)) --c;
          std::int64_t* next = row + columns;
          for (std::int64_t k = 0; k < columns; ++k)
            next[k] = k < c ? row[k] : row[c] + 1 + (again ? 0 : k - c);
        }
      },
      detail::out<std::int64_t>(index), count, size, n, static_cast<bool>(with_replacement));
  return reshape(index_select(x, 0, reshape(index, count * size)), {count, size});
}

}  // namespace tapegrad
