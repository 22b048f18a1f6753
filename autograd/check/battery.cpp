#include "autograd/check/battery.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "autograd/check/function_check.h"
#include "autograd/kernels/simd/cpu.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/transforms/backward.h"

namespace tapegrad::detail {

namespace {

/// Of float32 arithmetic, of the largest number: some roundings more than one.
constexpr double kFloat32 = 1e-5;
/// Of two orders of float64 arithmetic.
constexpr double kFloat64 = 1e-12;

bool varies(const Tensor& input) { return input.defined() && input.requires_grad(); }

double largest_of(const Tensor& t) {
  return t.numel() == 0 ? 0 : max(abs(t.detach().to(float64))).item();
}

}  // namespace

std::vector<Tensor> copies(const std::vector<Tensor>& inputs, DType dtype) {
  std::vector<Tensor> all;
  for (const Tensor& input : inputs) {
    if (!input.defined()) {
      all.emplace_back();
      continue;
    }
    const Tensor copy = input.detach().clone();
    all.push_back(is_floating_point(copy.dtype()) ? copy.to(dtype) : copy);
  }
  return all;
}

double distance(const Tensor& found, const Tensor& exact) {
  if (found.shape() != exact.shape()) return INFINITY;
  if (found.numel() == 0) return 0;
  const Tensor a = found.detach().to(float64), b = exact.detach().to(float64);
  const Tensor same = (a == b) | ((a != a) & (b != b));
  const double apart = largest_of(where(same, 0, a - b));
  const double size = largest_of(where(isfinite(b), b, 0));
  return size > 0 ? apart / size : apart;
}

Tensor fixed_cotangent(const Tensor& y) {
  const Tensor angles = reshape(1 + arange(y.numel(), float64), y.shape());
  return (1.5 + sin(angles)).to(y.dtype());
}

Computed compute(const std::function<Tensor(const std::vector<Tensor>&)>& f,
                 const std::vector<Tensor>& inputs, const std::vector<Tensor>& like) {
  std::vector<Tensor> all, leaves;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    all.push_back(inputs[i].defined() ? inputs[i].detach() : Tensor());
    if (varies(like[i]) && is_floating_point(all[i].dtype()))
      leaves.push_back(all[i].requires_grad_());
  }
  const Tensor y = f(all);
  Computed computed{y.detach(), {}};
  if (!y.requires_grad()) {
    for (const Tensor& leaf : leaves) computed.gradients.push_back(zeros_like(leaf));
    return computed;
  }
  computed.gradients =
      grad({y}, leaves, {.grad_outputs = {fixed_cotangent(y)}, .allow_unused = true});
  return computed;
}

std::string difference(const Computed& found, const Computed& exact, double tolerance) {
  const auto compare = [&](const Tensor& a, const Tensor& b, const std::string& what) {
    const double apart = distance(a, b);
    return apart <= tolerance ? std::string()
                              : fmt::format(
                                    "{} is off by {:.1e} of its largest number, up to {:.0e} "
                                    "passes",
                                    what, apart, tolerance);
  };
  std::string text = compare(found.value, exact.value, "the value");
  for (std::size_t i = 0; i < exact.gradients.size() && text.empty(); ++i)
    text = compare(found.gradients[i], exact.gradients[i], fmt::format("gradient {}", i));
  return text;
}

bool same_bits(const Computed& a, const Computed& b) {
  bool same = same_bits(a.value, b.value);
  for (std::size_t i = 0; i < b.gradients.size(); ++i)
    same = same && same_bits(a.gradients[i], b.gradients[i]);
  return same;
}

namespace {

/// Adds what a check of derivatives has found, and makes `worst` what it found if that is worse.
void note(const Battery& battery, const char* check, const GradcheckResult& found, double& worst) {
  battery.result.entries += found.entries;
  if (found.entries > 0) worst = std::fmax(worst, found.worst_error);  // NaN is none yet
  if (found) return;
  battery.found(check, found.message());
  for (const Culprit& culprit : found.culprits) battery.result.culprits.push_back(culprit);
}

/// Watches for operators without a rule for forward mode.
class MissingRules : Watcher {
 public:
  MissingRules() { start(); }
  ~MissingRules() { stop(); }
  bool any = false;

 private:
  void call(const OperatorCall& call) override {
    any |= call.type && call.type->has_gradient && !call.type->tangent;
  }
};

void check_forward_mode(const Battery& battery) {
  const OperatorCase& example = battery.example;
  {
    MissingRules missing;
    (void)example.call(example.inputs);
    if (missing.any) return battery.result.forward_error.reset();
  }
  FunctionCheck check("verify", example.call, example.inputs, battery.options.gradcheck);
  double none = std::numeric_limits<double>::quiet_NaN();
  std::optional<double>& worst = battery.result.forward_error;
  note(battery, "forward mode", check.forward_mode(), worst ? *worst : none);
}

}  // namespace

void check_derivatives(const Battery& battery) {
  const OperatorCase& example = battery.example;
  double* worst = battery.result.worst_error;
  const GradcheckResult first = gradcheck(example.call, example.inputs, battery.options.gradcheck);
  note(battery, "gradients", first, worst[0]);
  if (!first) return;
  if (battery.options.second_order)
    note(battery, "second order",
         gradgradcheck(example.call, example.inputs, battery.options.gradcheck), worst[1]);
  check_forward_mode(battery);
}

