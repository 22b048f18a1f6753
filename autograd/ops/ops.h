#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "autograd/tensor/tensor.h"

namespace tapegrad {

/// @addtogroup operators
/// Unless said otherwise an operator broadcasts its arguments as NumPy does, promotes their types
/// as PyTorch does (numbers and 0-d tensors do not widen a type of the same category), is recorded
/// when an argument requires a gradient, and throws `ShapeError` or `DTypeError` for arguments that
/// do not fit. Gradients at ties, zeros, bounds and NaN are stated where they are not obvious.
/// The undefined tensor is a `ValueError`, except where an argument may be left out.

// ---- Arithmetic --------------------------------------------------------------------------------

/// @addtogroup arithmetic
/// @{

/// a + b. The sum of truth values is their "or".
Tensor add(const Tensor& a, const Tensor& b);
/// a - b. Errors: `DTypeError` for `bool`, which has no difference (`logical_xor` is near it).
Tensor sub(const Tensor& a, const Tensor& b);
/// a b, element by element; `matmul` is the product of matrices. That of truth values is their
/// "and".
Tensor mul(const Tensor& a, const Tensor& b);
/// a / b, true division: integers give the default type.
Tensor div(const Tensor& a, const Tensor& b);

namespace detail {
/// The larger of two operands, where both are defined.
inline Tensor& more_room(Tensor& a, Tensor& b) noexcept {
  return a.defined() && b.defined() && impl_of(a)->numel > impl_of(b)->numel ? a : b;
}
}  // namespace detail
/// @cond
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
/// @endcond
/// `add`, `sub`, `mul` and `div` as signs. They compute into the memory of an operand that is a
/// temporary, where its value is not needed for a gradient: `x * y + z` takes one piece of memory,
/// not two. So do the functions that take their argument by value.
/// @{
TAPEGRAD_SIGN(+, add)
TAPEGRAD_SIGN(-, sub)
TAPEGRAD_SIGN(*, mul)
TAPEGRAD_SIGN(/, div)
/// @}
#undef TAPEGRAD_SIGN

/// a^b with C's special cases; where 0^0 = 1 is reached the gradients are 0. Integers stay
/// integers, without a fraction where the exponent is negative; a negative C++ number as their
/// exponent is a `ValueError`.
Tensor pow(const Tensor& base, const Tensor& exponent);
/// The larger of each pair; a tie splits the gradient in halves; NaN wins and takes the gradient.
Tensor maximum(const Tensor& a, const Tensor& b);
/// The smaller of each pair; ties and NaN as for `maximum`.
Tensor minimum(const Tensor& a, const Tensor& b);
/// `x` limited to [min, max]; an undefined bound does not limit. The gradient passes at the bounds:
/// there a bound that is a tensor has gradient 0. Where min > max the result is max. Errors:
/// `ValueError` when both bounds are undefined.
Tensor clamp(const Tensor& x, const Tensor& min, const Tensor& max = {});
/// `a` where `condition` (bool) holds, else `b`. The gradient goes by selection, so NaN in the
/// branch not taken never leaks.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

/// @}

// ---- Functions of each element -----------------------------------------------------------------

/// @addtogroup functions
/// Integers become the default type, except in `neg`, `abs`, `square`, `sign` and `relu`.
/// @{

/// -x. Errors: `DTypeError` for `bool` (`logical_not` is what is meant).
/// @{
Tensor neg(Tensor x);
inline Tensor operator-(Tensor x) { return neg(std::move(x)); }
/// @}
/// The absolute value; gradient 0 at 0.
Tensor abs(Tensor x);
/// -1, 0 or 1, or NaN for NaN; gradient 0.
Tensor sign(Tensor x);
/// e^x.
Tensor exp(Tensor x);
/// e^x - 1, exact near 0.
Tensor expm1(Tensor x);
/// The natural logarithm: -inf at 0, NaN below. The gradient is 1 / x everywhere: inf at 0, and
/// finite where the value is NaN.
Tensor log(Tensor x);
/// log(1 + x), exact near 0; -inf at -1, with gradient inf.
Tensor log1p(Tensor x);
/// The square root; NaN below 0. Gradient inf at 0.
Tensor sqrt(Tensor x);
/// 1 / sqrt(x): inf at 0, with gradient -inf.
Tensor rsqrt(Tensor x);
/// 1 / x: inf at 0, with gradient -inf.
Tensor reciprocal(Tensor x);
/// x^2.
Tensor square(Tensor x);
/// The sine, of an angle in radians.
Tensor sin(Tensor x);
/// The cosine, of an angle in radians.
Tensor cos(Tensor x);
/// The hyperbolic tangent. The gradient is 1 - tanh(x)^2, from the rounded value, so that it is 0
/// where this has become -1 or 1.
Tensor tanh(Tensor x);
/// The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x.
Tensor erf(Tensor x);

/// @}

// ---- Activations -------------------------------------------------------------------------------

/// @addtogroup activations
/// @{

/// 1 / (1 + e^-x), without overflow. The gradient comes from the rounded value, so that it is 0
/// where this has become 0 or 1.
Tensor sigmoid(Tensor x);
/// max(x, 0); gradient 0 at 0. NaN stays, with gradient 1.
Tensor relu(Tensor x);
/// x for x > 0, else negative_slope * x; gradient negative_slope at 0.
Tensor leaky_relu(Tensor x, double negative_slope = 0.01);
/// x for x > 0, else alpha (e^x - 1); gradient alpha at 0. Clevert et al., ICLR 2016.
Tensor elu(Tensor x, double alpha = 1.0);
/// x Phi(x) with the exact normal distribution function Phi; 0 at -inf. Hendrycks and Gimpel, 2016.
Tensor gelu(Tensor x);
/// x sigmoid(x); 0 at -inf. Elfwing, Uchibe and Doya, 2018.
Tensor silu(Tensor x);
/// log(1 + e^(beta x)) / beta; x itself where beta x > threshold. Errors: `ValueError` unless
/// beta > 0.
Tensor softplus(Tensor x, double beta = 1.0, double threshold = 20.0);
/// log(sigmoid(x)), without overflow.
Tensor logsigmoid(Tensor x);

/// @}

// ---- Comparisons and logic ---------------------------------------------------------------------

/// @addtogroup logic
/// Results are `bool` and never recorded. Comparisons with NaN are false, but for `ne`. Where truth
/// values are asked for, other types count as `x != 0`, so that NaN is true.
/// @{

Tensor eq(const Tensor& a, const Tensor& b);  ///< a = b
Tensor ne(const Tensor& a, const Tensor& b);  ///< a != b; true for NaN
Tensor lt(const Tensor& a, const Tensor& b);  ///< a < b
Tensor le(const Tensor& a, const Tensor& b);  ///< a <= b
Tensor gt(const Tensor& a, const Tensor& b);  ///< a > b
Tensor ge(const Tensor& a, const Tensor& b);  ///< a >= b
/// The comparisons as signs.
/// @{
inline Tensor operator==(const Tensor& a, const Tensor& b) { return eq(a, b); }
inline Tensor operator!=(const Tensor& a, const Tensor& b) { return ne(a, b); }
inline Tensor operator<(const Tensor& a, const Tensor& b) { return lt(a, b); }
inline Tensor operator<=(const Tensor& a, const Tensor& b) { return le(a, b); }
inline Tensor operator>(const Tensor& a, const Tensor& b) { return gt(a, b); }
inline Tensor operator>=(const Tensor& a, const Tensor& b) { return ge(a, b); }
/// @}
Tensor logical_and(const Tensor& a, const Tensor& b);  ///< both are true
Tensor logical_or(const Tensor& a, const Tensor& b);   ///< one or both are true
Tensor logical_xor(const Tensor& a, const Tensor& b);  ///< one is true, not both
Tensor logical_not(const Tensor& x);                   ///< it is not true
/// `logical_and`, `logical_or` and `logical_not` as signs. Both sides are always computed.
/// @{
inline Tensor operator&(const Tensor& a, const Tensor& b) { return logical_and(a, b); }
inline Tensor operator|(const Tensor& a, const Tensor& b) { return logical_or(a, b); }
inline Tensor operator!(const Tensor& x) { return logical_not(x); }
/// @}
Tensor isnan(const Tensor& x);     ///< where `x` is NaN
Tensor isinf(const Tensor& x);     ///< where `x` is inf or -inf
Tensor isfinite(const Tensor& x);  ///< where `x` is neither of both, as integers always are
Tensor any(const Tensor& x);       ///< one element or more is true (0-d); false when there is none
Tensor all(const Tensor& x);       ///< every element is true (0-d), also when there is none
/// Same shape, type and elements. NaN equals nothing.
bool equal(const Tensor& a, const Tensor& b);
/// |a - b| <= atol + rtol |b| everywhere, shapes equal. NaN is close to nothing, or to NaN when
/// `equal_nan`.
bool allclose(const Tensor& a, const Tensor& b, double rtol = 1e-5, double atol = 1e-8,
              Flag equal_nan = false);

/// @}

// ---- Reductions --------------------------------------------------------------------------------

/// @addtogroup reductions
/// Over `dims` (all when empty; negative ones count from the end), which are kept with size 1 when
/// `keepdim`. Sums have the same bits for every number of threads. Errors of all: `IndexError` for
/// a dimension that the tensor does not have, or that is named twice.
/// @{

/// The sum; int64 and bool sum to `int64`. That of nothing is 0.
Tensor sum(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
/// The mean, finite where all elements are, also where their sum is not; of nothing NaN. Errors:
/// `DTypeError` unless floating-point.
Tensor mean(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
/// The product; of int64 and bool `int64`, of nothing 1. The gradient of an element is the product
/// of the others, right with any number of zeros.
Tensor prod(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
/// The largest (smallest) over `dims`; NaN wins. Equal elements share the gradient evenly. Errors:
/// `ShapeError` over an empty dimension.
/// @{
Tensor amax(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
Tensor amin(const Tensor& x, const Dims& dims = {}, Flag keepdim = false);
/// @}
/// The largest (smallest) of all elements; NaN wins. Equal ones share the gradient evenly. Errors:
/// `ShapeError` for no elements.
/// @{
Tensor max(const Tensor& x);
Tensor min(const Tensor& x);
/// @}
/// The largest (smallest) along `dim` and the index of the first such, which alone gets the
/// gradient; the first NaN wins. Errors: `ShapeError` over an empty dimension.
/// @{
ValuesAndIndices max(const Tensor& x, int dim, Flag keepdim = false);
ValuesAndIndices min(const Tensor& x, int dim, Flag keepdim = false);
/// @}
/// Index (int64) of the first largest (smallest) element, in the flattened tensor or along `dim`;
/// the first NaN wins. Never recorded. Errors: `ShapeError` over nothing.
/// @{
Tensor argmax(const Tensor& x);
Tensor argmin(const Tensor& x);
Tensor argmax(const Tensor& x, int dim, Flag keepdim = false);
Tensor argmin(const Tensor& x, int dim, Flag keepdim = false);
/// @}
/// Sum of squared deviations / (n - correction). NaN, with a NaN gradient, where n <= correction;
/// but 0 for one element with correction 0. Errors: `DTypeError` unless floating-point.
Tensor var(const Tensor& x, const Dims& dims = {}, Integer correction = 1, Flag keepdim = false);
/// Square root of `var`, also where squares would leave the range; gradient 0 where it is 0.
/// Errors: `DTypeError` unless floating-point.
Tensor std(const Tensor& x, const Dims& dims = {}, Integer correction = 1, Flag keepdim = false);
/// log(sum(exp(x))) without overflow; all -inf gives -inf with gradient 0, and so does nothing. The
/// gradient is the softmax. Errors: `DTypeError` unless floating-point.
Tensor logsumexp(const Tensor& x, const Dims& dims, Flag keepdim = false);
/// Sums `x` down to `shape`, the reverse of broadcasting; `x` itself if it has that shape. Errors:
/// `ShapeError`.
Tensor sum_to(const Tensor& x, const Shape& shape);

/// @}

// ---- Products ----------------------------------------------------------------------------------

/// @addtogroup products
/// @{

/// Matrix product as in PyTorch: 1-D vectors, 2-D matrices, and batches whose leading dimensions
/// broadcast. Errors: `DTypeError` unless both are of one element type, which is not `bool`;
/// `ShapeError` when the inner sizes differ or one is 0-d.
Tensor matmul(const Tensor& a, const Tensor& b);
/// Which operands `matmul` takes transposed.
struct MatmulOptions {
  bool transpose_a = false;  ///< use `a` with its last two dimensions swapped
  bool transpose_b = false;  ///< use `b` with its last two dimensions swapped

  /// Calls f(name, value) for each.
  static constexpr void visit(auto& options, auto f) {
    f("transpose_a", options.transpose_a);
    f("transpose_b", options.transpose_b);
  }
};
/// The same with transposition by flag, which costs nothing; both at least 2-D.
Tensor matmul(const Tensor& a, const Tensor& b, MatmulOptions options);
/// x W^T + b: x `[..., in]`, weight `[out, in]`, bias `[out]` or undefined; gives `[..., out]`. One
/// operator. Errors: `DTypeError` unless all are of one floating-point type.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

/// @}

// ---- Shapes ------------------------------------------------------------------------------------

/// @addtogroup shapes
/// A result that shares the data is the same memory: a change in place of one is seen in the other.
/// A copy is memory of its own. A C++ number that gets dimensions becomes what `tensor()` makes of
/// it, also a copy. Negative dimensions count from the end. Errors of all: `IndexError` for a
/// dimension that the tensor does not have; `ShapeError` for shapes that do not fit.
/// @{

/// The same elements in another shape; one size may be -1. Shares the data.
Tensor reshape(const Tensor& x, const Shape& shape);
/// Dimensions `start_dim` to `end_dim` as one. Shares the data.
Tensor flatten(const Tensor& x, int start_dim = 0, int end_dim = -1);
/// Without the dimensions of size 1. Shares the data.
Tensor squeeze(const Tensor& x);
/// Without dimension `dim` if that has size 1. Shares the data.
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
/// The tensors one after the other along `dim`; in the others their sizes are equal. A copy.
/// Errors: `ValueError` for an empty list.
Tensor cat(const std::vector<Tensor>& tensors, int dim = 0);
/// The tensors, all of one shape, along a new dimension `dim`. A copy. Decimal C++ numbers alone
/// give the default type. Errors: `ValueError` for an empty list.
Tensor stack(const std::vector<Tensor>& tensors, int dim = 0);
/// Pieces of `size` along `dim`; the last may be smaller. They share the data or copy as `narrow`
/// does: only pieces along dimension 0 write through, `split(x, n)[0].fill_(1)` among them. Errors:
/// `ValueError` for a size below 1.
std::vector<Tensor> split(const Tensor& x, std::int64_t size, int dim = 0);
/// Pieces of the given sizes along `dim`, which they make up. They share the data or copy likewise.
std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes, int dim = 0);
/// `length` entries of `dim` from `start`; a negative start counts from the end. Shares the data
/// when `dim` is 0 or all dimensions before it have size 1; a copy otherwise.
Tensor narrow(const Tensor& x, int dim, Integer start, Integer length);
/// Entry `index` of `dim`, which goes away. Negative ones count from the end. Shares the data or
/// copies as `narrow` does.
Tensor select(const Tensor& x, int dim, Integer index);
/// @}

// ---- Selections --------------------------------------------------------------------------------

/// @addtogroup indexing
/// Errors of all: `DTypeError` unless the index is `int64`; `IndexError`, with index and position,
/// for an entry that the dimension does not have (negative ones have no meaning here).
/// @{

/// The entries `index` (1-D int64) of `dim`; repeated ones add their gradients. A copy.
Tensor index_select(const Tensor& x, int dim, const Tensor& index);
/// out[i][j] = x[index[i][j]][j] for dim 0, and so on; `index` is int64 of x's rank, and may be
/// larger than `x` in `dim` only. A copy.
Tensor gather(const Tensor& x, int dim, const Tensor& index);
/// Adds `source` into a copy of `x` at `index`: the reverse of `gather`; repeated indices add up.
/// `index` lies within `source`, and both tensors have one type.
Tensor scatter_add(const Tensor& x, int dim, const Tensor& index, const Tensor& source);
/// Adds the entries of `source` into a copy of `x` at `index` (1-D) of `dim`: the reverse of
/// `index_select`. `source` has the shape and type of x, with one entry of `dim` for each index.
Tensor index_add(const Tensor& x, int dim, const Tensor& index, const Tensor& source);
/// int64 classes `[...]` to `[..., num_classes]` of 0 and 1 (int64); -1 takes the largest class
/// and adds 1. Errors: `ValueError` for other numbers below 1, and for -1 without any class.
Tensor one_hot(const Tensor& classes, Integer num_classes = -1);

/// @}

// ---- Rows --------------------------------------------------------------------------------------

/// @addtogroup rows
/// A common offset of the elements of a row changes neither softmax nor normalisation. Errors of
/// all: `DTypeError` unless floating-point (`masked_softmax` takes integers as the default type).
/// @{

/// exp(x) / sum(exp(x)) along `dim`, without overflow. A row of -inf alone gives NaN: see
/// `masked_softmax`.
Tensor softmax(const Tensor& x, int dim);
/// x - log(sum(exp(x))) along `dim`: the logarithm of `softmax`, exact where that is near 0.
Tensor log_softmax(const Tensor& x, int dim);
/// softmax over the entries where `mask` (bool) holds; 0 elsewhere, and 0 in a row without any.
Tensor masked_softmax(const Tensor& x, const Tensor& mask, int dim);

/// What a loss makes of its elements.
enum class Reduction {
  none,  ///< returns them
  mean,  ///< their mean
  sum    ///< their sum
};

/// How `cross_entropy` compares.
struct CrossEntropyOptions {
  Tensor weight = {};                     ///< one per class, or undefined
  std::int64_t ignore_index = -100;       ///< targets of this class count for nothing
  Reduction reduction = Reduction::mean;  ///< what becomes of the samples' losses
  /// In [0, 1]: this share of the target goes to all classes evenly. Szegedy et al., CVPR 2016.
  double label_smoothing = 0.0;
};
/// Cross-entropy between logits `[N, C]` (or `[C]`, or `[N, C, ...]`) and `target`: classes, int64
/// `[N]`, or probabilities of the logits' shape. `mean` divides by the summed weights of the
/// counted targets: NaN, with gradient 0, when all are ignored. Errors: `IndexError` for a class
/// out of range, with index and value.
Tensor cross_entropy(const Tensor& logits, const Tensor& target,
                     const CrossEntropyOptions& options = {});

/// (x - mean) / sqrt(var + eps) over the trailing dimensions `normalized_shape`, times `weight`,
/// plus `bias` (each of that shape, or undefined). Ba, Kiros and Hinton, 2016.
Tensor layer_norm(const Tensor& x, const Shape& normalized_shape, const Tensor& weight = {},
                  const Tensor& bias = {}, double eps = 1e-5);

/// Sets elements to 0 with probability `p` and scales the rest by 1 / (1 - p), while `training`.
/// Draws from this thread's default generator. Srivastava et al., JMLR 2014. Errors: `ValueError`
/// unless 0 <= p <= 1.
Tensor dropout(const Tensor& x, Real p = 0.5, Flag training = true);

/// @}

// ---- What an operator gives --------------------------------------------------------------------

/// @addtogroup operators
/// @{

/// The element type of an operator on `a` and `b`.
DType result_type(const Tensor& a, const Tensor& b);
/// The shape that both broadcast to. Errors: `ShapeError`.
Shape broadcast_shapes(const Shape& a, const Shape& b);

/// @}

}  // namespace tapegrad

#include "autograd/ops/methods.h"
