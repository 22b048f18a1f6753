#include "autograd/ops/core/leading.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/apply.h"
#include "autograd/tensor/create/create.h"

namespace tapegrad::detail {

namespace {

/// The rank of input `i` without the dimension.
int own_rank(const Batch& batch, std::size_t i) { return batch[i].dim() - (batch.has(i) ? 1 : 0); }

/// The largest of these ranks.
int largest_rank(const Batch& batch) {
  int largest = 0;
  for (std::size_t i = 0; i < batch.inputs.size(); ++i)
    if (batch[i].defined()) largest = std::max(largest, own_rank(batch, i));
  return largest;
}

/// Changes the attributes of a call to those of one on the batch.
class Shift {
 public:
  explicit Shift(const Batch& batch) : batch_(batch) {
    number_ = batch[0].defined() && own_rank(batch, 0) == 0;
  }

  void operator()(Attribute& attribute) {
    const std::string_view name = attribute.name;
    if (auto* dim = std::get_if<std::int64_t>(&attribute.value)) {
      if (name != "dim") return;
      names_dim_ = true;
      count_further(*dim);
    } else if (auto* shape = std::get_if<Shape>(&attribute.value)) {
      if (name == "dims") {
        names_dim_ = true;
        for (std::int64_t& each : *shape) count_further(each);
        if (number_) *shape = 1;
      } else if (shape->rank() == kMaxRank) {
        room_ = false;
      } else {
        shape->insert(0, batch_.size);
        if (name != "kept" || !number_) return;
        one_entry_ = true;
        shape->push_back(1);
      }
    }
  }

  /// Whether the shapes so far have room for the dimension.
  bool room() const { return room_; }
  /// Whether the attributes so far are those of a call on the batch: not where they name a
  /// dimension of a number.
  bool fits() const { return room_ && (!number_ || !names_dim_ || one_entry_); }
  /// True for the reduction of a number, which is then the only entry of a dimension.
  bool one_entry() const { return one_entry_; }

 private:
  static void count_further(std::int64_t& dim) {
    if (dim >= 0) ++dim;
  }

