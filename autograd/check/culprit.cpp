#include "autograd/check/culprit.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "autograd/check/differences.h"
#include "autograd/check/function_check.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tape/record.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/watcher.h"

namespace tapegrad::detail {

namespace {

/// One call of an operator, which can be made again, on float64 copies of what it got.
class Call {
 public:
  explicit Call(const OperatorCall& call) : type_(*call.type), op_(call.op) {
    if (type_.attributes) attributes_ = type_.attributes(op_);
    for (const Tensor* input : call.inputs) {
      if (!input->defined()) {
        inputs_.emplace_back();
        continue;
      }
      Tensor copy = input->detach().clone();
      if (is_floating_point(copy.dtype())) copy = copy.to(float64).requires_grad_();
      inputs_.push_back(copy);
    }
  }

  bool repeatable() const {
    return type_.attributes ? type_.call != nullptr : type_.repeat != nullptr;
  }
  const std::vector<Tensor>& inputs() const { return inputs_; }
  std::vector<Shape> shapes() const {
    std::vector<Shape> shapes;
    for (const Tensor& input : inputs_) shapes.push_back(input.defined() ? input.shape() : Shape());
    return shapes;
  }

  /// Inputs that the operator has no gradient for are constants. False if there are no others, or
  /// no derivative to compare.
  bool settle() {
    const std::vector<Tensor> outputs = outputs_of(inputs_);
    const Record* record = made_by(outputs);
    if (!record || record->edges().size() != inputs_.size()) return false;
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (inputs_[i].defined() && !record->edge(static_cast<std::uint32_t>(i)))
        inputs_[i] = inputs_[i].detach();
    return true;
  }

  /// Its floating-point outputs, as one tensor.
  Tensor operator()(const std::vector<Tensor>& inputs) const {
    const std::vector<Tensor> outputs = outputs_of(inputs);
    if (outputs.size() == 1 && outputs[0].dtype() == float64) return outputs[0];
    std::vector<Tensor> flat;
    for (const Tensor& output : outputs)
      if (is_floating_point(output.dtype())) flat.push_back(reshape(output.to(float64), -1));
    return flat.empty() ? Tensor() : cat(flat, 0);
  }

  /// Asks the rules, past the walk, for some cotangents and directions. True when all that they
  /// return, fused or not, is what differences give. False also where the operator has several
  /// outputs, since then they cannot be asked.
  bool rules_are_right(const GradcheckOptions& options) const {
    Generator generator(options.seed + 1);
    const std::vector<Tensor> outputs = outputs_of(inputs_);
    Record* record = made_by(outputs);
    if (!record || outputs.size() != 1 || record->several) return false;
    const Tensor& y = outputs[0];
    for (int trial = 0; trial < 2; ++trial) {
      const Tensor g = random_weights(y.shape(), generator).to(y.dtype());
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        if (!inputs_[i].defined() || !inputs_[i].requires_grad()) continue;
        const Tensor v = random_weights(inputs_[i].shape(), generator);
        const auto value = [&](double t) {
          std::vector<Tensor> moved = inputs_;
          for (Tensor& each : moved)
            if (each.defined()) each = each.detach();
          moved[i] = moved[i] + t * v;
          return std::vector{sum((*this)(moved)*g).item()};
        };
        const double numeric =
            differentiate(value, 0, 1, options.step, options.rtol, options.atol).value[0];
        try {
          for (const double analytic : by_rules(*record, static_cast<int>(i), g, v))
            if (!(std::abs(analytic - numeric) <= 1e-6 * (1 + std::abs(numeric)))) return false;
        } catch (const Error&) {
          return false;
        }
      }
    }
    return true;
  }

 private:
  std::vector<Tensor> outputs_of(const std::vector<Tensor>& inputs) const {
    return type_.attributes ? type_.call(attributes_, inputs) : type_.repeat(op_, inputs);
  }
  static Record* made_by(const std::vector<Tensor>& outputs) {
    for (const Tensor& output : outputs) {
      Record* record = output.defined() ? record_of(*impl_of(output)) : nullptr;
      if (record) return record->port ? record->edge(0).record() : record;
    }
    return nullptr;
  }