/// f(x, x): what arrives on both ways adds up.
void check_aliases(const Battery& battery) {
  const std::vector<Tensor>& inputs = battery.example.inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    for (std::size_t j = i + 1; j < inputs.size(); ++j) {
      if (!varies(inputs[i]) || !varies(inputs[j]) || inputs[i].shape() != inputs[j].shape())
        continue;
      for (const std::size_t kept : {j, i}) {
        const auto f = [&](const std::vector<Tensor>& x) {
          std::vector<Tensor> all = inputs;
          all[i] = all[j] = x[0];
          return battery.example.call(all);
        };
        // The values of one input may not be in the domain of the other.
        if (!all(isfinite(f({inputs[kept].detach()}))).item<bool>()) continue;
        const GradcheckResult found = gradcheck(f, {inputs[kept]}, battery.options.gradcheck);
        if (!found)
          battery.found("aliases",
                        fmt::format("inputs {} and {} are one tensor: {}", i, j, found.message()));
        break;
      }
    }
  }
}

/// Handed over, so that nobody else has them: the same, recorded or not.
void check_moved(const Battery& battery) {
  const OperatorCase& example = battery.example;
  if (!example.moved) return;
  const auto hand_over = [&](const std::vector<Tensor>& all) {
    std::vector<Tensor> own;
    for (const Tensor& each : all) own.push_back(each.defined() ? each * 1 : Tensor());
    return example.moved(std::move(own));
  };
  const Computed kept = compute(example.call, copies(example.inputs), example.inputs);
  Computed plain{{}, kept.gradients};
  {
    const NoGrad no_grad;
    plain.value = hand_over(copies(example.inputs));
  }
  const Computed recorded = compute(hand_over, copies(example.inputs), example.inputs);
  for (const Computed& moved : {plain, recorded}) {
    const std::string text = difference(moved, kept, 0);
    if (!text.empty()) return battery.found("arguments", "handed over: " + text);
  }
}

/// float32 arithmetic gives what float64 arithmetic does with the same, rounded numbers.
void check_float32(const Battery& battery) {
  const OperatorCase& example = battery.example;
  const std::vector<Tensor> rounded = copies(example.inputs, float32);
  const Computed found = compute(example.call, rounded, example.inputs);
  const Computed exact = compute(example.call, copies(rounded), example.inputs);
  const std::string text = difference(found, exact, kFloat32);
  if (!text.empty()) battery.found("float32", text);
}

void check_instruction_sets(const Battery& battery) {
  const OperatorCase& example = battery.example;
  const int best = kernels::isa_index();
  struct Restore {
    int isa;
    ~Restore() { kernels::detail::chosen_isa.store(isa); }
  } const restore{best};
  for (const DType dtype : {float64, float32}) {
    kernels::detail::chosen_isa.store(best);
    const Computed usual = compute(example.call, copies(example.inputs, dtype), example.inputs);
    for (int isa = 0; isa < best; ++isa) {
      kernels::detail::chosen_isa.store(isa);
      const Computed other = compute(example.call, copies(example.inputs, dtype), example.inputs);
      const std::string text = difference(other, usual, dtype == float64 ? kFloat64 : kFloat32);
      if (!text.empty())
        battery.found("instruction sets", fmt::format("set {} against {}: {}", isa, best, text));
    }
  }
}

void check_invariance(const Battery& battery) {
  const OperatorCase& example = battery.example;
  const OperatorInfo& op = battery.op;
  if (example.inputs.empty() || !varies(example.inputs[0])) return;
  const Computed base = compute(example.call, copies(example.inputs), example.inputs);
  // The same numbers, rounded as the changed ones are.
  const auto check = [&](const char* name, Invariance what, DType dtype, double scale,
                         double offset) {
    std::vector<Tensor> changed = copies(example.inputs, dtype);
    changed[0] = (example.inputs[0].detach() * scale + offset).to(dtype);
    std::vector<Tensor> back = copies(changed);
    back[0] = (back[0] - offset) / scale;
    const Computed exact = compute(example.call, back, example.inputs);
    Computed found = compute(example.call, changed, example.inputs);
    found.value = found.value.to(float64);
    if (what == Invariance::follows) found.value = (found.value - offset) / scale;
    // The gradient of the first input: times the scale where the result stays, as it is else.
    if (what == Invariance::stays && !found.gradients.empty())
      found.gradients[0] = found.gradients[0].to(float64) * scale;
    const double eps = dtype == float32 ? kFloat32 : kFloat64;
    // Where the result follows the offset, it has the digits that this leaves.
    const double size = std::max(1.0, largest_of(exact.value));
    const double tolerance =
        what == Invariance::follows ? eps * (1 + std::abs(offset) / size) : eps;
    const std::string text = difference(found, exact, tolerance);
    if (!text.empty())
      battery.found(name, fmt::format("{} times {:g} plus {:g}: {}", tapegrad::name(dtype), scale,
                                      offset, text));
  };
  if (op.scale != Invariance::unsaid) {
    for (const double scale : {0x1p-100, 0x1p-40, 0x1p40, 0x1p100})
      check("scale", op.scale, float32, scale, 0);
    for (const double scale : {0x1p-930, 0x1p930}) check("scale", op.scale, float64, scale, 0);
  }
  if (op.offset != Invariance::unsaid)
    for (const double offset : {1e2, -1e4, 1e6}) {
      check("offset", op.offset, float32, 1, offset);
      check("offset", op.offset, float64, 1, offset);
    }
}

}  // namespace tapegrad::detail
