#include "autograd/ops/linalg/contract.h"

#include <utility>

#include "autograd/ops/linalg/operands.h"
#include "autograd/ops/ops.h"

namespace tapegrad::detail {

namespace {

/// The labels that `chosen` has, in their order.
Dims choose(const Dims& labels, Labels chosen) {
  Dims result;
  for (const std::int64_t label : labels)
    if (chosen & bit_of(label)) result.push_back(label);
  return result;
}

int position_of(const Dims& labels, std::int64_t label) {
  int i = 0;
  while (labels[i] != label) ++i;
  return i;
}

Shape sizes_of(const Labelled& x, const Dims& labels) {
  Shape sizes;
  for (const std::int64_t label : labels)
    sizes.push_back(x.tensor.shape()[position_of(x.labels, label)]);
  return sizes;
}

Tensor in_shape(const Tensor& x, const Shape& shape) {
  return x.shape() == shape ? x : reshape(x, shape);
}

/// An operand as one matrix, or as a batch of them.
struct Matrices {
  Tensor tensor;
  bool transposed;
};

Dims together(Dims first, const Dims& second, const Dims& third) {
  for (const Dims* part : {&second, &third})
    for (const std::int64_t label : *part) first.push_back(label);
  return first;
}

/// `x` as matrices with these rows and columns, transposed where that spares a copy.
Matrices as_matrices(const Labelled& x, const Dims& batch, const Dims& rows, const Dims& columns) {
  const Dims order = together(batch, rows, columns), other = together(batch, columns, rows);
  const bool transposed = x.labels != order && x.labels == other;
  Shape shape{sizes_of(x, rows).numel(), sizes_of(x, columns).numel()};
  if (transposed) std::swap(shape[0], shape[1]);
  if (!batch.empty()) shape.insert(0, sizes_of(x, batch).numel());
  return {in_shape(arranged(x, transposed ? other : order), shape), transposed};
}

}  // namespace

Labels Labelled::mask() const {
  Labels all = 0;
  for (const std::int64_t label : labels) all |= bit_of(label);
  return all;
}

Labelled summed(const Labelled& x, Labels kept) {
  Dims dims;
  for (int i = 0; i < x.labels.rank(); ++i)
    if (!(kept & bit_of(x.labels[i]))) dims.push_back(i);
  return dims.empty() ? x : Labelled{sum(x.tensor, dims), choose(x.labels, kept)};
}

Tensor arranged(const Labelled& x, const Dims& labels) {
  if (x.labels == labels) return x.tensor;
  Dims order;
  for (const std::int64_t label : labels) order.push_back(position_of(x.labels, label));
  return permute(x.tensor, order);
}

Labelled contract(const Labelled& a, const Labelled& b, Labels kept, const char* name) {
  const Labels both = a.mask() & b.mask();
  const Dims batch = choose(a.labels, both & kept);
  const Dims left = choose(a.labels, ~both), right = choose(b.labels, ~both);
  const Shape shape =
      joined_shape(sizes_of(a, together(batch, left, {})), sizes_of(b, right), name);
  // Rows of products, element by element.
  if (left.empty() && right.empty() && !batch.empty() && a.labels == b.labels)
    return summed({a.tensor * b.tensor, a.labels}, kept);
  // Whose copy would be larger decides the order of what is summed.
  const bool larger_b = b.tensor.numel() > a.tensor.numel();
  const Dims inside = choose((larger_b ? b : a).labels, both & ~kept);
  const Matrices x = as_matrices(a, batch, left, inside);
  const Matrices y = as_matrices(b, batch, inside, right);
  const Tensor product = inside.empty() ? x.tensor * y.tensor
                                        : matmul(x.tensor, y.tensor, {x.transposed, y.transposed});
  return {in_shape(product, shape), together(batch, left, right)};
}

Tensor contract_dims(const Tensor& a, const Tensor& b, const Dims& dims_a, const Dims& dims_b,
                     const char* name) {
  Labelled x{a, {}}, y{b, {}};
  for (int i = 0; i < a.dim(); ++i) x.labels.push_back(i);
  for (int i = 0; i < b.dim(); ++i) y.labels.push_back(a.dim() + i);
  for (int i = 0; i < dims_a.rank(); ++i) y.labels[dims_b[i]] = x.labels[dims_a[i]];
  return contract(x, y, ~x.mask() | ~y.mask(), name).tensor;
}

}  // namespace tapegrad::detail
