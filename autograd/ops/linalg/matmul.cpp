#include <stdexcept>

#include "autograd/base/fail.h"
#include "autograd/base/threads/parallel.h"
#include "autograd/kernels/gemm/gemm.h"
#include "autograd/ops/core/draw.h"
#include "autograd/ops/core/leading.h"
#include "autograd/ops/core/onnx_text.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/linalg/operands.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/reduce/reduce.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad {

namespace {

using detail::in;
using detail::launch;
using detail::new_tensor;
using detail::out;

/// The last two sizes, after transposition.
struct MatrixSize {
  std::int64_t rows, columns;
  MatrixSize(const Shape& shape, bool transposed) : rows(shape[-2]), columns(shape.back()) {
    if (transposed) std::swap(rows, columns);
  }
};

Shape batch_of(const Shape& shape) { return shape.slice(0, shape.rank() - 2); }

/// How many vectors `x` holds along its last dimension.
std::int64_t row_count(const Tensor& x) {
  std::int64_t rows = 1;
  const Shape& shape = x.shape();
  for (const std::int64_t* size = shape.begin(); size + 1 < shape.end(); ++size) rows *= *size;
  return rows;
}

/// `x` as one matrix of these vectors.
Tensor as_rows(const Tensor& x) { return reshape(x, {row_count(x), x.shape().back()}); }

Shape with_matrix(Shape batch, std::int64_t rows, std::int64_t columns) {
  batch.push_back(rows);
  batch.push_back(columns);
  return batch;
}

[[noreturn]] void fail_inner_sizes(const Tensor& a, const Tensor& b, MatmulOptions flags,
                                   std::int64_t columns, std::int64_t rows) {
  fail<ShapeError>("matmul: {}{} times {}{}: the inner sizes {} and {} differ", a.shape(),
                   flags.transpose_a ? " (transposed)" : "", b.shape(),
                   flags.transpose_b ? " (transposed)" : "", columns, rows);
}

/// What a product is of: `count` times [m, k] and [k, n].
struct ProductSize {
  std::int64_t count, m, n, k;
};

/// Products of a column and a row, as in the gradients of each sample: what they cost is to write
/// them.
template <class T>
void outer_products(const ProductSize& size, const T* x, const T* y, T* to,
                    const kernels::BatchStrides& step) {
  const auto product = [&](std::int64_t i) {
    const T *column = x + i * step.a, *row = y + i * step.b;
    T* c = to + i * step.c;
    for (std::int64_t r = 0; r < size.m; ++r, c += size.n)
      for (std::int64_t j = 0; j < size.n; ++j) c[j] = column[r] * row[j];
  };
  kernels::parallel_for(size.count, product, size.count * size.m * size.n);
}

/// C = op(A) op(B) for `size.count` matrices.
void run_gemm(MatmulOptions flags, const ProductSize& size, const Tensor& a, const Tensor& b,
              const Tensor& c, kernels::BatchStrides strides = {}) {
  if (c.dtype() == int64) {
    return launch(
        "matmul_integers",
        [](const std::int64_t* x, const std::int64_t* y, std::int64_t* to, MatmulOptions t,
           ProductSize of, kernels::BatchStrides step) {
          for (std::int64_t i = 0; i < of.count; ++i)
            kernels::matmul_naive(t.transpose_a, t.transpose_b, of.m, of.n, of.k, x + i * step.a,
                                  y + i * step.b, to + i * step.c);
        },
        in<std::int64_t>(a), in<std::int64_t>(b), out<std::int64_t>(c), flags, size, strides);
  }
  visit_floating(c.dtype(), [&]<class T>(T) {
    launch(
        "gemm",
        [](const T* x, const T* y, T* to, MatmulOptions t, ProductSize of,
           kernels::BatchStrides step) {
          if (of.count == 1)
            kernels::gemm(t.transpose_a, t.transpose_b, of.m, of.n, of.k, x, y, to, T(0));
          else if (of.k == 1)
            outer_products(of, x, y, to, step);
          else
            kernels::gemm_batched(t.transpose_a, t.transpose_b, of.count, of.m, of.n, of.k, x, y,
                                  to, step, T(0));
        },
        in<T>(a), in<T>(b), out<T>(c), flags, size, strides);
  });
}

/// The matrix product of tensors of at least two dimensions; batches broadcast.
struct MatMul {
  static constexpr const char* name = "matmul";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Leading leading = Leading::broadcast;
  static constexpr bool bilinear = true;
  static constexpr Reads reads[] = {kA | kB, kA | kB};
  MatmulOptions flags;
  static constexpr void visit(auto& op, auto f) { f("flags", op.flags); }
  static std::string onnx(const MatMul& op, std::span<const Tensor* const> inputs) {
    const auto operand = [&](const char* name, std::size_t i, bool transposed) {
      if (!transposed) return std::string(name);
      std::vector<std::int64_t> order;
      for (int d = 0; d < inputs[i]->dim(); ++d) order.push_back(d);
      std::swap(order.back(), order[order.size() - 2]);
      return fmt::format("Transpose<perm={}>({})", detail::onnx_list(order), name);
    };
    return fmt::format("y = MatMul({}, {})", operand("a", 0, op.flags.transpose_a),
                       operand("b", 1, op.flags.transpose_b));
  }

