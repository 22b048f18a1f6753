#include "autograd/transforms/walk.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/base/threads/thread_kept.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/tape/record.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/tensor/require.h"
#include "autograd/transforms/cotangent.h"

namespace tapegrad::detail {

void note_walk(Impl& gradient) noexcept {
  const unsigned others = gradient.flags.load(std::memory_order_relaxed) & ~Impl::kCuts;
  gradient.flags.store(static_cast<std::uint8_t>(others | Impl::kCutByWalk),
                       std::memory_order_relaxed);
}

namespace {

[[noreturn]] void fail_rule(const Record& record, std::uint32_t input, const Tensor& result,
                            const Shape& expected) {
  fail<GradError>(
      "backward: the rule of '{}' ({}) for its input {} returned {}; it must return a "
      "floating-point gradient that fits the input's shape {}",
      record.name(), record.output_text(), input,
      result.defined() ? fmt::format("a {} tensor of shape {}", result.dtype(), result.shape())
                       : "an undefined tensor",
      expected);
}

/// The gradient that a rule of `record` returned for `input`, where it has not the shape and type
/// of the input: fitted to them.
[[gnu::noinline]] Tensor fitted_cotangent(const Record& record, std::uint32_t input,
                                          const Tensor& returned, const Edge& edge) {
  if (!returned.defined() || !is_floating_point(returned.dtype()))
    fail_rule(record, input, returned, edge.shape());
  try {
    return fit_cotangent(returned, edge.shape(), edge.dtype());
  } catch (const ShapeError&) {
    fail_rule(record, input, returned, edge.shape());
  }
}

/// One walk over the tape, from its roots in reverse order of recording.
///
/// First everything that can go wrong is checked, so that an error leaves all gradients as they
/// were; then each record hands the cotangents of its inputs on. Without recursion and in time
/// linear in the records (times a logarithm, where the graph is not found in order).
///
/// What a walk notes in the records it takes back at its end. A rule may start a walk of its own,
/// even over records of the walk that called it: what these had noted is put aside meanwhile.
class Walk {
 public:
  explicit Walk(WalkMode mode)
      : retain_(mode.retain_graph || mode.create_graph), create_(mode.create_graph) {}
  ~Walk() {
    auto& [order, sharing] = lists_;
    for (Record* record : order) {
      if (!record) continue;
      record->notes = {};
      for (Tensor& part : parts_of(*record)) part = {};
      release_record(record);
    }
    for (PutAside& before : put_aside_) {
      before.record->notes = std::move(before.notes);
      std::move(before.parts.begin(), before.parts.end(), parts_of(*before.record).begin());
    }
    // Only after an error: what another tensor still shows must not be taken for a leaf's own.
    for (Tensor& leaf : sharing) leaf.zero_grad();
    order.clear();
    sharing.clear();
    if (Lists* kept = kernels::kept_by_thread<Lists>(); kept && order.capacity() < kKeep)
      *kept = std::move(lists_);
  }

  /// Asks for the cotangents of `inputs`; without this call leaves collect theirs.
  void capture(const std::vector<Tensor>& inputs) {
    capturing_ = true;
    inputs_ = &inputs;
    results_.resize(inputs.size());
  }

  void run(std::span<const Root> roots) {
    discover(roots);
    if (capturing_) mark_wanted();
    check();
    for (const Root& root : roots) deliver(root.output, root.seed);
    set_grad_enabled(create_);
    for (Record*& record : lists_.order) {
      visit(*record);
      if (retain_ || !record->notes.wanted) continue;
      if (record->refs.load() == 1)
        release_record(std::exchange(record, nullptr));  // nobody else has it
      else
        record->release_graph();
    }
    for (auto& sharing = lists_.sharing; !sharing.empty(); sharing.pop_back()) {
      Impl*& grad = impl_of(sharing.back())->grad;
      if (!grad) continue;
      if (!grad->unique()) release(std::exchange(grad, leak(share(grad).clone())));
      if (!create_) note_walk(*grad);
    }
  }

  std::vector<Tensor> take_results() { return std::move(results_); }

 private:
  static constexpr std::size_t kKeep = 1 << 16;

  /// What a walk lists. Kept for the next walk of the thread, so that a steady training step
  /// allocates nothing.
  struct Lists {
    std::vector<Record*> order;   // latest first
    std::vector<Tensor> sharing;  // leaves whose gradient is also shown by another tensor
  };

  /// What another walk has noted in a record, this one's caller.
  struct PutAside {
    Record* record;
    Record::Notes notes;
    std::vector<Tensor> parts;
  };

  static std::span<Tensor> parts_of(Record& record) noexcept {
    return record.several ? record.parts() : std::span<Tensor>();
  }

  void put_aside(Record& record) {
    const std::span<Tensor> parts = parts_of(record);
    put_aside_.push_back(
        {&record,
         std::move(record.notes),
         {std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end())}});
  }