  /// What each form of the rule of input `i` gives along `v`.
  std::vector<double> by_rules(Record& record, int i, const Tensor& g, const Tensor& v) const {
    const Shape& shape = v.shape();
    const auto along = [&](const Tensor& cotangent) {
      // Of an elementwise operator it may be that of the broadcast input, not summed up yet.
      const Shape& whole = record.elementwise ? record.shape() : shape;
      return sum(expand(cotangent.detach().to(float64), whole) * expand(v, whole)).item();
    };
    std::vector<double> all;
    const OperatorCall rule{record.name(), nullptr, &record, {}};
    const bool altered = watched() && Door::alters(rule);
    for (const bool readable : {false, true}) {
      const Tensor cotangent = record.vjp(i, g, readable);
      all.push_back(along(altered ? Door::altered(rule, cotangent, readable) : cotangent));
    }
    if ((record.adds || record.elementwise) && shape == record.shape()) {
      const Tensor sums = zeros(shape, record.dtype);
      if (record.vjp_into(i, g, impl_of(sums), true)) all.push_back(along(sums));
    }
    return all;
  }

  const OperatorType& type_;
  const void* op_;
  std::vector<Attribute> attributes_;
  std::vector<Tensor> inputs_;
};

/// Checks what is recorded while it lives.
class Suspects : Watcher {
 public:
  Suspects(int order, const GradcheckOptions& options, GradcheckResult& result)
      : order_(order), options_(options), result_(result) {
    options_.names.clear();
    options_.culprits = options_.second_order = options_.forward_mode = false;
    start();
  }
  ~Suspects() { stop(); }

  /// The operators whose second derivatives differ, unless that is because others, which their
  /// rules call, are wrong at first order.
  void conclude() {
    if (result_.culprits.empty()) result_.culprits = std::move(second_);
  }

 private:
  void call(const OperatorCall& seen) override {
    if (!seen.type || !seen.type->has_gradient || !grad_enabled()) return;
    if (std::ranges::none_of(seen.inputs,
                             [](const Tensor* input) { return requires_record(*input); }))
      return;
    const std::string path = seen.path ? seen.path : "";
    // Who watches around this sees the checks, too: a rule that is altered is so for them.
    const Seen by_others(outer());
    try {
      const EnableGrad enable_grad;
      Call call(seen);
      if (!call.repeatable() || !call.settle()) return;
      ++result_.operators_checked;
      const CheckedFunction f = [&](const std::vector<Tensor>& inputs) { return call(inputs); };
      const GradcheckResult first = gradcheck(f, call.inputs(), options_);
      if (!first) {
        if (!call.rules_are_right(options_)) add(result_.culprits, seen.name, path, call, first);
        return;
      }
      if (order_ < 2 || seen.phase == Phase::backward) return;
      const GradcheckResult second = gradgradcheck(f, call.inputs(), options_);
      if (!second) add(second_, seen.name, path, call, second);
    } catch (const OutOfMemoryError&) {
      throw;
    } catch (const Error&) {
      // It cannot be called by itself.
    }
  }

  static void add(std::vector<Culprit>& list, const char* name, const std::string& path,
                  const Call& call, const GradcheckResult& found) {
    for (Culprit& known : list) {
      if (known.name != name || known.path != path || known.order != found.order) continue;
      ++known.calls;
      return;
    }
    list.push_back({name, path, call.shapes(), found.order, found.input, found.index,
                    found.analytic, found.numeric, found.worst_error, found.problem, 1});
  }

  int order_;
  GradcheckOptions options_;
  GradcheckResult& result_;
  std::vector<Culprit> second_;
};

}  // namespace

void find_culprits(const std::function<void()>& run, int order, const GradcheckOptions& options,
                   GradcheckResult& result) {
  Suspects suspects(order, options, result);
  try {
    run();
  } catch (const OutOfMemoryError&) {
    throw;
  } catch (const Error&) {
    // The check has told it.
  }
  suspects.conclude();
}

}  // namespace tapegrad::detail