  Tensor forward(const Tensor& a, const Tensor& b) const {
    const MatrixSize left(a.shape(), flags.transpose_a), right(b.shape(), flags.transpose_b);
    const Shape batch_a = batch_of(a.shape()), batch_b = batch_of(b.shape());
    if (left.columns != right.rows) fail_inner_sizes(a, b, flags, left.columns, right.rows);
    const Shape batch = batch_a == batch_b ? batch_a : detail::broadcast(batch_a, batch_b, name);
    Tensor c = new_tensor(with_matrix(batch, left.rows, right.columns), a.dtype());
    const std::int64_t m = left.rows, k = left.columns, n = right.columns;
    // One product when B is the same matrix for a whole batch of rows.
    if (!flags.transpose_a && batch_b.numel() == 1 && batch_a == batch) {
      run_gemm(flags, {1, batch.numel() * m, n, k}, a, b, c);
      return c;
    }
    const auto repeated = [&](const Tensor& x, const Shape& own) {
      return own == batch || own.numel() == 1
                 ? x
                 : expand(x, with_matrix(batch, x.shape()[-2], x.shape().back()));
    };
    const Tensor x = repeated(a, batch_a), y = repeated(b, batch_b);
    const bool fixed_a = batch_a != batch && batch_a.numel() == 1;
    const bool fixed_b = batch_b != batch && batch_b.numel() == 1;
    run_gemm(flags, {batch.numel(), m, n, k}, x, y, c,
             {fixed_a ? 0 : m * k, fixed_b ? 0 : k * n, m * n});
    return c;
  }

  // C = A' B', where ' is the transposition asked for: dA' = G B'^T and dB' = A'^T G.
  Tensor vjp_a(const Tensor& g, const Tensor&, const Tensor& b, auto) const {
    if (flags.transpose_a) return matmul(b, g, {flags.transpose_b, true});
    return matmul(g, b, {false, !flags.transpose_b});
  }
  Tensor vjp_b(const Tensor& g, const Tensor& a, const Tensor& b, auto) const {
    // A batch that multiplied one matrix is one long product, not a sum of many.
    const bool join = b.dim() == 2 && a.dim() > 2 && !flags.transpose_a;
    const Tensor x = join ? as_rows(a) : a;
    const Tensor y = join ? as_rows(g) : g;
    if (flags.transpose_b) return matmul(y, x, {true, flags.transpose_a});
    return matmul(x, y, {!flags.transpose_a, false});
  }
};

void check_operands(const Tensor& a, const Tensor& b) {
  detail::require_defined(a, b, "matmul");
  detail::require_product_types(a, b, "matmul");
}

/// x W^T + b as one operator.
struct Linear {
  static constexpr const char* name = "linear";
  static constexpr Sparsity sparsity = Sparsity::dense;
  static constexpr Reads reads[] = {kB, kA, kNone}, fused = kA | kB | kC;
  static std::string onnx(const Linear&, std::span<const Tensor* const> inputs) {
    const bool bias = inputs[2]->defined();
    if (inputs[0]->dim() == 2)
      return bias ? "y = Gemm<transB=1>(a, b, c)" : "y = Gemm<transB=1>(a, b)";
    return bias ? "y = Add(MatMul(a, Transpose<perm=[1, 0]>(b)), c)"
                : "y = MatMul(a, Transpose<perm=[1, 0]>(b))";
  }

