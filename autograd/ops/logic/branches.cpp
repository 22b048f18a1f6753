#include "autograd/ops/logic/branches.h"

#include <vector>

#include "autograd/base/fail.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/index/positions.h"
#include "autograd/ops/logic/shared.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"

namespace tapegrad::detail {

namespace {

/// `x` as it broadcasts to `shape`, in a row; a copy only where it has another shape.
Tensor in_a_row(const Tensor& x, const Shape& shape) {
  return (x.shape() == shape ? x : expand(x, shape)).flatten();
}

/// What `f`, the function called `which`, gives for the entries at `positions`.
Tensor values_of(const Branch& f, const char* which, const std::vector<Tensor>& flat,
                 const Tensor& positions) {
  std::vector<Tensor> entries;
  entries.reserve(flat.size());
  for (const Tensor& x : flat) entries.push_back(index_select(x, 0, positions));
  const Tensor values = f(entries);
  require_defined(values, which, "where");
  if (values.shape() != positions.shape())
    fail<ShapeError>(
        "where: {} got {} entries as tensors of shape {} and returned one of shape {}; return one "
        "value for each entry",
        which, positions.numel(), positions.shape(), values.shape());
  return values;
}

/// For each element, where it is in a list of those that are true and then those that are not.
Tensor places_after_parting(const Tensor& mask, std::int64_t trues) {
  return where(mask, cumsum(mask, 0) - 1, cumsum(logical_not(mask), 0) + (trues - 1));
}

}  // namespace

Tensor where_branches(const Tensor& condition, const Branch& f, const Branch& g,
                      std::span<const Tensor> x) {
  require_defined(condition, "the condition", "where");
  require_condition(condition);
  Shape shape = condition.shape();
  for (const Tensor& each : x) {
    require_defined(each, "one of the tensors", "where");
    shape = broadcast(shape, each.shape(), "where");
  }
  if (shape.numel() == 0) return zeros(shape, x[0].dtype());
  const Tensor mask = in_a_row(condition, shape);
  std::vector<Tensor> flat;
  flat.reserve(x.size());
  for (const Tensor& each : x) flat.push_back(in_a_row(each, shape));
  const Tensor yes = positions_of(mask), no = positions_of(logical_not(mask));
  if (no.numel() == 0) return values_of(f, "the first function", flat, yes).reshape(shape);
  if (yes.numel() == 0) return values_of(g, "the second function", flat, no).reshape(shape);
  const Tensor a = values_of(f, "the first function", flat, yes);
  const Tensor b = values_of(g, "the second function", flat, no);
  const DType dtype = result_type({&a, &b});
  const Tensor parted = cat({a.to(dtype), b.to(dtype)});
  return index_select(parted, 0, places_after_parting(mask, yes.numel())).reshape(shape);
}

}  // namespace tapegrad::detail
