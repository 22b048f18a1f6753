#include "autograd/transforms/sparse.h"

#include <algorithm>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"
#include "autograd/tensor/visit_dtype.h"
#include "autograd/transforms/passes.h"
#include "autograd/transforms/sparsity_mode.h"

namespace tapegrad {

namespace {

using detail::ListFunction;
using Tensors = std::vector<Tensor>;
using Indices = std::vector<std::int64_t>;

/// Colours such that those of one colour have no index in common: `own[i]` lists those of `i`, and
/// `sharing[k]` who has index `k`. Each gets the first that is free.
Indices colours_of(const std::vector<Indices>& own, const std::vector<Indices>& sharing,
                   std::int64_t& count) {
  constexpr std::int64_t none = -1;
  Indices colours(own.size(), none), taken_by(own.size() + 1, none);
  count = 0;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (own[i].empty()) continue;
    for (const std::int64_t k : own[i])
      for (const std::int64_t other : sharing[static_cast<std::size_t>(k)])
        if (const auto colour = colours[static_cast<std::size_t>(other)]; colour != none)
          taken_by[static_cast<std::size_t>(colour)] = static_cast<std::int64_t>(i);
    std::int64_t colour = 0;
    while (taken_by[static_cast<std::size_t>(colour)] == static_cast<std::int64_t>(i)) ++colour;
    colours[i] = colour;
    count = std::max(count, colour + 1);
  }
  return colours;
}

std::shared_ptr<const SparsityPattern> pattern_of(std::vector<Indices> columns_of_rows,
                                                  std::int64_t columns, bool symmetric) {
  auto pattern = std::make_shared<SparsityPattern>();
  pattern->rows = static_cast<std::int64_t>(columns_of_rows.size());
  pattern->columns = columns;
  std::vector<Indices> rows_of_columns(static_cast<std::size_t>(columns));
  for (std::size_t row = 0; row < columns_of_rows.size(); ++row)
    for (const std::int64_t column : columns_of_rows[row]) {
      pattern->row_indices.push_back(static_cast<std::int64_t>(row));
      pattern->column_indices.push_back(column);
      rows_of_columns[static_cast<std::size_t>(column)].push_back(static_cast<std::int64_t>(row));
    }
  pattern->colours = colours_of(rows_of_columns, columns_of_rows, pattern->directions);
  pattern->symmetric = symmetric;
  if (symmetric) return pattern;
  std::int64_t count = 0;
  Indices of_rows = colours_of(columns_of_rows, rows_of_columns, count);
  if (count < pattern->directions) {
    pattern->forward = false;
    pattern->colours = std::move(of_rows);
    pattern->directions = count;
  }
  return pattern;
}

/// Directions `start` to `start + count`: for each the sum of what has its colour.
Tensor seeds_of(const SparsityPattern& pattern, const Tensor& like, std::int64_t start,
                std::int64_t count) {
  const NoGrad no_grad;
  Tensor seeds = zeros({count, like.numel()}, like.dtype());
  visit_floating(like.dtype(), [&]<class T>(T) {
    seeds.write<T>([&](std::span<T> data) {
      for (std::size_t i = 0; i < pattern.colours.size(); ++i)
        if (const std::int64_t k = pattern.colours[i] - start; k >= 0 && k < count)
          data[static_cast<std::size_t>(k * like.numel()) + i] = 1;
    });
  });
  Shape shape = like.shape();
  shape.insert(0, count);
  return reshape(seeds, shape);
}

/// `made(start, count)`, `[count, n]`, for all directions, and of these the elements of the
/// matrix.
template <class F>
Tensor elements_of(const SparsityPattern& pattern, std::int64_t n, DType dtype,
                   const SparseOptions& options, const F& made) {
  if (pattern.directions == 0) return zeros(0, dtype);
  Tensors chunks;
  for (std::int64_t start = 0; start < pattern.directions; start += options.chunk_size) {
    const std::int64_t count = std::min(options.chunk_size, pattern.directions - start);
    chunks.push_back(reshape(made(start, count), {count * n}));
  }
  // Element (row, column) is in the direction of its column, at its row; or the other way round.
  Indices places;
  for (std::size_t k = 0; k < pattern.row_indices.size(); ++k) {
    std::int64_t at = pattern.row_indices[k], along = pattern.column_indices[k];
    if (!pattern.forward) std::swap(at, along);
    places.push_back(pattern.colours[static_cast<std::size_t>(along)] * n + at);
  }
  return index_select(cat(chunks), 0, tensor(places));
}

/// `what`: "rows", of `whose`: "output".
void require_count(const char* caller, const char* what, std::int64_t pattern, const char* whose,
                   std::int64_t elements) {
  if (pattern != elements)
    fail<ValueError>("{}: the pattern has {} {}, but the {} has {} elements", caller, pattern, what,
                     whose, elements);
}

void require_chunk(const char* caller, const SparseOptions& options) {
  if (options.chunk_size < 1)
    fail<ValueError>("{}: chunk_size is {}; it is a number of directions", caller,
                     options.chunk_size);
}

/// What the one result of `f` depends on.
std::shared_ptr<const SparsityPattern> found_pattern(const ListFunction& f, const Tensor& x,
                                                     bool symmetric) {
  const Tensor input = detail::own_inputs({x})[0].detach().clone();
  detail::SparsityMode mode;
  mode.set_input(input);
  const Tensor y = f({input})[0];
  return pattern_of(mode.sets_of(y), x.numel(), symmetric);
}

void require_one(const char* caller, const Tensors& y) {
  if (y.size() != 1)
    fail<ValueError>("{}: the function returns {} tensors; put them together by cat", caller,
                     y.size());
  detail::require_defined(y[0], "what the function returned", caller);
  if (!is_floating_point(y[0].dtype()))
    fail<DTypeError>("{}: the function returns {}; only float32 and float64 have derivatives",
                     caller, y[0].dtype());
}

}  // namespace

