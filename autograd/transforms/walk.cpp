#include "autograd/transforms/walk.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "autograd/base/fail.h"
#include "autograd/base/threads/thread_kept.h"
#include "autograd/ops/core/elementwise.h"
#include "autograd/tape/record.h"
#include "autograd/tape/retained.h"
#include "autograd/tape/trace.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/tensor/require.h"
#include "autograd/transforms/claims.h"
#include "autograd/transforms/companions.h"
#include "autograd/transforms/cotangent.h"
#include "autograd/transforms/leaf_gradients.h"
#include "autograd/transforms/region.h"
#include "autograd/transforms/tape_order.h"
#include "autograd/transforms/targets.h"

namespace tapegrad::detail {

namespace {

[[noreturn]] void fail_rule(const Record& record, int input, const Tensor& result,
                            const Shape& expected) {
  fail<GradError>(
      "backward: the rule of '{}' ({}) for its input {} returned {}; it must return a "
      "floating-point gradient that fits the input's shape {}",
      record.name(), record.output_text(), input,
      result.defined()
          ? fmt::format("a tensor of shape {} and type {}", result.shape(), result.dtype())
          : "an undefined tensor",
      expected);
}

/// The gradient that a rule of `record` returned for `input`, where it has not the shape and type
/// of the input: fitted to them.
[[gnu::noinline]] Tensor fitted_cotangent(const Record& record, int input, const Tensor& returned,
                                          const Edge& edge) {
  if (!returned.defined() || !is_floating_point(returned.dtype()))
    fail_rule(record, input, returned, edge.shape());
  try {
    Tensor fitted = fit_cotangent(returned, edge.shape(), edge.dtype());
    // A rule that lost elements, as by a sum() too many, would give wrong gradients in silence.
    if (record.spreads || fitted.numel() == edge.shape_ref().numel()) return fitted;
  } catch (const ShapeError&) {
  }
  fail_rule(record, input, returned, edge.shape());
}

/// One walk over the tape, from its roots in reverse order of recording: `discover` finds the
/// records, `visit_all` has each hand the cotangents of its inputs on, and `add_to_gradients`
/// leaves the sums at the leaves. Without recursion and in time linear in records, inputs and
/// outputs.
///
/// Nothing is left behind by an error: what can be wrong with a graph is found before anything of
/// it is released (of a long tape, thousands of records ahead), and leaves get their gradients at
/// the end, by what cannot fail.
class Walk {
 public:
  explicit Walk(WalkMode mode)
      : retain_(mode.retain_graph || mode.create_graph),
        create_(mode.create_graph),
        readable_(create_ || CompanionMode::any()) {}
  ~Walk() {
    claims_.give_back();
    leave_all(done_);
    lists_.targets.clear();
    order_->end();
  }

  /// Asks for the cotangents of `inputs`; without this call leaves collect theirs.
  void capture(const std::vector<Tensor>& inputs) {
    capturing_ = true;
    inputs_ = &inputs;
    lists_.asked.clear();
    lists_.asked.reserve(inputs.size());
    for (const Tensor& input : inputs) {
      const void* key = key_of(input);
      Target* target = lists_.targets.find(key);
      if (!target) (target = &lists_.targets.add(key))->owner = input;
      lists_.asked.push_back(lists_.targets.index_of(*target));
    }
  }

  void run(std::span<const Root> roots) {
    begin(roots);
    discover(capturing_ ? kAll : kAhead);
    if (capturing_) {
      mark_captured();
      mark_wanted();
    }
    hand_out(roots);
    do {
      visit_all();
      order_->met().resize(visited_ = left_);  // the others are gone
    } while (discover(visited_ + kAhead));
    if (capturing_) return;
    add_to_gradients(lists_.targets.list(), create_, readable_);
    done_ = true;
    if (watched()) [[unlikely]]
      announce_sums();
  }

  /// What has arrived at the inputs, in their order.
  std::vector<Tensor> take_results(bool allow_unused) {
    const std::vector<Tensor>& inputs = *inputs_;
    std::vector<Tensor> results;
    results.reserve(inputs.size());
    for (const std::uint32_t index : lists_.asked)
      results.push_back(lists_.targets.list()[index].sum);
    lists_.targets.clear();  // so that what only one input has is its own
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (results[i].defined()) {
        results[i] = own_cotangent(std::move(results[i]), inputs[i].shape());
        if (!create_) note_walk(*impl_of(results[i]));
      } else if (allow_unused) {
        results[i] = zero_cotangent(inputs[i].shape(), inputs[i].dtype());
      } else {
        fail<GradError>(
            "grad: the outputs do not depend on input {} of shape {}; pass allow_unused = true to "
            "get zeros for it",
            i, inputs[i].shape());
      }
    }
    done_ = true;
    return results;
  }

