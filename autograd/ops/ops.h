#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"

// The public operators. Unless said otherwise an operator broadcasts its arguments as NumPy does,
// promotes their types as PyTorch does (numbers and 0-d tensors do not widen a type of the same
// category), is recorded when an argument requires a gradient, and throws `ShapeError` or
// `DTypeError` for arguments that do not fit. Gradients at ties, zeros, bounds and NaN are stated
// where they are not obvious.

namespace tapegrad {

// ---- Arithmetic --------------------------------------------------------------------------------

Tensor add(const Tensor& a, const Tensor& b);
Tensor sub(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Tensor& b);
/// True division: integers give the default type.
Tensor div(const Tensor& a, const Tensor& b);

// The signs do the same, and compute into the memory of an operand that is a temporary, where its
// value is not needed for a gradient: `x * y + z` takes one piece of memory, not two. So do the
// functions below that take their argument by value.
namespace detail {
/// The larger of two operands, where both are defined.
inline Tensor& more_room(Tensor& a, Tensor& b) noexcept {
  return a.defined() && b.defined() && a.impl()->numel > b.impl()->numel ? a : b;
}
}  // namespace detail
#define TAPEGRAD_SIGN(sign, name)                                                            \
  namespace detail {                                                                         \
  /** `room`: one of the two, of which this is the last use. */                              \
  Tensor name(const Tensor& a, const Tensor& b, Tensor& room);                               \
  }                                                                                          \
  inline Tensor operator sign(const Tensor& a, const Tensor& b) { return name(a, b); }       \
  inline Tensor operator sign(Tensor&& a, const Tensor& b) { return detail::name(a, b, a); } \
  inline Tensor operator sign(const Tensor& a, Tensor&& b) { return detail::name(a, b, b); } \
  inline Tensor operator sign(Tensor&& a, Tensor&& b) {                                      \
    return detail::name(a, b, detail::more_room(a, b));                                      \
  }
TAPEGRAD_SIGN(+, add)
TAPEGRAD_SIGN(-, sub)
TAPEGRAD_SIGN(*, mul)
TAPEGRAD_SIGN(/, div)
#undef TAPEGRAD_SIGN

/// a^b with C's special cases; where 0^0 = 1 is reached the gradients are 0. Integers stay
/// integers, without a fraction where the exponent is negative; a negative C++ number as their
/// exponent is a `ValueError`.
Tensor pow(const Tensor& base, const Tensor& exponent);
/// The larger of each pair; a tie splits the gradient in halves; NaN wins and takes the gradient.
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);
/// `x` limited to [min, max]; an undefined bound does not limit. The gradient passes at the bounds.
Tensor clamp(const Tensor& x, const Tensor& min, const Tensor& max = {});
/// `a` where `condition` (bool) holds, else `b`. The gradient goes by selection, so NaN in the
/// branch not taken never leaks.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

// ---- Functions of each element; integers become the default type except in neg, abs, square,
// relu and sign

Tensor neg(Tensor x);
inline Tensor operator-(Tensor x) { return neg(std::move(x)); }
/// Gradient 0 at 0.
Tensor abs(Tensor x);
/// -1, 0 or 1; gradient 0.
Tensor sign(Tensor x);
Tensor exp(Tensor x);
Tensor expm1(Tensor x);
Tensor log(Tensor x);
Tensor log1p(Tensor x);
Tensor sqrt(Tensor x);
Tensor rsqrt(Tensor x);
Tensor reciprocal(Tensor x);
Tensor square(Tensor x);
Tensor sin(Tensor x);
Tensor cos(Tensor x);
Tensor tanh(Tensor x);
Tensor erf(Tensor x);
Tensor sigmoid(Tensor x);
/// max(x, 0); gradient 0 at 0.
Tensor relu(Tensor x);
/// x for x > 0, else negative_slope * x; gradient negative_slope at 0.
Tensor leaky_relu(Tensor x, double negative_slope = 0.01);
/// x for x > 0, else alpha (e^x - 1). Clevert et al., ICLR 2016.
Tensor elu(Tensor x, double alpha = 1.0);
/// x Phi(x) with the exact normal distribution function. Hendrycks and Gimpel, 2016.
Tensor gelu(Tensor x);
/// x sigmoid(x).
Tensor silu(Tensor x);
/// log(1 + e^(beta x)) / beta; x itself where beta x > threshold.
Tensor softplus(Tensor x, double beta = 1.0, double threshold = 20.0);
/// log(sigmoid(x)), without overflow.
Tensor logsigmoid(Tensor x);

// ---- Comparisons and logic: `bool`, never recorded ---------------------------------------------