  static Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias) {
    const std::int64_t inputs = weight.shape()[1], outputs = weight.shape()[0];
    const Tensor y = new_tensor(x.shape().with_size(-1, outputs), x.dtype());
    const std::int64_t rows = row_count(x);
    visit_floating(x.dtype(), [&]<class T>(T) {
      launch(
          name,
          [](const T* a, const T* w, const T* row, T* to, std::int64_t m, std::int64_t n,
             std::int64_t k) {
            if (row)
              kernels::gemm_plus_row(false, true, m, n, k, a, w, row, to);
            else
              kernels::gemm(false, true, m, n, k, a, w, to, T(0));
          },
          in<T>(x), in<T>(weight), in<T>(bias), out<T>(y), rows, outputs, inputs);
    });
    return y;
  }
  static Tensor vjp_a(const Tensor& g, auto, const Tensor& weight, auto, auto) {
    return matmul(g, weight);
  }
  static Tensor vjp_b(const Tensor& g, const Tensor& x, auto, auto, auto) {
    return matmul(as_rows(g), as_rows(x), {.transpose_a = true});
  }
  static Tensor vjp_c(const Tensor& g, auto, auto, auto, auto) {
    return sum_to(g, g.shape().back());
  }
  static Tensor jvp_a(const Tensor& t, const Tensor&, const Tensor& weight, const Tensor&,
                      const Tensor&) {
    return linear(t, weight);
  }
  static Tensor jvp_b(const Tensor& t, const Tensor& x, const Tensor&, const Tensor&,
                      const Tensor&) {
    return linear(x, t);
  }
  static Tensor jvp_c(const Tensor& t, const Tensor&, const Tensor&, const Tensor&, const Tensor&) {
    return t;
  }
  // Small networks spend their time here, so these go to the products directly.
  static Tensor vjp_fused_a(const Tensor& g, auto, const Tensor& weight, auto, auto) {
    const std::int64_t inputs = weight.shape()[1], outputs = weight.shape()[0];
    const Tensor dx = new_tensor(g.shape().with_size(-1, inputs), g.dtype());
    run_gemm({}, {1, row_count(g), inputs, outputs}, g, weight, dx);
    return dx;
  }
  static Tensor vjp_fused_b(const Tensor& g, const Tensor& x, auto, auto, auto) {
    const std::int64_t inputs = x.shape().back(), outputs = g.shape().back();
    const Tensor dw = new_tensor({outputs, inputs}, g.dtype());
    run_gemm({.transpose_a = true}, {1, outputs, inputs, row_count(g)}, g, x, dw);
    return dw;
  }
  static Tensor vjp_fused_c(const Tensor& g, auto, auto, auto, auto) { return detail::sum_rows(g); }

  /// With weights or biases of their own for the entries it is a product and a sum.
  static Tensor batched(const Batch& in) {
    if (!in.has(1) && !in.has(2)) return linear(in[0], in[1], in[2]);
    const Tensor y = in.has(1) ? with_weights(in) : linear(in[0], in[1]);
    if (!in[2].defined()) return y;
    const int rank = in[0].dim() + !in.has(0);
    return y + (in.has(2) ? detail::aligned(in[2], rank) : in[2]);
  }
  static Tensor with_weights(const Batch& in) {
    const Shape own = in[0].shape().slice(in.has(0), in[0].dim());
    const std::int64_t outputs = in[1].shape()[1], inputs = own.back();
    Shape rows{own.slice(0, own.rank() - 1).numel(), inputs};
    if (in.has(0)) rows = detail::with_leading(in, rows);
    const Tensor y = matmul(reshape(in[0], rows), in[1], {.transpose_b = true});
    return reshape(y, detail::with_leading(in, own.with_size(-1, outputs)));
  }
};

}  // namespace

void detail::require_product_types(const Tensor& a, const Tensor& b, const char* what_a,
                                   const char* what_b, const char* name) {
  require_same_type(what_b, b.dtype(), what_a, a.dtype(), name);
  if (a.dtype() == boolean)
    fail<DTypeError>("{}: not defined for bool; convert with to(float32)", name);
}

std::optional<MatmulOptions> detail::product_of(const OperatorType& type,
                                                std::span<const Attribute> attributes) {
  if (&type == &operator_type<MatMul>) return with_attributes<MatMul>(attributes).flags;
  if (&type == &operator_type<Linear>) return MatmulOptions{.transpose_b = true};
  return std::nullopt;
}

