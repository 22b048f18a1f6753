#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "autograd/base/threads/parallel.h"
#include "autograd/check/battery.h"
#include "autograd/memory/block_source.h"
#include "autograd/memory/memory.h"
#include "autograd/ops/core/leading.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
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
/// What is not covered where no call of the operator can be repeated.
constexpr const char* kLarge = "large inputs";

/// A call of the operator under test that a case has made.
struct SeenCall {
  const OperatorType* type;
  const void* op;  // of one that is opaque, while its call runs; nullptr else
  std::vector<Attribute> attributes;
  std::vector<Tensor> inputs;

  /// The same on other inputs, of an opaque operator by a copy of its struct.
  std::vector<Tensor> again(const std::vector<Tensor>& in) const {
    return op ? type->repeat(op, in) : type->call(attributes, in);
  }
  /// On inputs of which some have a further first dimension, of so many entries.
  std::vector<Tensor> batched(const std::vector<Tensor>& in, const std::vector<bool>& which,
                              std::int64_t entries) const {
    if (!op) return batched_call(*type, attributes, in, which);
    return type->repeat(op, inputs_at_once(type->leading, {in, which, entries}));
  }
  /// Whether there may be one dimension more.
  bool room() const {
    return std::ranges::none_of(
        inputs, [](const Tensor& input) { return input.defined() && input.dim() == kMaxRank; });
  }
  /// Whether each entry has a call of its own, which says nothing of large inputs: the attribute
  /// `dim` of a number has nothing to count.
  bool looped() const {
    return type->leading <= Leading::loop ||
           (type->leading == Leading::shift && inputs[0].defined() && inputs[0].dim() == 0);
  }
};

void check_large_call(const Battery& battery, const SeenCall& call);

/// Collects those that can be made again afterwards, and checks the others where they stand.
class SeenCalls : Watcher {
 public:
  explicit SeenCalls(const Battery& battery) : battery_(battery) { start(); }
  ~SeenCalls() { stop(); }
  std::vector<SeenCall> calls;
  bool any = false;

 private:
  void call(const OperatorCall& call) override {
    const OperatorType* type = call.type;
    if (!type || call.name != battery_.op.name || !type->has_gradient) return;
    SeenCall seen{type, nullptr, {}, {}};
    for (const Tensor* input : call.inputs)
      seen.inputs.push_back(input->defined() ? input->detach().clone() : Tensor());
    if (type->call) {
      any = true;
      seen.attributes = type->attributes(call.op);
      calls.push_back(std::move(seen));
    } else if (type->repeat && !seen.looped() && type->leading != Leading::own && seen.room()) {
      any = true;
      seen.op = call.op;
      const EnableGrad enable_grad;
      check_large_call(battery_, seen);
    }
  }
  const Battery& battery_;
};

struct Threads {
  explicit Threads(int n) : before(num_threads()) { set_num_threads(n); }
  ~Threads() { set_num_threads(before); }
  int before;
};

/// A call with a further first dimension on its float64 inputs, of numbers near theirs.
class Many {
 public:
  explicit Many(const SeenCall& call) : call_(call) {
    std::int64_t largest = 0;
    for (const Tensor& input : call.inputs) {
      which_.push_back(input.defined() && input.dtype() == float64);
      like_.push_back(which_.back() ? zeros({}, float64).requires_grad_() : Tensor());
      if (which_.back()) largest = std::max(largest, input.numel());
    }
    if (largest > 0)
      entries_ = call.looped() ? kEntriesOfLoop : std::max<std::int64_t>(3, kElements / largest);
    inputs_ = inputs_of(entries_);
  }

  /// How many; 0 where the call has nothing to have many of.
  std::int64_t entries() const { return entries_; }

  Computed all() const { return at_once(inputs_, entries_); }

  /// Entry `entry` by itself; `cotangent` is that of all.
  Computed alone(std::int64_t entry, const Tensor& cotangent) const {
    std::vector<Tensor> own = inputs_, leaves;
    for (std::size_t i = 0; i < own.size(); ++i)
      if (which_[i]) leaves.push_back(own[i] = select(own[i], 0, entry).clone().requires_grad_());
    const Tensor g = select(cotangent, 0, entry);
    const Tensor y = reshape(joined(call_.again(own), 1), g.shape());
    Computed computed{y.detach(), {}};
    if (y.requires_grad())
      computed.gradients = grad({y}, leaves, {.grad_outputs = {g}, .allow_unused = true});
    return computed;
  }

