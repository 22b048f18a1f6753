#include "autograd/ops/shape/pieces.h"

#include <algorithm>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/named.h"
#include "autograd/ops/shape/narrow.h"
#include "autograd/ops/shape/views.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace {

using Sizes = std::vector<std::int64_t>;

/// `f` of each tensor, joined along `dim`; -1 is dimension 1, but 0 for vectors.
Tensor joined_as(const std::vector<Tensor>& tensors, int dim, const char* name,
                 Tensor (*f)(const Tensor&)) {
  detail::require_tensors(tensors, name);
  return detail::allocating_for(name, [&] {
    std::vector<Tensor> parts;
    parts.reserve(tensors.size());
    for (const Tensor& x : tensors) parts.push_back(f(x));
    return detail::joined(parts, dim < 0 ? std::min(parts[0].dim() - 1, 1) : dim, name);
  });
}

Tensor as_column(const Tensor& x) { return x.dim() < 2 ? reshape(x, {x.numel(), 1}) : x; }

void require_pieces(std::int64_t count, const char* what, const char* name) {
  if (count < 1)
    fail<ValueError>("{}: {} {} make no pieces; ask for one at least", name, count, what);
  if (count > detail::kMostBytes)
    fail<ValueError>("{}: {} {} are more than memory can hold", name, count, what);
}

}  // namespace

std::vector<Tensor> chunk(const Tensor& x, Integer chunks, int dim) try {
  detail::require_defined(x, "chunk");
  const int d = detail::dimension_of(x.shape(), dim, "chunk");
  require_pieces(chunks, "chunks", "chunk");
  const std::int64_t total = x.shape()[d];
  const std::int64_t count = chunks;
  if (total == 0) return split(x, Sizes(static_cast<std::size_t>(count), 0), d);
  return split(x, total / count + (total % count != 0), d);
} catch (...) {
  detail::rethrow_for("chunk");
}

std::vector<Tensor> tensor_split(const Tensor& x, Integer sections, int dim) try {
  detail::require_defined(x, "tensor_split");
  const int d = detail::dimension_of(x.shape(), dim, "tensor_split");
  require_pieces(sections, "sections", "tensor_split");
  const std::int64_t total = x.shape()[d];
  const std::int64_t size = total / sections, larger = total % sections;
  Sizes sizes(static_cast<std::size_t>(sections), size);
  std::for_each_n(sizes.begin(), larger, [](std::int64_t& each) { ++each; });
  return split(x, sizes, d);
} catch (...) {
  detail::rethrow_for("tensor_split");
}

std::vector<Tensor> tensor_split(const Tensor& x, const std::vector<std::int64_t>& indices,
                                 int dim) try {
  detail::require_defined(x, "tensor_split");
  const int d = detail::dimension_of(x.shape(), dim, "tensor_split");
  const std::int64_t total = x.shape()[d];
  Sizes starts{0}, sizes;
  bool in_order = true;  // no piece has entries of another
  for (const std::int64_t index : indices) {
    const std::int64_t end =
        index < -total ? 0 : std::min(index < 0 ? index + total : index, total);
    in_order = in_order && end >= starts.back();
    sizes.push_back(std::max<std::int64_t>(end - starts.back(), 0));
    starts.push_back(end);
  }
  sizes.push_back(total - starts.back());
  if (in_order) return split(x, sizes, d);
  std::vector<Tensor> pieces;
  pieces.reserve(sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i)
    pieces.push_back(narrow(x, d, starts[i], sizes[i]));
  return pieces;
} catch (...) {
  detail::rethrow_for("tensor_split");
}

std::vector<Tensor> tensor_split(const Tensor& x, std::initializer_list<std::int64_t> indices,
                                 int dim) {
  return tensor_split(x, detail::allocating_for("tensor_split", [&] { return Sizes(indices); }),
                      dim);
}

std::vector<Tensor> detail::tensor_split_at(const Tensor& x, const Tensor& where, int dim) try {
  require_defined(x, "tensor_split");
  require_defined(where, "the tensor of indices", "tensor_split");
  require_int64("the indices", where.dtype(), "tensor_split");
  if (where.dim() == 0) return tensor_split(x, where.item<std::int64_t>(), dim);
  if (where.dim() != 1)
    fail<ShapeError>("tensor_split: indices of shape {}; give a number of sections or a vector",
                     where.shape());
  const auto all = where.data<std::int64_t>();
  return tensor_split(x, Sizes(all.begin(), all.end()), dim);
} catch (...) {
  rethrow_for("tensor_split");
}

std::vector<Tensor> unbind(const Tensor& x, int dim) try {
  detail::require_defined(x, "unbind");
  const int d = detail::dimension_of(x.shape(), dim, "unbind");
  Shape entry = x.shape();
  entry.erase(d);
  // One record for all, whose rule joins their gradients, where `select` would make one for each.
  std::vector<Tensor> entries = split(x, Sizes(static_cast<std::size_t>(x.shape()[d]), 1), d);
  for (Tensor& each : entries) each = reshape(each, entry);
  return entries;
} catch (...) {
  detail::rethrow_for("unbind");
}

Tensor hstack(const std::vector<Tensor>& tensors) {
  return joined_as(tensors, -1, "hstack", atleast_1d);
}

Tensor vstack(const std::vector<Tensor>& tensors) {
  return joined_as(tensors, 0, "vstack", atleast_2d);
}

Tensor dstack(const std::vector<Tensor>& tensors) {
  return joined_as(tensors, 2, "dstack", atleast_3d);
}

Tensor column_stack(const std::vector<Tensor>& tensors) {
  return joined_as(tensors, 1, "column_stack", as_column);
}

}  // namespace tapegrad
