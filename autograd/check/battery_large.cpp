#include <fmt/format.h>

#include <new>
#include <utility>

#include "autograd/base/threads/parallel.h"
#include "autograd/check/battery.h"
#include "autograd/memory/block_source.h"
#include "autograd/memory/memory.h"
#include "autograd/ops/core/leading.h"
#include "autograd/ops/ops.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/create/random.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/transforms/backward.h"

// Large inputs, several threads, and memory that is refused.

namespace tapegrad::detail {

namespace {

/// Of the largest input: enough for several threads, and no multiple of anything.
constexpr std::int64_t kElements = kernels::kElementsWorthThreads / 67 * 85 + 3;
/// Where an operator is looped over.
constexpr std::int64_t kEntriesOfLoop = 61;

/// A call of the operator under test that a case has made.
struct SeenCall {
  const OperatorType* type;
  std::vector<Attribute> attributes;
  std::vector<Tensor> inputs;
};

/// Collects them.
class SeenCalls : Watcher {
 public:
  explicit SeenCalls(const std::string& name) : name_(name) { start(); }
  ~SeenCalls() { stop(); }
  std::vector<SeenCall> calls;

 private:
  void call(const OperatorCall& call) override {
    if (!call.type || call.name != name_ || !call.type->has_gradient || !call.type->call) return;
    SeenCall seen{call.type, call.type->attributes(call.op), {}};
    for (const Tensor* input : call.inputs)
      seen.inputs.push_back(input->defined() ? input->detach().clone() : Tensor());
    calls.push_back(std::move(seen));
  }
  const std::string& name_;
};

struct Threads {
  explicit Threads(int n) : before(num_threads()) { set_num_threads(n); }
  ~Threads() { set_num_threads(before); }
  int before;
};

/// The floating-point inputs with a further first dimension, of numbers near theirs.
std::vector<Tensor> many_of(const SeenCall& seen, const std::vector<bool>& which,
                            std::int64_t entries) {
  Generator generator(7);
  std::vector<Tensor> many;
  for (std::size_t i = 0; i < seen.inputs.size(); ++i) {
    const Tensor& input = seen.inputs[i];
    if (!which[i]) {
      many.push_back(input);
      continue;
    }
    Shape shape = input.shape();
    shape.insert(0, entries);
    many.push_back(input * (1 + 1e-3 * rand(shape, float64, generator)));
  }
  return many;
}

void check_large_call(const Battery& battery, const SeenCall& seen) {
  std::vector<bool> which;
  std::int64_t largest = 0;
  for (const Tensor& input : seen.inputs) {
    which.push_back(input.defined() && is_floating_point(input.dtype()) &&
                    input.dtype() == float64);
    if (which.back()) largest = std::max(largest, input.numel());
  }
  if (largest == 0) return;
  // The attribute `dim` of a number has nothing to count.
  const bool looped = seen.type->leading <= Leading::loop ||
                      (seen.type->leading == Leading::shift && seen.inputs[0].dim() == 0);
  const std::int64_t entries =
      looped ? kEntriesOfLoop : std::max<std::int64_t>(3, kElements / largest);
  const std::vector<Tensor> many = many_of(seen, which, entries);
  std::vector<Tensor> like;
  for (std::size_t i = 0; i < many.size(); ++i)
    like.push_back(which[i] ? zeros({}, float64).requires_grad_() : Tensor());
  // Several outputs count as one, in rows of `rows`.
  const auto joined = [](const std::vector<Tensor>& outputs, std::int64_t rows) {
    if (outputs.size() == 1) return outputs[0];
    std::vector<Tensor> flat;
    for (const Tensor& output : outputs)
      if (output.dtype() == float64)
        flat.push_back(rows == 0 ? reshape(output, {0, 1}) : reshape(output, {rows, -1}));
    return cat(flat, 1);
  };
  const auto call = [&](const std::vector<Tensor>& inputs) {
    return joined(batched_call(*seen.type, seen.attributes, inputs, which), entries);
  };
  {
    const std::vector<Tensor> none = many_of(seen, which, 0);
    const Computed empty = compute(
        [&](const std::vector<Tensor>& inputs) {
          return joined(batched_call(*seen.type, seen.attributes, inputs, which), 0);
        },
        none, like);
    std::size_t leaf = 0;
    bool right = empty.value.dim() > 0 && empty.value.shape()[0] == 0;
    for (std::size_t i = 0; i < none.size(); ++i)
      if (which[i]) right = right && empty.gradients[leaf++].shape() == none[i].shape();
    if (!right) battery.found("large", "of no entries the shapes of result or gradients are wrong");
  }
  Computed one;
  {
    const Threads single(1);
    one = compute(call, many, like);
  }
  const Tensor cotangent = fixed_cotangent(one.value);
  // The first and last entries, and some on the way, by themselves.
  for (const std::int64_t entry :
       {std::int64_t{0}, std::int64_t{1}, entries / 3, entries / 2, entries - 2, entries - 1}) {
    std::vector<Tensor> own, leaves;
    Computed part{select(one.value, 0, entry), {}};
    for (std::size_t i = 0; i < many.size(); ++i) {
      own.push_back(which[i] ? select(many[i], 0, entry) : many[i]);
      if (which[i]) leaves.push_back(own[i] = own[i].clone().requires_grad_());
    }
    for (const Tensor& gradient : one.gradients)
      part.gradients.push_back(select(gradient, 0, entry));
    const std::vector<Tensor> outputs = seen.type->call(seen.attributes, own);
    const Tensor y = reshape(joined(outputs, 1), part.value.shape());
    Computed exact{y.detach(), {}};
    if (y.requires_grad())
      exact.gradients =
          grad({y}, leaves, {.grad_outputs = {select(cotangent, 0, entry)}, .allow_unused = true});
    const std::string text = difference(part, exact, 1e-11);
    if (text.empty()) continue;
    battery.found("large", fmt::format("entry {} of {}: {}", entry, entries, text));
    return;
  }
  for (const int threads : {2, 3, 5}) {
    const Threads several(threads);
    if (same_bits(compute(call, many, like), one)) continue;
    battery.found("large", fmt::format("with {} threads the bits are others than with one; {}",
                                       threads, difference(compute(call, many, like), one, 0)));
    return;
  }
}

/// Refuses one block.
class Refusing : public BlockSource {
 public:
  void start(int first) noexcept {
    left_ = first;
    refused_ = false;
    set_block_source(this);
  }
  bool stop() noexcept {
    set_block_source(nullptr);
    return refused_;
  }
  void* acquire(std::size_t bytes, std::size_t alignment) noexcept override {
    if (left_-- == 0) {
      refused_ = true;
      return nullptr;
    }
    return ::operator new(bytes, std::align_val_t(alignment), std::nothrow);
  }
  void release(void* memory, std::size_t, std::size_t alignment) noexcept override {
    ::operator delete(memory, std::align_val_t(alignment));
  }