 private:
  /// How many records are found and checked before they are visited. Most training steps are
  /// shorter; of a long tape it is what a processor keeps at hand, so that memory is read once.
  static constexpr std::size_t kAhead = 2048, kAll = std::numeric_limits<std::size_t>::max();

  /// What a walk lists. Kept for the next walk of the thread, so that a steady training step
  /// allocates nothing.
  struct Lists {
    TapeOrder order;
    Targets targets;
    std::vector<std::uint32_t> asked;  // the target of each input; two may have one
    bool taken = false;                // by a walk that runs
  };

  /// What the target of an input of `grad` is found by.
  static const void* key_of(const Tensor& input) noexcept {
    const Impl* impl = impl_of(input);
    const Record* record = record_of(*impl);
    return record ? static_cast<const void*>(record) : impl;
  }

  /// Lists `record`, if it is not listed yet.
  [[gnu::always_inline]] void meet(Record& record) {
    if (claims_.have(record)) return;
    Record** place = order_->place_for(record);
    claims_.take(record);
    record.wanted = !capturing_;
    record.captured = false;
    order_->put(record, place);
  }

  /// Meets what made the roots.
  void begin(std::span<const Root> roots) {
    TapeOrder& order = *order_;
    std::uint64_t latest = 0;
    const auto made_by = [](const Root& root) { return record_of(*impl_of(root.output)); };
    for (const Root& root : roots)
      if (const Record* record = made_by(root)) latest = std::max(latest, record->sequence);
    order.begin(latest);
    for (const Root& root : roots)
      if (Record* record = made_by(root)) meet(*record);
  }

  /// Finds records behind the roots, latest first, until `count` have been met. False when there
  /// are no more.
  bool discover(std::size_t count) {
    TapeOrder& order = *order_;
    while (order.met().size() < count) {
      const Record* record = order.next();
      if (!record) break;
      if (!capturing_) record->check();
      for (const Edge& edge : record->edges())
        if (Record* before = edge.record()) meet(*before);
    }
    return order.met().size() > visited_;
  }

  /// Marks the records of the inputs asked for.
  void mark_captured() {
    for (const Tensor& input : *inputs_) {
      Record* record = record_of(*impl_of(input));
      if (record && claims_.have(*record)) record->captured = true;
    }
  }
  /// Marks the records that lie between the roots and one of these, and checks them.
  void mark_wanted() {
    const std::vector<Record*>& met = order_->met();
    for (std::size_t i = met.size(); i-- > 0;) {
      Record& record = *met[i];
      for (const Edge& edge : record.edges()) {
        if (wants(edge)) {
          record.wanted = true;
          break;
        }
      }
    }
    for (Record* record : met) {
      // What was released has lost its edges, so nobody can say whether it was wanted.
      if (record->wanted || (record->released && !record->captured)) record->check();
    }
  }

  bool wants(const Edge& edge) {
    if (!edge) return false;
    if (!capturing_) return true;
    if (const Record* record = edge.record()) return record->wanted || record->captured;
    return lists_.targets.find(edge.leaf()) != nullptr;
  }

  /// Gives the roots their cotangents; from here on rules run.
  void hand_out(std::span<const Root> roots) {
    for (const Root& root : roots) {
      const Edge edge(root.output);
      if (wants(edge)) add_to(arrived_at(edge), root.seed, edge.shape_ref());
    }
    set_grad_enabled(create_);
  }

  /// Visits what has been found, and releases what nothing needs any more.
  void visit_all() {
    for (std::vector<Record*>& met = order_->met(); visited_ < met.size();) {
      Record& record = *met[visited_];
      visit(record);
      ++visited_;
      if (!retain_ && record.wanted) {
        if (record.refs.load() == 1) {  // nobody else has it, nor can find it
          destroy_record(&record);
          continue;
        }
        record.release_graph();
      }
      met[left_++] = &record;
    }
  }

