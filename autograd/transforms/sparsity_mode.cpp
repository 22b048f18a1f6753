#include "autograd/transforms/sparsity_mode.h"

#include <algorithm>
#include <cmath>

#include "autograd/base/fail.h"
#include "autograd/ops/linalg/operands.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/transforms/backward.h"

namespace tapegrad::detail {

namespace {

using Tensors = std::vector<Tensor>;

constexpr ModeWords sparsity_words{
    .where = "while sparsity is looked for",
    .host_write =
        "sparsity: a tensor that depends on the input was changed past the operators (by write, set "
        "or the step of an optimizer), so that nobody knows on what it depends; compute a new "
        "tensor, or change it before",
    .after_error =
        "sparsity: an error came between a value and what it depends on, which is unknown since; "
        "end the function where it comes",
    .out_of_memory = "sparsity: out of memory",
};

/// 1, 2, 3 and so on.
Tensor numbered(const Shape& shape, std::int64_t first) {
  return reshape(arange(first, first + shape.numel()), shape).to(float64);
}

/// The elements, as copies.
std::vector<double> numbers_of(const Tensor& x) {
  const Tensor whole = x.to(float64);
  const auto data = whole.data<double>();
  return {data.begin(), data.end()};
}

/// Elements that say what depends on what in a linear operator.
enum class Probe { own, ones, spread };
Tensor probe(const Tensor& x, Probe kind) {
  if (kind == Probe::own) return x.detach().to(float64).clone();
  if (kind == Probe::ones) return ones(x.shape(), float64);
  return sin(numbered(x.shape(), 1) * 12.9898) * 0.4 + 1;
}

}  // namespace

SparsityMode::SparsityMode() : CompanionMode(sparsity_words) {}

Tensor SparsityMode::companion_of(const Sets& sets, const Shape& shape) {
  const std::vector<double> numbers(sets.begin(), sets.end());
  return reshape(tensor(numbers, float64), shape);
}

void SparsityMode::set_input(const Tensor& x) {
  Sets sets;
  for (std::int64_t i = 0; i < x.numel(); ++i) sets.push_back(sets_.single(i));
  const Tensor companion = beside([&] { return companion_of(sets, x.shape()); });
  set(x, companion);
}

std::vector<std::vector<std::int64_t>> SparsityMode::sets_of(const Tensor& y) const {
  const auto count = static_cast<std::size_t>(y.numel());
  std::vector<std::vector<std::int64_t>> all(count);
  if (const Tensor* found = find(y))
    for (std::size_t i = 0; i < count; ++i) all[i] = sets_[static_cast<Set>(numbers_of(*found)[i])];
  return all;
}

std::optional<unsigned> SparsityMode::note(const OperatorCall& call, unsigned, Frame& frame) {
  if (!call.type->has_gradient) return std::nullopt;
  const Sparsity sparsity = call.type->sparsity;
  const bool probed = sparsity == Sparsity::index || sparsity == Sparsity::reduction;
  if (call.type->attributes && (probed || sparsity == Sparsity::dense))
    frame.attributes = call.type->attributes(call.op);
  return probed && call.type->call ? ~0u : 0;
}

void SparsityMode::carry(const OperatorCall& call, Frame& frame, std::span<const Tensor> outputs,
                         std::span<Tensor> results) {
  const NoGrad no_grad;
  const Sparsity sparsity = call.type->sparsity;
  const bool elementwise = sparsity == Sparsity::elementwise, rows = sparsity == Sparsity::rows;
  if (elementwise || rows) {
    for (std::size_t k = 0; k < outputs.size(); ++k)
      results[k] = companion_of(rows ? by_row(frame, outputs[k]) : by_element(frame, outputs[k]),
                                outputs[k].shape());
    return;
  }
  if (const auto product = product_of(*call.type, frame.attributes)) {
    unite_factors(*product, frame);
    results[0] = companion_of(by_element(frame, outputs[0]), outputs[0].shape());
    return;
  }
  if (call.type->call && sparsity == Sparsity::index && by_source(call, frame, results)) return;
  if (call.type->call && (sparsity == Sparsity::index || sparsity == Sparsity::reduction) &&
      outputs.size() == 1 && by_target(call, frame, outputs[0], results))
    return;
  const double all = united(frame);
  for (std::size_t k = 0; k < outputs.size(); ++k)
    if (is_floating_point(outputs[k].dtype())) results[k] = full(outputs[k].shape(), all, float64);
}

SparsityMode::Sets SparsityMode::broadcast_sets(const Frame& frame, std::size_t i,
                                                const Shape& shape) {
  if (!frame.companions[i].defined()) return {};
  const std::vector<double> numbers = numbers_of(expand(frame.companions[i], shape));
  return Sets(numbers.begin(), numbers.end());
}

IndexSets::Set SparsityMode::united(const Frame& frame) {
  Sets all;
  for (const Tensor& companion : frame.companions) {
    if (!companion.defined()) continue;
    const std::vector<double> numbers = numbers_of(companion);
    all.insert(all.end(), numbers.begin(), numbers.end());
  }
  return sets_.unite(all);
}

SparsityMode::Sets SparsityMode::by_element(const Frame& frame, const Tensor& output) {
  Sets made(static_cast<std::size_t>(output.numel()));
  for (std::size_t i = 0; i < frame.companions.size(); ++i) {
    const Sets own = broadcast_sets(frame, i, output.shape());
    for (std::size_t k = 0; k < own.size(); ++k) made[k] = sets_.unite(made[k], own[k]);
  }
  return made;
}

SparsityMode::Sets SparsityMode::by_row(const Frame& frame, const Tensor& output) {
  Sets made = by_element(frame, output);
  const auto length = static_cast<std::size_t>(output.dim() == 0 ? 1 : output.shape().back());
  for (std::size_t start = 0; start < made.size(); start += length) {
    Sets row(made.begin() + static_cast<std::ptrdiff_t>(start),
             made.begin() + static_cast<std::ptrdiff_t>(start + length));
    const Set all = sets_.unite(row);
    std::fill_n(made.begin() + static_cast<std::ptrdiff_t>(start), length, all);
  }
  return made;
}

void SparsityMode::unite_factors(MatmulOptions flags, Frame& frame) {
  const auto turned = [](const Tensor& x) { return transpose(x, -2, -1); };
  // One set for each row, `[..., 1]`.
  const auto united_rows = [&](const Tensor& rows) {
    const Shape shape = rows.shape().with_size(-1, 1);
    const auto numbers = numbers_of(rows);
    const auto length = static_cast<std::size_t>(rows.shape().back());
    Sets made;
    for (std::int64_t i = 0; i < shape.numel(); ++i) {
      const auto row = std::span(numbers).subspan(static_cast<std::size_t>(i) * length, length);
      Sets sets(row.begin(), row.end());
      made.push_back(sets_.unite(sets));
    }
    return companion_of(made, shape);
  };
  if (Tensor& a = frame.companions[0]; a.defined())
    a = united_rows(flags.transpose_a ? turned(a) : a);
  if (Tensor& b = frame.companions[1]; b.defined()) {
    b = turned(united_rows(flags.transpose_b ? b : turned(b)));
    if (b.dim() == 2) b = reshape(b, {-1});  // as broad, and also for a result that is a vector
  }
}

bool SparsityMode::by_source(const OperatorCall& call, const Frame& frame,
                             std::span<Tensor> results) {
  // Elements that vary are 1, then their numbers.
  Tensors some = frame.inputs, places = frame.inputs;
  Sets sources(1);
  for (std::size_t i = 0; i < some.size(); ++i) {
    if (!some[i].defined() || !is_floating_point(some[i].dtype())) continue;
    const Shape& shape = some[i].shape();
    if (const Tensor& companion = frame.companions[i]; companion.defined()) {
      some[i] = ones(shape, float64);
      places[i] = numbered(shape, static_cast<std::int64_t>(sources.size()));
      const std::vector<double> numbers = numbers_of(companion);
      sources.insert(sources.end(), numbers.begin(), numbers.end());
    } else {
      some[i] = places[i] = zeros(shape, float64);
    }
  }
  const Tensors counts = call.type->call(frame.attributes, some);
  for (const Tensor& each : counts)
    for (const double count : numbers_of(each))
      if (count != 0 && count != 1) return false;
  const Tensors found = call.type->call(frame.attributes, places);
  for (std::size_t k = 0; k < found.size(); ++k) {
    Sets sets;
    for (const double place : numbers_of(found[k]))
      sets.push_back(sources[static_cast<std::size_t>(place)]);
    results[k] = companion_of(sets, found[k].shape());
  }
  return true;
}

bool SparsityMode::by_target(const OperatorCall& call, const Frame& frame, const Tensor& output,
                             std::span<Tensor> results) {
  const auto count = static_cast<std::size_t>(output.numel());
  std::vector<Sets> entering(count);
  Sets anywhere;  // of elements that enter nobody knows where
  const bool by_index = call.type->sparsity == Sparsity::index;  // slopes are numbers of copies
  for (std::size_t i = 0; i < frame.inputs.size(); ++i) {
    if (!frame.companions[i].defined()) continue;
    const std::vector<double> sets = numbers_of(frame.companions[i]);
    std::vector<bool> known(sets.size());
    for (const Probe kind : {Probe::own, Probe::ones, Probe::spread}) {
      const EnableGrad enable_grad;
      Tensors inputs = frame.inputs;
      for (std::size_t k = 0; k < inputs.size(); ++k)
        if (inputs[k].defined() && is_floating_point(inputs[k].dtype()))
          inputs[k] = probe(inputs[k], k == i ? kind : Probe::own);
      inputs[i].requires_grad_();
      const Tensor y = call.type->call(frame.attributes, inputs)[0];
      if (!y.requires_grad()) break;
      const auto back = [&](const Tensor& g) {
        return grad({y}, {inputs[i]},
                    {.grad_outputs = {g}, .retain_graph = true, .allow_unused = true})[0];
      };
      // The second is the first times the number of the element that it comes from.
      const Tensor once = back(ones(y.shape(), float64)), times = back(numbered(y.shape(), 1));
      const std::vector<double> slopes = numbers_of(once), numbers = numbers_of(times);
      for (std::size_t e = 0; e < sets.size(); ++e) {
        if (by_index && slopes[e] > 1) return false;
        if (by_index && slopes[e] == 0) known[e] = true;
        if (known[e] || !(std::abs(slopes[e]) > 0) || !std::isfinite(numbers[e])) continue;
        const double place = numbers[e] / slopes[e], whole = std::round(place);
        if (!(std::abs(place - whole) < 1e-6) || whole < 1 || whole > static_cast<double>(count))
          return false;
        entering[static_cast<std::size_t>(whole) - 1].push_back(static_cast<Set>(sets[e]));
        known[e] = true;
      }
    }
    for (std::size_t e = 0; e < sets.size(); ++e)
      if (!known[e]) anywhere.push_back(static_cast<Set>(sets[e]));
  }
  const Set rest = sets_.unite(anywhere);
  Sets made;
  for (Sets& each : entering) {
    each.push_back(rest);
    made.push_back(sets_.unite(each));
  }
  results[0] = companion_of(made, output.shape());
  return true;
}

}  // namespace tapegrad::detail