Tensor matmul(const Tensor& a, const Tensor& b, MatmulOptions options) {
  check_operands(a, b);
  if (a.dim() < 2 || b.dim() < 2)
    fail<ShapeError>("matmul: transposition needs at least two dimensions: shapes {} and {}",
                     a.shape(), b.shape());
  return apply(MatMul{options}, a, b);
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  check_operands(a, b);
  if (a.dim() == 0 || b.dim() == 0)
    fail<ShapeError>("matmul: both need at least one dimension: shapes {} and {}; use mul",
                     a.shape(), b.shape());
  if (a.dim() > 1 && b.dim() > 1) return apply(MatMul{}, a, b);
  const std::int64_t rows = b.shape()[b.dim() > 1 ? -2 : 0];
  if (a.shape().back() != rows) fail_inner_sizes(a, b, {}, a.shape().back(), rows);
  // A vector is a row on the left and a column on the right; that dimension goes away again.
  Tensor product =
      apply(MatMul{}, a.dim() == 1 ? unsqueeze(a, 0) : a, b.dim() == 1 ? unsqueeze(b, 1) : b);
  if (b.dim() == 1) product = squeeze(product, -1);
  if (a.dim() == 1) product = squeeze(product, b.dim() == 1 ? -1 : -2);
  return product;
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  detail::require_defined(x, "the input", "linear");
  detail::require_defined(weight, "the weight", "linear");
  detail::require_product_types(x, weight, "input", "weight", "linear");
  detail::require_floating(x, "linear");
  if (weight.dim() != 2)
    fail<ShapeError>("linear: the weight must be [out, in], not {}", weight.shape());
  if (x.dim() == 0 || x.shape().back() != weight.shape()[1])
    fail<ShapeError>(
        "linear: an input of shape {} does not fit a weight of shape {} ([out, in]): its last size "
        "must be {}",
        x.shape(), weight.shape(), weight.shape()[1]);
  if (bias.defined()) {
    detail::require_same_type("bias", bias.dtype(), "input", x.dtype(), "linear");
    if (bias.shape() != Shape(weight.shape()[0]))
      fail<ShapeError>("linear: a bias of shape {} does not fit a weight of shape {} ([out, in])",
                       bias.shape(), weight.shape());
  }
  return apply(Linear{}, x, weight, bias);
}

// ---- Proof -------------------------------------------------------------------------------------

namespace detail {

OperatorInfo matmul_cases() {
  Draw draw;
  OperatorInfo info{"matmul", {}};
  const auto add = [&](const char* label, const Shape& a, const Shape& b) {
    info.cases.push_back(
        {label, {draw(a), draw(b)}, [](const Inputs& in) { return matmul(in[0], in[1]); }});
  };
  const auto add_with = [&](const char* label, const Shape& a, const Shape& b, MatmulOptions with) {
    info.cases.push_back({label, {draw(a), draw(b)}, [with](const Inputs& in) {
                            return matmul(in[0], in[1], with);
                          }});
  };
  add("vectors", {3}, {3});
  add("vector and matrix", {3}, {3, 2});
  add("matrix and vector", {2, 3}, {3});
  add("matrices", {2, 3}, {3, 4});
  add("batch and matrix", {2, 2, 3}, {3, 2});
  add("matrix and batch", {2, 3}, {2, 3, 2});
  add("batches that broadcast", {2, 1, 2, 3}, {3, 3, 2});
  add("nothing", {2, 0}, {0, 3});
  add_with("no transposition", {2, 2, 3}, {3, 4}, {});
  add_with("right transposed", {2, 2, 3}, {4, 3}, {.transpose_b = true});
  add_with("left transposed", {2, 3, 2}, {3, 4}, {.transpose_a = true});
  add_with("both transposed", {2, 3, 2}, {4, 3}, {.transpose_a = true, .transpose_b = true});
  return info;
}

OperatorInfo linear_cases() {
  Draw draw;
  const auto with_bias = [](const Inputs& in) { return linear(in[0], in[1], in[2]); };
  return {"linear",
          {{"rows", {draw({4, 3}), draw({2, 3}), draw(2)}, with_bias},
           {"one row", {draw({1, 3}), draw({2, 3}), draw(2)}, with_bias},
           {"a vector", {draw(3), draw({2, 3}), draw(2)}, with_bias},
           {"a batch of rows", {draw({2, 2, 3}), draw({2, 3}), draw(2)}, with_bias},
           {"no bias", {draw({4, 3}), draw({2, 3})}, [](const Inputs& in) {
              return linear(in[0], in[1]);
            }}}};
}

}  // namespace detail

}  // namespace tapegrad
