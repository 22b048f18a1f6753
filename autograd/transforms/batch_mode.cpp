#include "autograd/transforms/batch_mode.h"

#include <cstring>

#include "autograd/base/fail.h"
#include "autograd/ops/core/leading.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad::detail {

namespace {

constexpr ModeWords batch_words{
    .where = "within vmap",
    .host_write =
        "vmap: a tensor that differs from entry to entry was changed past the operators (by write, "
        "set or the step of an optimizer), which reaches one entry only; compute a new tensor, or "
        "change it before",
    .after_error =
        "vmap: an error came between a value and what it is for all entries, which is unknown "
        "since; end the function where it comes",
    .out_of_memory = "vmap: out of memory",
};

constexpr const char* kLooked =
    "vmap: the function looks at elements (item, data, print, a comparison of whole tensors) that "
    "differ from entry to entry, and would see those of one entry only; choose by where() instead "
    "of if, or loop over the entries";

/// The inputs of a call for all entries.
struct BatchedInputs {
  std::vector<Tensor> tensors;
  std::vector<bool> which;

  /// `batch`: undefined where `value` is the same for all.
  void add(const Tensor& value, const Tensor& batch) {
    tensors.push_back(batch.defined() ? batch : value);
    which.push_back(batch.defined());
  }
};

constexpr const char* kHeld =
    "vmap: an operator holds a tensor that differs from entry to entry (a closure of custom_op or "
    "of a solver captures it, or a struct has it as a member), and would use that of one entry; "
    "make it an input of the operator";

}  // namespace

BatchMode::BatchMode(std::int64_t size) : CompanionMode(batch_words), size_(size) {}

Tensor BatchMode::batch(const Tensor& y) const {
  if (const Tensor* found = find(y)) return *found;
  Shape shape = y.shape();
  require_room(shape, "vmap");
  shape.insert(0, size_);
  return expand(y, shape);
}

std::optional<unsigned> BatchMode::note(const OperatorCall& call, unsigned varying, Frame& frame) {
  if (!call.type->call && !call.type->repeat)
    fail<ValueError>(
        "{}: vmap cannot call it for each entry, because its struct is opaque and cannot be copied; "
        "show its members by visit (custom.h)",
        call.name);
  if (call.in_place && !(varying & 1) && call.phase != Phase::backward)
    fail<GradError>(
        "{}: within vmap a tensor of shape {} that is the same for all entries would be changed by "
        "one that differs from entry to entry; use the form without underscore, or begin with a "
        "tensor that has entries",
        call.name, call.inputs[0]->shape());
  if (call.type->call) {
    frame.attributes = call.type->attributes(call.op);
    return ~varying | 1u << TangentRule::kLast;
  }
  // What can only be copied is gone when the call has ended.
  BatchedInputs all;
  for (const Tensor* input : call.inputs) {
    const Tensor* batch = input->defined() ? find(*input) : nullptr;
    all.add(*input, batch ? *batch : Tensor());
  }
  frame.results =
      beside([&] { return repeated_call(*call.type, call.op, all.tensors, all.which); });
  return 0;
}

void BatchMode::carry(const OperatorCall& call, Frame& frame, std::span<const Tensor> outputs,
                      std::span<Tensor> results) {
  std::vector<Tensor> made = std::move(frame.results);
  if (call.type->call) {
    BatchedInputs all;
    for (std::size_t i = 0; i < frame.inputs.size(); ++i)
      all.add(frame.inputs[i], frame.companions[i]);
    made = batched_call(*call.type, frame.attributes, all.tensors, all.which);
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    // Type promotion may take a batch of numbers for more than a number.
    const DType type = outputs[i].dtype();
    results[i] = made[i].dtype() == type ? std::move(made[i]) : made[i].to(type);
  }
}

void BatchMode::held() noexcept { set_fault(kHeld); }

void BatchMode::look(const Impl& value) noexcept {
  const Tensor* all = known(value);
  if (!all) return;
  try {
    const Seen seen(outer());  // around it these elements must be the same, too
    const std::int64_t bytes = value.numel() * static_cast<std::int64_t>(size_of(value.dtype));
    const bool same = detail::launch(
        "same_entries",
        [](const void* elements, std::int64_t count, std::int64_t size) {
          const char* first = static_cast<const char*>(elements);
          for (std::int64_t i = 1; i < count; ++i)
            if (std::memcmp(first, first + i * size, static_cast<std::size_t>(size)) != 0)
              return false;
          return true;
        },
        in(*all), size_, bytes);
    if (!same) set_fault(kLooked);
  } catch (...) {
    set_fault(batch_words.out_of_memory);
  }
}

void BatchMode::event(Event event, const Impl& value) noexcept {
  if (event == Event::look) look(value);
  CompanionMode::event(event, value);
}

void BatchMode::launch(const Launch& launch) {
  if (launch.looks)
    for (const LaunchArgument& argument : launch.arguments)
      if (argument.access == Access::read && argument.value()) look(*argument.value());
  CompanionMode::launch(launch);
}

}  // namespace tapegrad::detail