 private:
  int left_ = 0;
  bool refused_ = false;
};

Refusing& refusing() {
  static Refusing& source = *new Refusing;  // blocks may outlive statics
  return source;
}

}  // namespace

void check_large(const Battery& battery) {
  std::vector<SeenCall> calls;
  {
    SeenCalls seen(battery.op.name);
    battery.example.call(battery.example.inputs);
    calls = std::move(seen.calls);
  }
  for (const SeenCall& call : calls) check_large_call(battery, call);
}

void check_memory(const Battery& battery) {
  const OperatorCase& example = battery.example;
  const auto run = [&] { return compute(example.call, example.inputs, example.inputs); };
  const Computed usual = run();
  Refusing& source = refusing();
  for (int number = 0; number < 10000; ++number) {
    const std::int64_t tensors = live_tensors(), records = live_records();
    bool refused = false, thrown = false;
    try {
      source.start(number);
      const Computed other = run();
      refused = source.stop();
    } catch (const OutOfMemoryError&) {
      refused = source.stop();
      thrown = true;
    } catch (...) {
      source.stop();
      throw;
    }
    if (!refused) return;
    const auto found = [&](const char* text) {
      battery.found("memory", fmt::format("when block {} is refused, {}", number, text));
    };
    if (!thrown) return found("nothing is thrown");
    if (live_tensors() != tensors || live_records() != records)
      return found("tensors or records are left behind");
    if (!same_bits(run(), usual)) return found("the next call gives something else");
  }
}

}  // namespace tapegrad::detail