  /// Lists `record`, if there is one and it is not listed yet.
  [[gnu::always_inline]] void meet(Record* record) {
    if (!record || record->notes.walk == this) return;
    if (record->notes.walk) put_aside(*record);
    record->notes.walk = this;
    record->notes.wanted = !capturing_;
    record->notes.capture = -1;
    record->refs.increment();
    lists_.order.push_back(record);
  }

  /// Collects every record behind the roots, latest first.
  void discover(std::span<const Root> roots) {
    if (Lists* kept = kernels::kept_by_thread<Lists>()) lists_ = std::move(*kept);
    std::vector<Record*>& order = lists_.order;
    for (const Root& root : roots) meet(record_of(*impl_of(root.output)));
    bool sorted = true;
    for (std::size_t next = 0; next < order.size(); ++next) {
      Record* record = order[next];
      for (std::uint32_t i = 0; i < record->input_count; ++i) meet(record->edges[i].record());
      sorted &= next == 0 || order[next - 1]->sequence > record->sequence;
    }
    if (!sorted) {
      std::sort(order.begin(), order.end(),
                [](const Record* a, const Record* b) { return a->sequence > b->sequence; });
    }
  }

  /// Index among the inputs asked for, or -1.
  std::int64_t wanted_index(const Impl* leaf) const {
    for (std::size_t i = 0; i < inputs_->size(); ++i) {
      if (impl_of((*inputs_)[i]) == leaf) return static_cast<std::int64_t>(i);
    }
    return -1;
  }

  /// Marks the records that lie between the roots and an input asked for.
  void mark_wanted() {
    for (std::size_t i = 0; i < inputs_->size(); ++i) {
      Record* record = record_of(*impl_of((*inputs_)[i]));
      if (record && record->notes.walk == this && record->notes.capture < 0)
        record->notes.capture = static_cast<std::int32_t>(i);
    }
    for (std::size_t i = lists_.order.size(); i-- > 0;) {
      Record& record = *lists_.order[i];
      for (std::uint32_t k = 0; k < record.input_count && !record.notes.wanted; ++k) {
        const Edge& edge = record.edges[k];
        if (Record* before = edge.record()) {
          record.notes.wanted = before->notes.wanted || before->notes.capture >= 0;
        } else if (edge) {
          record.notes.wanted = wanted_index(edge.leaf()) >= 0;
        }
      }
    }
  }

  void check() const {
    for (Record* record : lists_.order) {
      // What was released has lost its edges, so nobody can say whether it was wanted.
      if (record->notes.wanted || (record->released && record->notes.capture < 0)) record->check();
    }
  }

  bool wants(const Edge& edge) const {
    if (!edge) return false;
    if (!capturing_) return true;
    if (Record* record = edge.record()) return record->notes.wanted || record->notes.capture >= 0;
    return wanted_index(edge.leaf()) >= 0;
  }

  void visit(Record& record) {
    if (!record.notes.cotangent.defined()) return;
    Tensor gradient = std::move(record.notes.cotangent);
    if (record.notes.capture >= 0) {
      results_[static_cast<std::size_t>(record.notes.capture)] =
          dense_cotangent(gradient, record.shape);
    }
    if (record.retainer && record.retainer->handles.load() > 0 && !capturing_)
      accumulate(record.retainer, gradient);
    if (!record.notes.wanted) return;
    if (record.released) record.check();  // by a walk that a rule started
    thread_tape.scope = record.scope;     // errors in a rule name it
    if (record.several) {
      gradient = {};
    } else if (!record.elementwise && gradient.shape() != record.shape) {
      gradient = dense_cotangent(gradient, record.shape);
    }
    if (record.port) return hand_on(static_cast<const Port&>(record), std::move(gradient));
    std::uint32_t first = 0;
    while (first < record.input_count && !wants(record.edges[first])) ++first;
    for (std::uint32_t i = record.input_count; i-- > first;) {
      if (!wants(record.edges[i])) continue;
      if (watched()) [[unlikely]]
        run_watched_rule(record, i, i == first, gradient);
      else
        run_rule(record, i, i == first, gradient);
    }
    for (Tensor& part : parts_of(record)) part = {};
  }

  [[gnu::noinline, gnu::cold]] void run_watched_rule(Record& record, std::uint32_t i, bool last,
                                                     Tensor& gradient) {
    const Tensor* const input = &gradient;
    watched_call({record.name(), nullptr, nullptr, {&input, 1}},
                 [&] { run_rule(record, i, last, gradient); });
  }