  void visit(Record& record) {
    if (!record.cotangent.defined()) return;
    Tensor gradient = std::move(record.cotangent);
    if (record.captured)
      lists_.targets.find(&record)->sum = dense_cotangent(gradient, record.shape());
    if (record.retains && !capturing_) [[unlikely]]
      keep_gradient(record, gradient);
    if (!record.wanted) return;
    if (record.released) record.check();  // by a walk that a rule started
    thread_tape.scope = record.scope;     // errors in a rule name it
    if (record.several) {
      gradient = {};
    } else if (!record.elementwise && impl_of(gradient)->shape_ref != record.shape_ref) {
      gradient = dense_cotangent(gradient, record.shape());
    }
    if (record.port) return hand_on(static_cast<const Port&>(record), std::move(gradient));
    if (record.several) {
      if (Region* region = as_region(record)) [[unlikely]]
        return walk_again(*region);
    }
    const std::span<Edge> edges = record.edges();
    std::size_t first = 0;
    while (first < edges.size() && !wants(edges[first])) ++first;
    for (std::size_t i = edges.size(); i-- > first;) {
      if (!wants(edges[i])) continue;
      const auto input = static_cast<int>(i);
      if (watched()) [[unlikely]]
        run_watched_rule(record, edges[i], input, i == first, gradient);
      else
        run_rule(record, edges[i], input, i == first, gradient);
    }
    for (Tensor& part : parts_of(record)) part = {};
  }

  /// For the output of `record`, if there is a handle of it: the last one may be going at this
  /// moment, on another thread.
  [[gnu::noinline, gnu::cold]] void keep_gradient(const Record& record, const Tensor& gradient) {
    Impl* output = retained_output(record);
    if (!output->handles.increment_if_any()) return;
    const Tensor held = adopt(output);
    add_to(target_of(output).sum, gradient, record.shape_ref);
  }

  [[gnu::noinline, gnu::cold]] void run_watched_rule(Record& record, const Edge& edge, int input,
                                                     bool last, Tensor& gradient) {
    const Blamed blamed(record);
    OperatorCall call{record.name(), nullptr, &record, {}};
    const Tensor* const seen[] = {&gradient, &arrived_at(edge)};
    call.inputs = seen;
    call.rule = input;
    (void)watched_call(call, [&] {
      if (Door::alters(call))
        hand_back(record, edge, input,
                  Door::altered(call, record.vjp(input, gradient, readable_), readable_));
      else
        run_rule(record, edge, input, last, gradient);
      return arrived_at(edge);
    });
  }

  [[gnu::noinline, gnu::cold]] void announce_sums() {
    for (const Target& target : lists_.targets.list())
      if (target.sum.defined() && target.in_place) Door::collected(target.owner, target.sum);
  }

  /// Hands the cotangent of input `input` on, the `last` that is computed from `gradient`.
  [[gnu::always_inline]] void run_rule(Record& record, const Edge& edge, int input, bool last,
                                       Tensor& gradient) {
    const ShapeRef& target = edge.shape_ref();
    const DType dtype = edge.dtype();
    const bool same_shape = target == record.shape_ref;
    Tensor& arrived = arrived_at(edge);
    if (!readable_ &&
        (record.adds || (record.elementwise && same_shape && dtype == record.dtype))) {
      // Added to what is there already, or, at last, written over the gradient.
      Impl* sum = impl_of(arrived);
      if (sum && sum->shape_ref == target && sum->unique() &&
          (record.elementwise || sum->dtype == gradient.dtype()) &&
          record.vjp_into(input, gradient, sum, true))
        return;
      if (!sum && last && record.elementwise && impl_of(gradient)->shape_ref == target &&
          impl_of(gradient)->unique() &&
          record.vjp_into(input, gradient, impl_of(gradient), false)) {
        arrived = std::move(gradient);
        return;
      }
    }
    hand_back(record, edge, input,
              allocating_for([&] { return record.name(); },
                             [&] { return record.vjp(input, gradient, readable_); }));
  }

  /// Adds what the rule of input `input` returned, fitted to it, to what has arrived there.
  [[gnu::always_inline]] void hand_back(Record& record, const Edge& edge, int input,
                                        Tensor cotangent) {
    if (record.released) [[unlikely]]
      record.check();  // by a walk that the rule started
    const ShapeRef& target = edge.shape_ref();
    const DType dtype = edge.dtype();
    if (record.elementwise) {
      if (cotangent.dtype() != dtype || target != record.shape_ref)
        cotangent = reduce_cotangent(cotangent, record.shape(), target.sizes(), dtype);
    } else if (!cotangent.defined() || cotangent.dtype() != dtype ||
               impl_of(cotangent)->shape_ref != target || impl_of(cotangent)->has(Impl::kNumber)) {
      cotangent = fitted_cotangent(record, input, cotangent, edge);
    }
    add_to(arrived_at(edge), std::move(cotangent), target);
  }

