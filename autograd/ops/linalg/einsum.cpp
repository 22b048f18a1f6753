#include "autograd/ops/linalg/einsum.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/ops/core/promotion.h"
#include "autograd/ops/linalg/contract.h"
#include "autograd/ops/linalg/equation.h"
#include "autograd/ops/ops.h"
#include "autograd/ops/shape/diagonal.h"
#include "autograd/ops/shape/named.h"
#include "autograd/tensor/require.h"

namespace tapegrad {

namespace {

using detail::bit_of;
using detail::Equation;
using detail::Labelled;
using detail::Labels;

/// The size of each label; 1 for those that are not there.
using LabelSizes = std::array<std::int64_t, detail::kMostLabels>;

/// The operands with a name for every dimension, of which each is a different one.
class NamedOperands {
 public:
  NamedOperands(const Equation& equation, const std::vector<Tensor>& tensors)
      : equation_(equation) {
    sizes_.fill(1);
    all_.reserve(tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i)
      width_ = std::max(width_, tensors[i].dim() - equation.operands[i].letters());
    for (std::size_t i = 0; i < tensors.size(); ++i) all_.push_back(named(i, tensors[i]));
    // What has size 1 somewhere is left out there: where the size is another, it broadcasts.
    for (Labelled& x : all_) x = without_ones(x);
  }

  std::vector<Labelled>& all() { return all_; }
  const LabelSizes& sizes() const { return sizes_; }
  /// The most dimensions that an ellipsis stands for.
  int width() const { return width_; }

 private:
  Labelled named(std::size_t i, Tensor x) {
    std::vector<int> labels = equation_.labels_of(i, x.shape(), width_);
    for (std::size_t d = 0; d < labels.size(); ++d) {
      const auto second =
          std::find(labels.begin() + std::ptrdiff_t(d) + 1, labels.end(), labels[d]);
      if (second == labels.end()) continue;
      // The diagonal becomes the last dimension; the others move up.
      const int first = static_cast<int>(d), other = static_cast<int>(second - labels.begin());
      if (x.size(first) != x.size(other))
        fail<ShapeError>(
            "einsum: \"{}\": operand {}, \"{}\", of shape {} has {} twice, of sizes {} and {}; a "
            "diagonal needs equal ones",
            equation_.text, i, equation_.operands[i].text, x.shape(), Equation::describe(labels[d]),
            x.size(first), x.size(other));
      x = diagonal(x, 0, first, other);
      const int label = labels[d];
      labels.erase(second);
      labels.erase(labels.begin() + first);
      labels.push_back(label);
      --d;
    }
    Labelled result{x, {}};
    for (std::size_t d = 0; d < labels.size(); ++d) {
      result.labels.push_back(labels[d]);
      std::int64_t& size = sizes_[static_cast<std::size_t>(labels[d])];
      const std::int64_t own = x.shape()[d];
      if (own != size && own != 1 && size != 1)
        fail<ShapeError>(
            "einsum: \"{}\": operand {}, \"{}\", of shape {} has size {} for {}, but an operand "
            "before it has {}",
            equation_.text, i, equation_.operands[i].text, x.shape(), own,
            Equation::describe(labels[d]), size);
      if (own != 1) size = own;
    }
    return result;
  }

  static Labelled without_ones(const Labelled& x) {
    Labelled result;
    Shape shape;
    for (int d = 0; d < x.labels.rank(); ++d) {
      if (x.tensor.shape()[d] == 1) continue;
      result.labels.push_back(x.labels[d]);
      shape.push_back(x.tensor.shape()[d]);
    }
    result.tensor = shape == x.tensor.shape() ? x.tensor : reshape(x.tensor, shape);
    return result;
  }