  /// Hands the cotangent of input `i` on, the `last` that is computed from `gradient`.
  [[gnu::always_inline]] void run_rule(Record& record, std::uint32_t i, bool last,
                                       Tensor& gradient) {
    const Edge& edge = record.edges[i];
    const Shape& target = edge.shape();
    const DType dtype = edge.dtype();
    if (!create_ && record.elementwise && target == record.shape && dtype == record.dtype) {
      // Added to what is there already, or, at last, written over the gradient.
      Impl* sum = waiting_at(edge);
      if (sum && sum->shape == target && sum->unique() &&
          record.vjp_into(static_cast<int>(i), gradient, sum, true))
        return;
      if (!sum && last && gradient.shape() == target && impl_of(gradient)->unique() &&
          record.vjp_into(static_cast<int>(i), gradient, impl_of(gradient), false))
        return deliver(edge, std::move(gradient));
    } else if (record.adds && !create_) {
      Impl* sum = waiting_at(edge);
      if (sum && sum->dtype == gradient.dtype() && sum->shape == target && sum->unique() &&
          record.vjp_into(static_cast<int>(i), gradient, sum, true))
        return;
    }
    Tensor cotangent =
        allocating_for([&] { return record.name(); },
                       [&] { return record.vjp(static_cast<int>(i), gradient, create_); });
    if (record.released) [[unlikely]]
      record.check();  // by a walk that the rule started
    if (record.elementwise) {
      if (cotangent.dtype() != dtype || target != record.shape)
        cotangent = reduce_cotangent(cotangent, record.shape, target, dtype);
    } else if (!cotangent.defined() || cotangent.dtype() != dtype || cotangent.shape() != target ||
               impl_of(cotangent)->has(Impl::kNumber)) {
      cotangent = fitted_cotangent(record, i, cotangent, edge);
    }
    deliver(edge, std::move(cotangent));
  }

  /// The cotangent of one of several outputs, to the record of their call.
  static void hand_on(const Port& port, Tensor gradient) {
    Record& call = *port.edge.record();
    call.parts()[static_cast<std::size_t>(port.output_index)] = gradient;
    call.notes.cotangent = std::move(gradient);  // something has arrived
  }

  /// What has arrived so far where `edge` leads, or nullptr.
  Impl* waiting_at(const Edge& edge) const {
    if (const Record* record = edge.record()) return impl_of(record->notes.cotangent);
    if (!capturing_) return edge.leaf()->grad;
    return impl_of(results_[static_cast<std::size_t>(wanted_index(edge.leaf()))]);
  }

  void deliver(const Tensor& output, const Tensor& seed) {
    Edge edge;
    edge.connect(output);
    deliver(edge, seed);
  }

  void deliver(const Edge& edge, Tensor cotangent) {
    if (Record* record = edge.record()) {
      record->notes.cotangent = record->notes.cotangent.defined()
                                    ? add_cotangents(std::move(record->notes.cotangent), cotangent,
                                                     record->shape, create_)
                                    : std::move(cotangent);
      return;
    }
    Impl* leaf = edge.leaf();
    if (!leaf) return;
    if (!capturing_) {
      accumulate(leaf, std::move(cotangent));
      return;
    }
    const std::int64_t index = wanted_index(leaf);
    if (index < 0) return;
    Tensor& result = results_[static_cast<std::size_t>(index)];
    result = result.defined() ? add_cotangents(std::move(result), cotangent, leaf->shape, create_)
                              : std::move(cotangent);
  }

  /// Adds to the `grad()` of a tensor. Each gets a buffer of its own: at the end of the walk, since
  /// most that share one by then are alone with it.
  void accumulate(Impl* target, Tensor cotangent) {
    if (target->grad && target->grad->dtype != target->dtype)
      fail<DTypeError>(
          "backward: the gradient of a tensor of shape {} was converted to {}, but the tensor is "
          "{}; drop it with zero_grad(), or convert the tensor itself with to_()",
          target->shape, target->grad->dtype, target->dtype);
    if (target->grad && !create_ && target->grad->unique())
      return add_into(target->grad, cotangent);
    if (target->grad)
      cotangent = add_cotangents(share(target->grad), cotangent, target->shape, create_);
    cotangent = dense_cotangent(cotangent, target->shape);
    if (!impl_of(cotangent)->unique())
      lists_.sharing.push_back(share(target));
    else if (!create_)
      note_walk(*impl_of(cotangent));
    release(std::exchange(target->grad, leak(std::move(cotangent))));
  }

  bool retain_;
  bool create_;
  bool capturing_ = false;
  const std::vector<Tensor>* inputs_ = nullptr;
  std::vector<Tensor> results_;
  Lists lists_;
  std::vector<PutAside> put_aside_;
};

/// Restores what the walk changes of the thread's tape, also when a rule throws.
struct KeepTape {
  bool recording = grad_enabled();
  const char* scope = thread_tape.scope;
  PhaseScope phase{Phase::backward};
  ~KeepTape() {
    thread_tape.recording = recording;
    thread_tape.scope = scope;
  }
};

}  // namespace

void walk_to_leaves(std::span<const Root> roots, WalkMode mode) {
  const KeepTape keep;
  Walk(mode).run(roots);
}

std::vector<Tensor> walk_to(const std::vector<Tensor>& inputs, std::span<const Root> roots,
                            WalkMode mode) {
  const KeepTape keep;
  Walk walk(mode);
  walk.capture(inputs);
  walk.run(roots);
  return walk.take_results();
}

}  // namespace tapegrad::detail
