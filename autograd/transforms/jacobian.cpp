#include "autograd/transforms/jacobian.h"

#include <algorithm>
#include <optional>
#include <span>
#include <tuple>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/random.h"
#include "autograd/tensor/require.h"
#include "autograd/tensor/visit_dtype.h"
#include "autograd/transforms/batch_mode.h"
#include "autograd/transforms/jvp.h"
#include "autograd/transforms/passes.h"

namespace tapegrad::detail {

namespace {

using Tensors = std::vector<Tensor>;

/// Elements `start` to `start + count` of the standard basis of tensors like `t`, along a first
/// dimension.
Tensor basis_of(const Tensor& t, std::int64_t start, std::int64_t count) {
  const NoGrad no_grad;
  Tensor basis = zeros({count, t.numel()}, t.dtype());
  visit_floating(t.dtype(), [&]<class T>(T) {
    basis.write<T>([&](std::span<T> data) {
      for (std::int64_t k = 0; k < count; ++k)
        data[static_cast<std::size_t>(k * t.numel() + start + k)] = 1;
    });
  });
  Shape shape = t.shape();
  shape.insert(0, count);
  return reshape(basis, shape);
}

/// The shape of a block.
Shape block_shape(const char* caller, const Shape& output, const Shape& input) {
  if (output.rank() + input.rank() > kMaxRank)
    fail<ShapeError>(
        "{}: outputs of shape {} and inputs of shape {} make a rank over {}; make one vector of "
        "each by reshape, or of all inputs by flatten_parameters",
        caller, output, input, kMaxRank);
  Shape shape = output;
  for (const std::int64_t size : input) shape.push_back(size);
  return shape;
}

std::int64_t count_of(const Tensors& tensors) {
  std::int64_t count = 0;
  for (const Tensor& each : tensors) count += each.numel();
  return count;
}

/// Jacobians, several columns or rows by one pass.
class Passes {
 public:
  Passes(const char* caller, const ListFunction& f, const Tensors& x, std::int64_t chunk)
      : caller_(caller), f_(f), x_(x), chunk_(chunk) {
    if (chunk < 1)
      fail<ValueError>("{}: chunk_size is {}; it is a number of columns or rows", caller, chunk);
  }

  Blocks forward() const {
    Blocks blocks;
    for (std::size_t i = 0; i < x_.size(); ++i) {
      std::vector<Tensors> columns;  // for each output, in chunks
      Tensors y;
      for_chunks(x_[i], [&](std::int64_t start, std::int64_t count) {
        const Tensors made = columns_of(i, start, count, y);
        columns.resize(made.size());
        for (std::size_t j = 0; j < made.size(); ++j) columns[j].push_back(made[j]);
      });
      blocks.resize(columns.size());
      for (std::size_t j = 0; j < columns.size(); ++j) {
        const Tensor all = reshape(cat(columns[j]), {-1, y[j].numel()});
        blocks[j].push_back(
            reshape(transpose(all, 0, 1), block_shape(caller_, y[j].shape(), x_[i].shape())));
      }
    }
    return blocks;
  }

  Blocks reverse(const Level& level) const {
    const Tensors& y = level.outputs();
    Blocks blocks;
    for (std::size_t j = 0; j < y.size(); ++j) {
      std::vector<Tensors> rows(x_.size());  // for each input, in chunks
      for_chunks(y[j], [&](std::int64_t start, std::int64_t count) {
        const Tensors made = rows_of(level, j, start, count);
        for (std::size_t i = 0; i < x_.size(); ++i) rows[i].push_back(made[i]);
      });
      blocks.emplace_back();
      for (std::size_t i = 0; i < x_.size(); ++i)
        blocks[j].push_back(reshape(cat(rows[i]).to(y[j].dtype()),
                                    block_shape(caller_, y[j].shape(), x_[i].shape())));
    }
    return blocks;
  }

