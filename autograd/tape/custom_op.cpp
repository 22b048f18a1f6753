#include "autograd/tape/custom_op.h"

#include <mutex>
#include <string>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/tape/apply_list.h"

namespace tapegrad::detail {

namespace {

using Rules = std::shared_ptr<const CustomRules>;

/// Refuses what a rule of `rules` returned unless there is one `of_each` of `expected`.
void require_number(const CustomRules& rules, const char* rule, std::size_t found, const char* what,
                    std::size_t expected, const char* of_each) {
  if (found != expected)
    fail<GradError>(
        "{}: its {} returned {} {} for {} {}; return one for each, the undefined tensor for zeros",
        rules.type->name, rule, found, what, expected, of_each);
}

/// The record of a call. Its rule answers for all inputs at once, and a walk asks for one after the
/// other.
struct CustomRecord final : ListRecord {
  template <class Made>
  CustomRecord(const ListSizes& sizes, const Rules& called, const Made& made) noexcept
      : ListRecord(sizes, made), rules(called) {}

  const char* name() const noexcept override { return rules->type->name; }

  Tensor vjp(int input, const Tensor& gradient, bool create_graph) override {
    const auto i = static_cast<std::size_t>(input);
    const std::uint32_t now = walk.load(std::memory_order_relaxed);
    if (answered != now || i >= unasked) {
      answers = all_cotangents(gradient, create_graph);
      answered = now;
    }
    unasked = i;
    Tensor result = std::move(answers[i]);
    const Edge& to = edge(static_cast<std::uint32_t>(input));
    return result.defined() ? result : zeros(to.shape(), to.dtype());
  }

  Rules rules;

 private:
  std::vector<Tensor> all_cotangents(const Tensor& gradient, bool create_graph) {
    std::vector<Tensor> x(input_count), y(several ? parts().size() : 1);
    if (rules->reads & kA)
      for (std::size_t k = 0; k < x.size(); ++k)
        x[k] = this->input(static_cast<int>(k), create_graph);
    if (rules->reads & kY)
      for (std::size_t k = 0; k < y.size(); ++k)
        y[k] = several ? part(k, create_graph) : output(create_graph);
    const std::span<const Tensor> g = several ? parts() : std::span<const Tensor>(&gradient, 1);
    std::vector<Tensor> made = rules->vjp(g, x, y);
    require_number(*rules, "vjp", made.size(), "cotangents", x.size(), "inputs");
    for (std::size_t k = 0; k < made.size(); ++k)
      if (!edge(static_cast<std::uint32_t>(k))) made[k] = {};
    return made;
  }

  std::vector<Tensor> answers;  // of the walk `answered`, which asks for the last input first
  std::uint32_t answered = 0;
  std::size_t unasked = 0;  // so many inputs it has not asked for
};

std::vector<Tensor> call_now(const Rules& rules, std::span<const Tensor> inputs) {
  const char* name = rules->type->name;
  std::vector<std::uint32_t> versions;
  for (const Tensor& input : inputs)
    versions.push_back(input.defined() ? impl_of(input)->owner()->version : 0);
  std::vector<Tensor> made = [&] {
    const NoGrad no_grad;
    return rules->forward(inputs);
  }();
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].defined() && impl_of(inputs[i])->owner()->version != versions[i])
      fail<GradError>(
          "{}: its forward changed input {} of shape {} in place, which is not its own; let it change "
          "a clone()",
          name, i, inputs[i].shape());
  if (made.empty()) fail<ValueError>("{}: its forward returned no tensor", name);
  bool history = false;
  for (const Tensor& input : inputs) history = history || requires_record(input);
  const DType type = settle_results(made, name, inputs, history);
  if (!history || !grad_enabled() || type == boolean) return made;