  /// True if of no entries the result and the gradients have the right shapes.
  bool right_without_entries() const {
    const std::vector<Tensor> inputs = inputs_of(0);
    const Computed none = at_once(inputs, 0);
    bool right = none.value.dim() > 0 && none.value.shape()[0] == 0;
    std::size_t leaf = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (which_[i]) right = right && none.gradients[leaf++].shape() == inputs[i].shape();
    return right;
  }

 private:
  std::vector<Tensor> inputs_of(std::int64_t entries) const {
    Generator generator(7);
    std::vector<Tensor> many = call_.inputs;
    for (std::size_t i = 0; i < many.size(); ++i) {
      if (!which_[i]) continue;
      Shape shape = many[i].shape();
      shape.insert(0, entries);
      many[i] = many[i] * (1 + 1e-3 * rand(shape, float64, generator));
    }
    return many;
  }

  Computed at_once(const std::vector<Tensor>& inputs, std::int64_t entries) const {
    const auto f = [&](const std::vector<Tensor>& in) {
      return joined(call_.batched(in, which_, entries), entries);
    };
    return compute(f, inputs, like_);
  }

  /// Several outputs as one, of so many rows.
  static Tensor joined(const std::vector<Tensor>& outputs, std::int64_t rows) {
    if (outputs.size() == 1) return outputs[0];
    std::vector<Tensor> flat;
    for (const Tensor& output : outputs)
      if (output.dtype() == float64)
        flat.push_back(reshape(output, {rows, rows == 0 ? 1 : output.numel() / rows}));
    return cat(flat, 1);
  }

  const SeenCall& call_;
  std::vector<bool> which_;   // inputs that have the dimension
  std::vector<Tensor> like_;  // a variable for each of them
  std::int64_t entries_ = 0;
  std::vector<Tensor> inputs_;
};

/// Whether several threads compute the same bits as one, which has computed `one`.
template <class Run>
bool same_with_threads(const Battery& battery, const Computed& one, const Run& run) {
  for (const int threads : {2, 3, 5}) {
    const Threads several(threads);
    const Computed other = run();
    if (same_bits(other, one)) continue;
    battery.found("large", fmt::format("with {} threads the bits are others than with one; {}",
                                       threads, difference(other, one, 0)));
    return false;
  }
  return true;
}

template <class Run>
Computed with_one_thread(const Run& run) {
  const Threads single(1);
  return run();
}

void check_large_call(const Battery& battery, const SeenCall& call) {
  const Many many(call);
  const std::int64_t entries = many.entries();
  if (entries == 0) return;
  if (!many.right_without_entries())
    battery.found("large", "of no entries the shapes of result or gradients are wrong");
  const auto run = [&] { return many.all(); };
  const Computed one = with_one_thread(run);
  const Tensor cotangent = fixed_cotangent(one.value);
  for (const std::int64_t entry :
       {std::int64_t{0}, std::int64_t{1}, entries / 3, entries / 2, entries - 2, entries - 1}) {
    Computed part{select(one.value, 0, entry), {}};
    for (const Tensor& gradient : one.gradients)
      part.gradients.push_back(select(gradient, 0, entry));
    const std::string text = difference(part, many.alone(entry, cotangent), 1e-11);
    if (text.empty()) continue;
    return battery.found("large", fmt::format("entry {} of {}: {}", entry, entries, text));
  }
  same_with_threads(battery, one, run);
}

/// Whether a case has enough for several threads by itself.
bool is_large(const OperatorCase& example) {
  return std::ranges::any_of(example.inputs, [](const Tensor& input) {
    return input.defined() && input.numel() >= kernels::kElementsWorthThreads;
  });
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
  const OperatorCase& example = battery.example;
  if (is_large(example)) {
    const auto run = [&] { return compute(example.call, example.inputs, example.inputs); };
    if (!same_with_threads(battery, with_one_thread(run), run)) return;
  }
  std::vector<SeenCall> calls;
  bool any = std::ranges::any_of(battery.op.cases, is_large);
  {
    SeenCalls seen(battery);
    (void)example.call(example.inputs);
    calls = std::move(seen.calls);
    any |= seen.any;
  }
  for (const SeenCall& call : calls) check_large_call(battery, call);
  std::vector<std::string>& not_covered = battery.result.not_covered;
  if (!any && std::ranges::find(not_covered, kLarge) == not_covered.end())
    not_covered.push_back(kLarge);
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