 private:
  /// Calls `f(start, count)` for the elements of `t`, `chunk_` of them at a time.
  template <class F>
  void for_chunks(const Tensor& t, const F& f) const {
    for (std::int64_t start = 0; start < t.numel(); start += chunk_)
      f(start, std::min(chunk_, t.numel() - start));
  }

  Tensors columns_of(std::size_t i, std::int64_t start, std::int64_t count, Tensors& y) const {
    Tensors tangents = tangents_along(f_, x_, i, basis_of(x_[i], start, count), y);
    for (const Tensor& each : y) (void)block_shape(caller_, each.shape(), x_[i].shape());
    return tangents;
  }

  Tensors rows_of(const Level& level, std::size_t j, std::int64_t start, std::int64_t count) const {
    return cotangents_from(level, j, basis_of(level.outputs()[j], start, count));
  }

  const char* caller_;
  const ListFunction& f_;
  const Tensors& x_;
  std::int64_t chunk_;
};

/// Zeros, where there are no elements to take derivatives by or of.
Blocks no_blocks(const char* caller, const Tensors& y, const Tensors& x) {
  Blocks blocks;
  for (const Tensor& output : y) {
    blocks.emplace_back();
    for (const Tensor& input : x)
      blocks.back().push_back(
          zeros(block_shape(caller, output.shape(), input.shape()), output.dtype()));
  }
  return blocks;
}

}  // namespace

Tensors tangents_along(const ListFunction& f, const Tensors& x, std::size_t i,
                       const Tensor& directions, Tensors& y) {
  BatchMode mode(directions.size(0));
  Tensors v(x.size()), tangents;
  v[i] = select(directions, 0, 0).clone();
  mode.set(v[i], directions);
  std::tie(y, tangents) = jvp_of_list(f, x, v);
  for (Tensor& each : tangents) each = mode.batch(each);
  return tangents;
}

Tensors cotangents_from(const Level& level, std::size_t j, const Tensor& directions) {
  BatchMode mode(directions.size(0));
  Tensors v(level.outputs().size());
  v[j] = select(directions, 0, 0).clone();
  mode.set(v[j], directions);
  Tensors gradients = level.pull(v, true);
  for (Tensor& each : gradients) each = mode.batch(each);
  return gradients;
}

ListFunction drawing_the_same(const ListFunction& f) {
  return [&f, start = default_generator().position()](const Tensors& x) {
    default_generator().set_position(start);
    return f(x);
  };
}

Blocks checked_jacobian(const ListFunction& function, const Tensors& x,
                        const JacobianOptions& options) {
  return allocating_for("jacobian", [&]() -> Blocks {
    const ListFunction f = drawing_the_same(function);
    const Passes passes("jacobian", f, x, options.chunk_size);
    std::optional<Level> level(std::in_place, "jacobian", f, x);
    const Tensors& y = level->outputs();
    for (const Tensor& output : y) {
      if (!is_floating_point(output.dtype()))
        fail<DTypeError>(
            "jacobian: the function returns {}; only float32 and float64 have derivatives",
            output.dtype());
      for (const Tensor& input : x) (void)block_shape("jacobian", output.shape(), input.shape());
    }
    const std::int64_t m = count_of(y), n = count_of(x);
    if (m == 0 || n == 0) return no_blocks("jacobian", y, x);
    const bool forward = options.direction == Direction::forward ||
                         (options.direction == Direction::automatic && n <= m);
    if (!forward) return passes.reverse(*level);
    level.reset();
    return passes.forward();
  });
}

Blocks checked_hessian(const ListFunction& f, const Tensors& x, const JacobianOptions& options) {
  return allocating_for("hessian", [&] {
    require_inputs(x, "hessian");
    const ListFunction gradients = [&](const Tensors& in) {
      Tensors all = gradients_and_value("hessian", f, in);
      all.pop_back();
      return all;
    };
    const ListFunction listed = drawing_the_same(gradients);
    if (count_of(x) == 0) return no_blocks("hessian", x, x);
    return Passes("hessian", listed, x, options.chunk_size).forward();
  });
}

}  // namespace tapegrad::detail