  const ListSizes sizes{inputs.size(), 0, rules->many ? made.size() : 0};
  const auto start = [&](const auto& first) {
    auto* record = new_record<CustomRecord>(sizes.room(), sizes, rules, first);
    record->connect(inputs, {}, rules->reads);
    return record;
  };
  if (rules->many)
    start(type)->finish(std::span<const Tensor>(made), rules->reads);
  else
    start(made[0])->finish(made[0], rules->reads);
  return made;
}

// ---- What is known of such an operator, which others may keep for ever -------------------------

void run_custom_tangent(const void* op, const TangentCall& call) {
  const CustomRules& rules = **static_cast<const Rules*>(op);
  std::vector<Tensor> tangents;
  for (std::size_t i = 0; i < call.inputs.size(); ++i)
    tangents.push_back(linear_argument(call.inputs[i], call.tangents[i]));
  std::vector<Tensor> made = rules.jvp(tangents, call.inputs, call.outputs);
  require_number(rules, "jvp", made.size(), "tangents", call.outputs.size(), "outputs");
  for (std::size_t k = 0; k < made.size(); ++k) {
    if (!made[k].defined()) continue;
    if (made[k].shape() != call.outputs[k].shape())
      fail<GradError>("{}: its jvp returned a tangent of shape {} for an output of shape {}",
                      rules.type->name, made[k].shape(), call.outputs[k].shape());
    call.add(k, std::move(made[k]));
  }
}

constexpr TangentRule kCustomTangent{
    .bytes = sizeof(Rules),
    .copy = copy_operator<Rules>,
    .destroy = destroy_operator<Rules>,
    .run = run_custom_tangent,
    .linear = false,
    .values = ~0u,
    .reads = nullptr,
};

std::vector<Tensor> repeat_custom(const void* op, std::span<const Tensor> inputs) {
  return call_custom(*static_cast<const Rules*>(op), inputs);
}

/// What is kept of a name: few programs have many.
struct CustomType {
  std::string name;
  OperatorType type;
  CustomType* next;
};

const OperatorType* custom_type(std::string_view name, bool has_jvp) {
  static constinit std::mutex mutex;
  static constinit CustomType* first = nullptr;
  const std::lock_guard lock(mutex);
  for (const CustomType* each = first; each; each = each->next)
    if (each->name == name && (each->type.tangent != nullptr) == has_jvp) return &each->type;
  first = new CustomType{std::string(name), {}, first};
  OperatorType& type = first->type;
  type.name = first->name.c_str();
  type.has_gradient = true;
  type.tangent = has_jvp ? &kCustomTangent : nullptr;
  type.repeat = repeat_custom;
  return &type;
}

}  // namespace

void fail_no_function() {
  fail<ValueError>("custom_op: a function is empty; an operator has a forward and a vjp");
}

Rules make_custom(std::string_view name, CustomRules rules) {
  return allocating_for("custom_op", [&] {
    if (name.empty())
      fail<ValueError>("custom_op: the name is empty; errors and pictures call the operator by it");
    if (rules.reads & ~(kA | kY))
      fail<ValueError>(
          "custom_op: {}: reads is kA for all inputs, kY for the outputs, their sum, or kNone",
          name);
    rules.type = custom_type(name, rules.jvp != nullptr);
    return std::make_shared<const CustomRules>(std::move(rules));
  });
}

std::vector<Tensor> call_custom(const Rules& rules, std::span<const Tensor> inputs) {
  const char* name = rules->type->name;
  return allocating_for(name, [&] {
    if (inputs.empty() || (rules->inputs != 0 && inputs.size() != rules->inputs))
      fail<ValueError>(
          "{}: it got {} tensors, and takes {}", name, inputs.size(),
          rules->inputs == 0 ? std::string("one or more") : std::to_string(rules->inputs));
    if (!watched()) [[likely]]
      return call_now(rules, inputs);
    std::vector<const Tensor*> all;
    for (const Tensor& input : inputs) all.push_back(&input);
    return watched_call({name, rules->type, &rules, all}, [&] { return call_now(rules, inputs); });
  });
}

}  // namespace tapegrad::detail