  /// Walks what `region` stands for, from its outputs to what it read from outside, where the
  /// cotangents are those of this walk.
  [[gnu::noinline, gnu::cold]] void walk_again(Region& region) {
    Within within(*this);
    std::vector<Root> roots = region.again(create_);
    begin(roots);
    discover(kAll);
    for (const Record* record : order_->met())
      if (record->sequence <= region.before)
        fail<GradError>(
            "{}: when it was computed again, it read '{}' ({}), which it did not read the first "
            "time; what a function captures must be the same tensors until the last backward()",
            region.name(), record->name(), record->output_text());
    if (capturing_) mark_wanted();
    hand_out(roots);
    roots.clear();  // whoever visits them has them alone
    visit_all();
    within.whole = true;
    if (!retain_) region.forget();
    (void)region.take_cotangents();  // of what led back to the region itself
    region.cotangent = {};
  }

  /// The cotangent of one of several outputs, to the record of their call.
  static void hand_on(const Port& port, Tensor gradient) {
    Record& call = *port.edge(0).record();
    call.parts()[static_cast<std::size_t>(port.output_index)] = gradient;
    call.cotangent = std::move(gradient);  // something has arrived
  }

  /// What has arrived so far where `edge`, which is wanted, leads.
  [[gnu::always_inline]] Tensor& arrived_at(const Edge& edge) {
    if (Record* record = edge.record()) return record->cotangent;
    return target_of(edge.leaf()).sum;
  }
  /// The target of a leaf, or of an output that keeps its gradient.
  [[gnu::always_inline]] Target& target_of(Impl* owner) {
    if (Target* known = lists_.targets.find(owner)) return *known;
    Target& target = lists_.targets.add(owner);
    target.owner = share(owner);
    return target;
  }

  /// Adds a cotangent to what has arrived for something of `shape`.
  [[gnu::always_inline]] void add_to(Tensor& arrived, Tensor cotangent, const ShapeRef& shape) {
    arrived = arrived.defined()
                  ? add_cotangents(std::move(arrived), cotangent, shape.sizes(), readable_)
                  : std::move(cotangent);
  }

  /// Takes back what is noted in records that this walk has met and not left yet.
  /// `whole`: no error came.
  void leave_all(bool whole) noexcept {
    std::vector<Record*>& met = order_->met();
    for (std::size_t i = 0; i < left_; ++i) {
      // Released by this walk before an error came, so that nobody can walk it again.
      if (!whole && met[i]->released && met[i]->wanted && !retain_) met[i]->interrupted = true;
      claims_.leave(*met[i]);
    }
    for (std::size_t i = visited_; i < met.size(); ++i) claims_.leave(*met[i]);
    order_->for_waiting([&](Record& record) { claims_.leave(record); });
  }

  /// While it lives, the walk is among the records of a region.
  class Within {
   public:
    explicit Within(Walk& walk) noexcept
        : walk_(walk),
          order_(std::exchange(walk.order_, &inner_)),
          visited_(std::exchange(walk.visited_, 0)),
          left_(std::exchange(walk.left_, 0)) {}
    Within(const Within&) = delete;
    Within& operator=(const Within&) = delete;
    ~Within() {
      walk_.leave_all(whole);
      walk_.order_ = order_;
      walk_.visited_ = visited_;
      walk_.left_ = left_;
    }

    bool whole = false;  ///< it has been walked to its end

   private:
    Walk& walk_;
    TapeOrder inner_;
    TapeOrder* const order_;
    const std::size_t visited_, left_;
  };

  bool retain_;
  bool create_;
  bool readable_;  // by rules that are written with operators, which forward mode sees
  bool capturing_ = false;
  bool done_ = false;
  Claims claims_;
  const std::vector<Tensor>* inputs_ = nullptr;
  const kernels::Borrowed<Lists> borrowed_;
  Lists& lists_ = *borrowed_;
  TapeOrder* order_ = &lists_.order;
  std::size_t visited_ = 0;  // how many of those met have been visited,
  std::size_t left_ = 0;     // and how many of these still exist; they stand first
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
                            WalkMode mode, bool allow_unused) {
  const KeepTape keep;
  Walk walk(mode);
  walk.capture(inputs);
  walk.run(roots);
  return walk.take_results(allow_unused);
}

}  // namespace tapegrad::detail