  const Equation& equation_;
  std::vector<Labelled> all_;
  LabelSizes sizes_;
  int width_ = 0;
};

/// Which operands become one, step by step: the first takes the product, the second goes away.
struct ProductPlan {
  std::vector<std::pair<std::size_t, std::size_t>> steps;
  double multiplications = 0;
};

/// What is needed after `first` and `second` have become one.
Labels needed(const std::vector<Labels>& masks, std::size_t first, std::size_t second,
              Labels result) {
  for (std::size_t i = 0; i < masks.size(); ++i)
    if (i != first && i != second) result |= masks[i];
  return result;
}

/// From left to right, or the cheapest product at each step.
ProductPlan plan_of(std::vector<Labels> masks, Labels result, const LabelSizes& sizes,
                    bool cheapest) {
  if (masks.size() == 2) return {{{0, 1}}};
  ProductPlan plan;
  const auto cost_of = [&](std::size_t i, std::size_t j) {
    double cost = 1;
    for (std::size_t label = 0; label < sizes.size(); ++label)
      if ((masks[i] | masks[j]) & bit_of(std::int64_t(label))) cost *= double(sizes[label]);
    return cost;
  };
  while (masks.size() > 1) {
    std::pair<std::size_t, std::size_t> best{0, 1};
    double least = cost_of(0, 1);
    for (std::size_t j = 2; cheapest && j < masks.size(); ++j) {
      for (std::size_t i = 0; i < j; ++i) {
        const double cost = cost_of(i, j);
        if (cost < least) best = {i, j}, least = cost;
      }
    }
    plan.steps.push_back(best);
    plan.multiplications += least;
    const auto [i, j] = best;
    masks[i] = (masks[i] | masks[j]) & needed(masks, i, j, result);
    masks.erase(masks.begin() + std::ptrdiff_t(j));
  }
  return plan;
}

/// Whether the result has dimensions of `b` before those of `a`.
bool is_reversed(const Labelled& a, const Labelled& b, const Dims& result) {
  const Labels only_a = a.mask() & ~b.mask(), only_b = b.mask() & ~a.mask();
  for (const std::int64_t label : result)
    if ((only_a | only_b) & bit_of(label)) return only_b & bit_of(label);
  return false;
}

/// What most equations are, such as "ij,jk->ik" and "bij,bkj->bik": a product of matrices, or of
/// batches of them, as they are. None for another equation, whether it has a mistake or not.
std::optional<Tensor> product_of_matrices(const std::string& equation,
                                          const std::vector<Tensor>& operands) {
  if (operands.size() != 2 || !operands[0].defined() || !operands[1].defined()) return {};
  const Tensor &a = operands[0], &b = operands[1];
  const std::size_t rank = static_cast<std::size_t>(a.dim());
  if (rank < 2 || rank > 3 || b.dim() != a.dim() || equation.size() != 3 * rank + 3 ||
      a.dtype() != b.dtype() || !is_floating_point(a.dtype()))
    return {};
  const std::string_view text = equation;
  const std::string_view first = text.substr(0, rank), second = text.substr(rank + 1, rank);
  const std::string_view result = text.substr(2 * rank + 3);
  if (text[rank] != ',' || text.substr(2 * rank + 1, 2) != "->") return {};
  for (std::size_t i = 0; i < rank; ++i) {
    const auto is_letter = [](char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; };
    if (!is_letter(first[i]) || !is_letter(second[i]) || !is_letter(result[i]) ||
        first.find(first[i], i + 1) != first.npos || second.find(second[i], i + 1) != first.npos)
      return {};
  }
  if (rank == 3 && (first[0] != second[0] || first[0] != result[0] || a.size(0) != b.size(0)))
    return {};
  const char rows = result[rank - 2], columns = result[rank - 1];
  const bool flip_a = first[rank - 1] == rows, flip_b = second[rank - 2] == columns;
  const char inside = first[flip_a ? rank - 2 : rank - 1];
  if (first[flip_a ? rank - 1 : rank - 2] != rows || rows == columns ||
      second[flip_b ? rank - 2 : rank - 1] != columns ||
      second[flip_b ? rank - 1 : rank - 2] != inside ||
      a.size(flip_a ? -2 : -1) != b.size(flip_b ? -1 : -2))
    return {};
  return matmul(a, b, {flip_a, flip_b});
}

/// The product of all, summed over what the result does not have.
Labelled product_of(std::vector<Labelled>& operands, const Dims& result, const LabelSizes& sizes) {
  const Labels wanted = Labelled{{}, result}.mask();
  std::vector<Labels> masks;
  for (const Labelled& x : operands) masks.push_back(x.mask());
  for (std::size_t i = 0; i < operands.size(); ++i) {
    operands[i] = summed(operands[i], needed(masks, i, i, wanted));
    masks[i] = operands[i].mask();
  }
  ProductPlan plan = plan_of(masks, wanted, sizes, false);
  if (operands.size() > 2) {
    ProductPlan other = plan_of(masks, wanted, sizes, true);
    if (other.multiplications < plan.multiplications) plan = std::move(other);
  }
  for (const auto& [i, j] : plan.steps) {
    const Labels kept = needed(masks, i, j, wanted);
    const Labelled &a = operands[i], &b = operands[j];
    const bool last = operands.size() == 2 && is_reversed(a, b, result);
    operands[i] = last ? contract(b, a, kept, "einsum") : contract(a, b, kept, "einsum");
    masks[i] = operands[i].mask();
    operands.erase(operands.begin() + std::ptrdiff_t(j));
    masks.erase(masks.begin() + std::ptrdiff_t(j));
  }
  return operands[0];
}

/// Checks the operands, and gives C++ numbers the type of the others.
std::vector<Tensor> of_one_type(const std::vector<Tensor>& operands) {
  detail::require_tensors(operands, "einsum");
  std::vector<Tensor> result = operands;
  std::size_t model = 0;  // the first that is no C++ number
  while (model + 1 < operands.size() && detail::is_number(operands[model])) ++model;
  const DType dtype = operands[model].dtype();
  for (std::size_t i = 0; i < operands.size(); ++i) {
    Tensor& x = result[i];
    if (detail::is_number(x) && is_floating_point(dtype)) x = x.to(dtype);
    if (x.dtype() != dtype)
      detail::require_same_type(fmt::format("operand {}", i).c_str(), x.dtype(),
                                fmt::format("operand {}", model).c_str(), dtype, "einsum");
  }
  if (operands.size() > 1 && dtype == boolean)
    fail<DTypeError>("einsum: bool operands have no product; convert them with to(float32)");
  return result;
}

}  // namespace

Tensor einsum(const std::string& equation, const std::vector<Tensor>& operands) try {
  if (const auto product = product_of_matrices(equation, operands)) return *product;
  const std::vector<Tensor> tensors = of_one_type(operands);
  const Equation read(equation);
  if (read.operands.size() != tensors.size())
    fail<ValueError>("einsum: \"{}\" names {} operands, but the tensors are {}", equation,
                     read.operands.size(), tensors.size());
  NamedOperands named(read, tensors);
  const Dims labels = read.result_labels(named.width());
  const Labelled product = product_of(named.all(), labels, named.sizes());
  Dims order;  // of those whose size is not 1
  Shape shape;
  for (const std::int64_t label : labels) {
    shape.push_back(named.sizes()[static_cast<std::size_t>(label)]);
    if (shape.back() != 1) order.push_back(label);
  }
  const Tensor y = arranged(product, order);
  return y.shape() == shape ? y : reshape(y, shape);
} catch (...) {
  detail::rethrow_for("einsum");
}

}  // namespace tapegrad