Tensor eq(const Tensor& a, const Tensor& b);
Tensor ne(const Tensor& a, const Tensor& b);
Tensor lt(const Tensor& a, const Tensor& b);
Tensor le(const Tensor& a, const Tensor& b);
Tensor gt(const Tensor& a, const Tensor& b);
Tensor ge(const Tensor& a, const Tensor& b);
inline Tensor operator==(const Tensor& a, const Tensor& b) { return eq(a, b); }
inline Tensor operator!=(const Tensor& a, const Tensor& b) { return ne(a, b); }
inline Tensor operator<(const Tensor& a, const Tensor& b) { return lt(a, b); }
inline Tensor operator<=(const Tensor& a, const Tensor& b) { return le(a, b); }
inline Tensor operator>(const Tensor& a, const Tensor& b) { return gt(a, b); }
inline Tensor operator>=(const Tensor& a, const Tensor& b) { return ge(a, b); }
/// Of truth values; other types count as `x != 0`.
Tensor logical_and(const Tensor& a, const Tensor& b);
Tensor logical_or(const Tensor& a, const Tensor& b);
Tensor logical_xor(const Tensor& a, const Tensor& b);
Tensor logical_not(const Tensor& x);
inline Tensor operator&(const Tensor& a, const Tensor& b) { return logical_and(a, b); }
inline Tensor operator|(const Tensor& a, const Tensor& b) { return logical_or(a, b); }
inline Tensor operator!(const Tensor& x) { return logical_not(x); }
Tensor isnan(const Tensor& x);
Tensor isinf(const Tensor& x);
Tensor isfinite(const Tensor& x);
/// True for any, or all, elements (0-d `bool`).
Tensor any(const Tensor& x);
Tensor all(const Tensor& x);
/// Same shape, type and elements.
bool equal(const Tensor& a, const Tensor& b);
/// |a - b| <= atol + rtol |b| everywhere, shapes equal.
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8,
              Flag equal_nan = false);

// ---- Reductions: over `dims` (all when empty), which are kept with size 1 when `keepdim` -------