Tensor SparseMatrix::to_dense() const {
  Indices places;
  for (std::size_t k = 0; k < rows().size(); ++k)
    places.push_back(rows()[k] * pattern->columns + columns()[k]);
  const Tensor flat = zeros({pattern->rows * pattern->columns}, values.dtype());
  return reshape(index_put(flat, {tensor(places)}, values), {pattern->rows, pattern->columns});
}

SparseMatrix detail::checked_sparse_jacobian(const ListFunction& function, const Tensor& x,
                                             const SparseOptions& options) {
  return allocating_for("sparse_jacobian", [&]() -> SparseMatrix {
    const ListFunction f = drawing_the_same(function);
    require_inputs({x}, "sparse_jacobian");
    if (options.pattern && options.pattern->symmetric)
      fail<ValueError>("sparse_jacobian: the pattern is that of a Hessian");
    require_chunk("sparse_jacobian", options);
    std::shared_ptr<const SparsityPattern> pattern = options.pattern;
    if (!pattern) {
      const auto checked = [&](const Tensors& in) {
        Tensors y = f(in);
        require_one("sparse_jacobian", y);
        return y;
      };
      pattern = found_pattern(checked, x, false);
    }
    require_count("sparse_jacobian", "columns", pattern->columns, "input", x.numel());
    Tensor values;
    if (pattern->forward) {
      values = elements_of(
          *pattern, pattern->rows, x.dtype(), options, [&](std::int64_t start, std::int64_t count) {
            Tensors y;
            const Tensors made = tangents_along(f, {x}, 0, seeds_of(*pattern, x, start, count), y);
            require_one("sparse_jacobian", y);
            require_count("sparse_jacobian", "rows", pattern->rows, "output", y[0].numel());
            return made[0];
          });
    } else {
      const Level level("sparse_jacobian", f, {x});
      require_one("sparse_jacobian", level.outputs());
      const Tensor& y = level.outputs()[0];
      require_count("sparse_jacobian", "rows", pattern->rows, "output", y.numel());
      values = elements_of(
          *pattern, pattern->columns, x.dtype(), options,
          [&](std::int64_t start, std::int64_t count) {
            return cotangents_from(level, 0, seeds_of(*pattern, y, start, count))[0].to(y.dtype());
          });
    }
    return {std::move(pattern), std::move(values)};
  });
}

SparseMatrix detail::checked_sparse_hessian(const ListFunction& f, const Tensor& x,
                                            const SparseOptions& options) {
  return allocating_for("sparse_hessian", [&]() -> SparseMatrix {
    require_inputs({x}, "sparse_hessian");
    require_chunk("sparse_hessian", options);
    const ListFunction once = [&](const Tensors& in) {
      return Tensors{gradients_and_value("sparse_hessian", f, in)[0]};
    };
    const ListFunction gradient = drawing_the_same(once);
    std::shared_ptr<const SparsityPattern> pattern =
        options.pattern ? options.pattern : found_pattern(gradient, x, true);
    require_count("sparse_hessian", "rows", pattern->rows, "input", x.numel());
    require_count("sparse_hessian", "columns", pattern->columns, "input", x.numel());
    if (!pattern->symmetric) fail<ValueError>("sparse_hessian: the pattern is that of a Jacobian");
    Tensor values = elements_of(
        *pattern, x.numel(), x.dtype(), options, [&](std::int64_t start, std::int64_t count) {
          Tensors y;
          return tangents_along(gradient, {x}, 0, seeds_of(*pattern, x, start, count), y)[0];
        });
    return {std::move(pattern), std::move(values)};
  });
}

}  // namespace tapegrad
