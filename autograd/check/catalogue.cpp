#include "autograd/check/catalogue.h"

#include "autograd/base/error.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/transforms/backward.h"

namespace tapegrad {

namespace {

/// Finds the type of the operator `name` among the calls of this thread.
class TypeFinder : detail::Watcher {
 public:
  explicit TypeFinder(const std::string& name) : name_(name) { start(); }
  ~TypeFinder() { stop(); }
  const detail::OperatorType* type = nullptr;

 private:
  void call(const detail::OperatorCall& call) override {
    if (call.type && name_ == call.name) type = call.type;
  }
  const std::string& name_;
};

const detail::OperatorType* type_of(const OperatorInfo& info) {
  TypeFinder finder(info.name);
  (void)info.cases[0].call(info.cases[0].inputs);
  return finder.type;
}

bool works_on(const OperatorCase& example, DType dtype) {
  std::vector<Tensor> inputs;
  for (const Tensor& input : example.inputs)
    inputs.push_back(is_floating_point(input.dtype()) ? input.detach().to(dtype) : input);
  try {
    (void)example.call(inputs);
  } catch (const Error&) {
    return false;
  }
  return true;
}

int orders_of(const OperatorCase& example) {
  std::vector<Tensor> leaves;
  for (const Tensor& input : example.inputs)
    if (input.requires_grad()) leaves.push_back(input);
  Tensor y = example.call(example.inputs);
  int orders = 0;
  for (; orders < 2 && y.requires_grad(); ++orders) {
    try {
      const std::vector<Tensor> gradients =
          grad({sum(y * y)}, leaves, {.create_graph = true, .allow_unused = true});
      y = zeros({}, y.dtype());
      for (const Tensor& gradient : gradients)
        if (gradient.defined()) y = y + sum(gradient);
    } catch (const Error&) {
      break;
    }
  }
  return orders;
}

std::string forward_mode_of(const detail::OperatorType& type) {
  if (!type.tangent) return "none";
  if (type.tangent == &detail::elementwise_tangent_rule) return "formula";
  return type.tangent->linear ? "linear" : "rule";
}

std::string onnx_of(const detail::OnnxForm& form) {
  if (form.refusal) return std::string("none: ") + form.refusal;
  return form.text ? form.text : "by the call";
}

}  // namespace

std::vector<CatalogueEntry> catalogue(const std::vector<OperatorInfo>& all,
                                      std::span<const Convention> notes) {
  std::vector<CatalogueEntry> entries;
  for (const OperatorInfo& info : all) {
    const OperatorCase& example = info.cases[0];
    const detail::OperatorType* type = type_of(info);
    if (!type) continue;
    CatalogueEntry& entry = entries.emplace_back();
    entry.name = info.name;
    entry.family = info.family;
    entry.arguments = static_cast<int>(example.inputs.size());
    for (const DType dtype : {float32, float64, int64, boolean})
      if (works_on(example, dtype)) entry.dtypes.push_back(dtype);
    entry.promotes = type->promotes;
    entry.orders = orders_of(example);
    entry.forward_mode = forward_mode_of(*type);
    entry.sparsity = type->sparsity;
    entry.leading = type->leading;
    entry.onnx = onnx_of(type->onnx);
    for (const Convention& each : notes)
      if (entry.name == each.function) entry.note = each.note;
  }
  return entries;
}

const char* name(Sparsity sparsity) {
  constexpr const char* names[] = {"unknown", "elementwise", "rows", "reduction", "index", "dense"};
  return names[static_cast<int>(sparsity)];
}

const char* name(Leading leading) {
  constexpr const char* names[] = {"unknown", "loop", "broadcast", "shift", "own"};
  return names[static_cast<int>(leading)];
}

}  // namespace tapegrad