/// int64 and bool sum to `int64`.
Tensor sum(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
Tensor mean(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
Tensor prod(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
/// Equal elements share the gradient evenly. Errors: `ShapeError` over an empty dimension.
Tensor amax(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
Tensor amin(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
/// Over all elements; equal ones share the gradient evenly.
Tensor max(const Tensor& x);
Tensor min(const Tensor& x);
/// With the index of the first largest (smallest) along `dim`, which alone gets the gradient.
ValuesAndIndices max(const Tensor& x, int dim, Flag keepdim = false);
ValuesAndIndices min(const Tensor& x, int dim, Flag keepdim = false);
/// Index of the first largest element, in the flattened tensor or along `dim`; NaN counts as
/// largest.
Tensor argmax(const Tensor& x);
Tensor argmin(const Tensor& x);
Tensor argmax(const Tensor& x, int dim, Flag keepdim = false);
Tensor argmin(const Tensor& x, int dim, Flag keepdim = false);
/// Sum of squared deviations / (n - correction). NaN, with a NaN gradient, where n <= correction.
Tensor var(const Tensor& x, const Dims& dims = {}, Integer correction = 1, Flag keepdim = false);
/// Square root of `var`; gradient 0 where it is 0.
Tensor std(const Tensor& x, const Dims& dims = {}, Integer correction = 1, Flag keepdim = false);
/// log(sum(exp(x))) without overflow; all -inf gives -inf with gradient 0.
Tensor logsumexp(const Tensor& x, const Dims& dims, Flag keepdim = false);
/// Sums `x` down to `shape`, the reverse of broadcasting; `x` itself if it has that shape. Errors:
/// `ShapeError`.
Tensor sum_to(const Tensor& x, const Shape& shape);

// ---- Products ----------------------------------------------------------------------------------

/// Matrix product as in PyTorch: 1-D vectors, 2-D matrices, and batches whose leading dimensions
/// broadcast. Both of one element type (`DTypeError` otherwise).
Tensor matmul(const Tensor& a, const Tensor& b);
struct MatmulOptions {
  bool transpose_a = false;  ///< use `a` with its last two dimensions swapped
  bool transpose_b = false;
};
/// The same with transposition by flag, which costs nothing; both at least 2-D.
Tensor matmul(const Tensor& a, const Tensor& b, MatmulOptions options);
/// x W^T + b: x `[..., in]`, weight `[out, in]`, bias `[out]` or undefined; gives `[..., out]`. One
/// operator.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

// ---- Shapes and selections ---------------------------------------------------------------------
//
// A result that shares the data is the same memory: a change in place of one is seen in the other.
// A copy is memory of its own. A C++ number that gets dimensions becomes what tensor() makes of it,
// also a copy.

/// The same elements in another shape; one size may be -1. Shares the data.
Tensor reshape(const Tensor& x, const Shape& shape);
/// Dimensions `start_dim` to `end_dim` as one. Shares the data.
Tensor flatten(const Tensor& x, int start_dim = 0, int end_dim = -1);
/// Without the dimensions (or dimension `dim`) of size 1. Shares the data.
Tensor squeeze(const Tensor& x);
Tensor squeeze(const Tensor& x, int dim);
/// With a dimension of size 1 before `dim`. Shares the data.
Tensor unsqueeze(const Tensor& x, int dim);
/// With two dimensions swapped. A copy, except where only dimensions of size 1 move: then it shares
/// the data.
Tensor transpose(const Tensor& x, int dim0, int dim1);
/// The transpose of a matrix, a copy like `transpose`; vectors and numbers are returned as they
/// are.
Tensor t(const Tensor& x);
/// With dimension `dims[i]` as dimension i. A copy like `transpose`.
Tensor permute(const Tensor& x, const Dims& dims);
/// Repeats along dimensions of size 1 (and new leading ones) to `shape`; -1 keeps a size. A copy.
Tensor expand(const Tensor& x, const Shape& shape);
/// The tensors one after the other along `dim`. A copy.
Tensor cat(const std::vector<Tensor>& tensors, int dim = 0);
/// The tensors along a new dimension `dim`. A copy. Decimal C++ numbers alone give the
/// default type.
Tensor stack(const std::vector<Tensor>& tensors, int dim = 0);
/// Pieces of `size` along `dim`; the last may be smaller. They share the data or copy as `narrow`
/// does: only pieces along dimension 0 write through, `split(x, n)[0].fill_(1)` among them.
std::vector<Tensor> split(const Tensor& x, std::int64_t size, int dim = 0);
std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes, int dim = 0);
/// `length` entries of `dim` from `start`. Shares the data when `dim` is 0 or all dimensions before
/// it have size 1; a copy otherwise.
Tensor narrow(const Tensor& x, int dim, Integer start, Integer length);
/// Entry `index` of `dim`, which goes away. Negative ones count from the end. Shares the data or
/// copies as `narrow` does.
Tensor select(const Tensor& x, int dim, Integer index);
/// The entries `index` (1-D int64) of `dim`; repeated ones add their gradients. A copy.
Tensor index_select(const Tensor& x, int dim, const Tensor& index);
/// out[i][j] = x[index[i][j]][j] for dim 0, and so on; `index` is int64 of x's rank. A copy.
Tensor gather(const Tensor& x, int dim, const Tensor& index);
/// Adds `source` into a copy of `x` at `index`: the reverse of `gather`; repeated indices add up.
Tensor scatter_add(const Tensor& x, int dim, const Tensor& index, const Tensor& source);
/// Adds the entries of `source` into a copy of `x` at `index` (1-D) of `dim`.
Tensor index_add(const Tensor& x, int dim, const Tensor& index, const Tensor& source);
/// int64 classes `[...]` to `[..., num_classes]` of 0 and 1 (int64); -1 takes the largest class
/// + 1.
Tensor one_hot(const Tensor& classes, Integer num_classes = -1);

// ---- Rows --------------------------------------------------------------------------------------

Tensor softmax(const Tensor& x, int dim);
Tensor log_softmax(const Tensor& x, int dim);
/// softmax over the entries where `mask` (bool) holds; 0 elsewhere, and 0 in a row without any.
Tensor masked_softmax(const Tensor& x, const Tensor& mask, int dim);

enum class Reduction { none, mean, sum };

struct CrossEntropyOptions {
  Tensor weight = {};                ///< one per class, or undefined
  std::int64_t ignore_index = -100;  ///< targets of this class count for nothing
  Reduction reduction = Reduction::mean;
  double label_smoothing = 0.0;  ///< in [0, 1]
};
/// Cross-entropy between logits `[N, C]` (or `[C]`, or `[N, C, ...]`) and `target`: classes, int64
/// `[N]`, or probabilities of the logits' shape. `mean` divides by the summed weights of the
/// counted targets. Errors: `IndexError` for a class out of range, with index and value.
Tensor cross_entropy(const Tensor& logits, const Tensor& target,
                     const CrossEntropyOptions& options = {});

/// (x - mean) / sqrt(var + eps) over the trailing dimensions `normalized_shape`, times `weight`,
/// plus `bias` (each of that shape, or undefined). Ba, Kiros and Hinton, 2016.
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {},
                  const Tensor& bias = {}, double eps = 1e-5);

/// Sets elements to 0 with probability `p` and scales the rest by 1 / (1 - p), while `training`.
/// Draws from this thread's default generator. Srivastava et al., JMLR 2014.
Tensor dropout(const Tensor& x, Real p = 0.5, Flag training = true);

// ---- Graph -------------------------------------------------------------------------------------

/// The element type of an operator on `a` and `b`.
DType result_type(const Tensor& a, const Tensor& b);
/// The shape that both broadcast to. Errors: `ShapeError`.
Shape broadcast_shapes(const Shape& a, const Shape& b);

}  // namespace tapegrad