  const Batch& batch_;
  bool number_, names_dim_ = false, one_entry_ = false, room_ = true;
};

/// All entries in one call of the operator, or nothing where it cannot.
[[gnu::cold]] std::vector<Tensor> call_at_once(const OperatorType& type,
                                               std::span<const Attribute> attributes,
                                               const Batch& batch) {
  if (type.leading <= Leading::loop || largest_rank(batch) == kMaxRank) return {};
  std::vector<Attribute> shifted(attributes.begin(), attributes.end());
  Shift shift(batch);
  for (Attribute& each : shifted) shift(each);
  if (!shift.room()) return {};
  if (type.leading == Leading::own) return listed(type.batched(attributes, batch));
  const bool shifts = type.leading == Leading::shift;
  if (shifts && !shift.fits()) return {};
  std::vector<Tensor> whole = inputs_at_once(type.leading, batch);
  if (!shifts) return type.call(attributes, whole);
  if (shift.one_entry()) whole[0] = unsqueeze(whole[0], 1);
  return type.call(shifted, whole);
}

/// An entry for `x`, which has none, that every operator takes: zeros, and identities where it may
/// be asked for an inverse.
[[gnu::cold]] Tensor stand_in(const Tensor& x) {
  const Shape shape = x.shape().with_size(0, 1);
  if (shape.rank() < 3 || !is_floating_point(x.dtype())) return zeros(shape, x.dtype());
  return expand(eye(shape[-2], shape[-1], x.dtype()), shape);
}

using CallOnEntry = std::function<std::vector<Tensor>(std::span<const Tensor>)>;

/// Entry by entry.
[[gnu::cold]] std::vector<Tensor> call_looped(const OperatorType& type, const CallOnEntry& call,
                                              const Batch& batch) {
  std::vector<Tensor> whole(batch.inputs.begin(), batch.inputs.end()), inputs = whole;
  // Of none there is one, for the shapes of the results.
  if (batch.size == 0)
    for (std::size_t i = 0; i < whole.size(); ++i)
      if (batch.has(i)) whole[i] = cat({whole[i], stand_in(whole[i])});
  std::vector<std::vector<Tensor>> parts;  // for each result its entries
  for (std::int64_t entry = 0; entry < std::max<std::int64_t>(batch.size, 1); ++entry) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (batch.has(i)) inputs[i] = select(whole[i], 0, entry);
    const std::vector<Tensor> made = call(inputs);
    parts.resize(made.size());
    for (std::size_t k = 0; k < made.size(); ++k) {
      require_room(made[k].shape(), type.name);
      if (entry > 0 && made[k].shape() != parts[k][0].shape())
        fail<ShapeError>(
            "{}: its result has shape {} for the first entry and {} for entry {}, and what is put "
            "together must not have a shape that depends on elements",
            type.name, parts[k][0].shape(), made[k].shape(), entry);
      parts[k].push_back(made[k]);
    }
  }
  std::vector<Tensor> results;
  for (const std::vector<Tensor>& part : parts) {
    const Tensor all = stack(part);
    results.push_back(batch.size == 0 ? narrow(all, 0, 0, 0) : all);
  }
  return results;
}

/// The inputs as a batch. Errors: as `batched_call`.
[[gnu::cold]] Batch batch_of(const OperatorType& type, std::span<const Tensor> inputs,
                             const std::vector<bool>& which) {
  if (which.size() != inputs.size())
    fail<ValueError>("{}: it has {} inputs, not the {} of which it is said what they have",
                     type.name, inputs.size(), which.size());
  Batch batch{inputs, which, -1};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!batch.has(i)) continue;
    require_defined(inputs[i], "an input with a further first dimension", type.name);
    const Shape& shape = inputs[i].shape();
    if (shape.empty())
      fail<ShapeError>("{}: input {} is a number (0-d), without a further first dimension",
                       type.name, i);
    if (batch.size >= 0 && shape[0] != batch.size)
      fail<ShapeError>(
          "{}: input {} has shape {}, and the further first dimension of those before has size {}",
          type.name, i, shape, batch.size);
    batch.size = shape[0];
  }
  if (batch.size < 0)
    fail<ValueError>("{}: none of its {} inputs has a further first dimension; call it as it is",
                     type.name, inputs.size());
  return batch;
}

}  // namespace

std::vector<Tensor> inputs_at_once(Leading leading, const Batch& batch) {
  const int rank = largest_rank(batch) + 1;
  std::vector<Tensor> whole(batch.inputs.begin(), batch.inputs.end());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (leading == Leading::shift)
      whole[i] = with_leading(batch, i);
    else if (batch.has(i))
      whole[i] = aligned(whole[i], rank);
  }
  return whole;
}

Tensor with_leading(const Batch& batch, std::size_t i) {
  const Tensor& x = batch[i];
  return batch.has(i) || !x.defined() ? x : expand(x, with_leading(batch, x.shape()));
}

Shape with_leading(const Batch& batch, const Shape& shape) {
  Shape whole = shape;
  whole.insert(0, batch.size);
  return whole;
}

Tensor aligned(const Tensor& x, int rank) {
  Shape shape = x.shape();
  if (shape.rank() >= rank) return x;
  while (shape.rank() < rank) shape.insert(1, 1);
  return reshape(x, shape);
}

std::vector<Tensor> batched_call(const OperatorType& type, std::span<const Attribute> attributes,
                                 std::span<const Tensor> inputs, const std::vector<bool>& which) {
  if (!type.call)
    fail<ValueError>(
        "{}: it cannot be called for each entry of a further first dimension, because its struct "
        "is opaque; show its members by visit (custom.h)",
        type.name);
  const Batch batch = batch_of(type, inputs, which);
  std::vector<Tensor> results = call_at_once(type, attributes, batch);
  if (!results.empty()) return results;
  const auto call = [&](std::span<const Tensor> entry) { return type.call(attributes, entry); };
  return call_looped(type, call, batch);
}

std::vector<Tensor> repeated_call(const OperatorType& type, const void* op,
                                  std::span<const Tensor> inputs, const std::vector<bool>& which) {
  const auto call = [&](std::span<const Tensor> entry) { return type.repeat(op, entry); };
  return call_looped(type, call, batch_of(type, inputs, which));
}

}  // namespace tapegrad::detail
