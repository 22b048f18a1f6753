#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>

#include "autograd/tape/no_grad.h"
#include "autograd/tape/reads.h"
#include "autograd/tensor/tensor.h"

// Internal: one entry of the tape. Programs see records through `records()` in graph/graph.h.

namespace tapegrad::detail {

struct Record;

/// Where a cotangent goes: a record, a leaf, or nowhere. One tagged pointer that owns a reference.
class Edge {
 public:
  Edge() noexcept = default;
  Edge(const Edge&) = delete;
  Edge& operator=(const Edge&) = delete;
  ~Edge() { reset(); }

  /// Points at what made `tensor`, or at `tensor` if it is a leaf that requires a gradient.
  inline void connect(const Tensor& tensor) noexcept;
  inline void connect(Record& record) noexcept;
  void reset() noexcept;

  explicit operator bool() const noexcept { return bits_ != 0; }
  Record* record() const noexcept {
    return bits_ & kLeaf ? nullptr : reinterpret_cast<Record*>(bits_);
  }
  Impl* leaf() const noexcept {
    return bits_ & kLeaf ? reinterpret_cast<Impl*>(bits_ & ~kLeaf) : nullptr;
  }
  /// Shape and type of the tensor it stands for.
  inline const Shape& shape() const noexcept;
  inline DType dtype() const noexcept;

 private:
  static constexpr std::uintptr_t kLeaf = 1;
  std::uintptr_t bits_ = 0;
};

/// A value that a rule will read: a hold on its memory, and the version it had.
class Saved {
 public:
  Saved() noexcept = default;
  Saved(const Saved&) = delete;
  Saved& operator=(const Saved&) = delete;
  ~Saved() { reset(); }

  [[gnu::always_inline]] void save(Impl* value) noexcept {
    hold(value);
    value_ = value;
    version_ = value->owner()->version;
#if defined(TAPEGRAD_CHECKSUMS)
    sum_ = checksum(*value);
#endif
  }
  void reset() noexcept {
    if (value_) unhold(std::exchange(value_, nullptr));
  }
  Impl* value() const noexcept { return value_; }
  bool changed() const noexcept {
    return value_ && (value_->owner()->version != version_ || changed_unseen());
  }
  /// True when the elements are others though nobody has raised the version; known in Debug builds.
  bool changed_unseen() const noexcept {
#if defined(TAPEGRAD_CHECKSUMS)
    return sum_ != 0 && value_->owner()->version == version_ && checksum(*value_) != sum_;
#else
    return false;
#endif
  }
  std::uint32_t version() const noexcept { return version_; }

 private:
  /// Never 0.
  static std::uint32_t checksum(const Impl& value) noexcept;

  Impl* value_ = nullptr;
  std::uint32_t version_ = 0;
  /// Of the elements; 0 where none was taken, as by operators in a program that is no Debug build
  /// but links a library that is.
  [[maybe_unused]] std::uint32_t sum_ = 0;
};

/// One operator call on the tape.
///
/// Owns references to the records and leaves it got its inputs from, and holds on the values that
/// its rules read; never its own output. Reference counted by its output and by the records that
/// follow.
struct Record : Maker {
  /// `edge_slots`: an edge for each input. `saved_slots`: see `saved`. Both in memory of the
  /// derived type.
  Record(std::span<Edge> edge_slots, std::span<Saved> saved_slots, const Tensor& output) noexcept
      : input_count(static_cast<std::uint32_t>(edge_slots.size())),
        edges(edge_slots.data()),
        saved(saved_slots.data()),
        dtype(impl_of(output)->dtype),
        slot_count(static_cast<std::uint32_t>(saved_slots.size())),
        scope(thread_tape.scope),
        numel(impl_of(output)->numel),
        shape(impl_of(output)->shape) {}
  /// Of an operator with several outputs, which have a `Port` each.
  Record(std::span<Edge> edge_slots, std::span<Saved> saved_slots, DType type) noexcept
      : input_count(static_cast<std::uint32_t>(edge_slots.size())),
        edges(edge_slots.data()),
        saved(saved_slots.data()),
        dtype(type),
        slot_count(static_cast<std::uint32_t>(saved_slots.size())),
        scope(thread_tape.scope),
        numel(0) {}
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;
  virtual ~Record() = default;

  void release() noexcept final;
  /// The cotangent of input `input` for the cotangent `gradient` of the output; the walk fits its
  /// shape.
  virtual Tensor vjp(int input, const Tensor& gradient, bool create_graph) = 0;
  /// The same into `result`, which has the input's shape and the output's type; adds it there if
  /// `add`. False, and nothing done, where that would not save anything over `vjp`. Asked only of
  /// elementwise operators, where `result` may be the gradient itself, and, to add, of those that
  /// `adds`.
  virtual bool vjp_into(int /*input*/, const Tensor& /*gradient*/, Impl* /*result*/, bool /*add*/) {
    return false;
  }
  /// A place for the cotangent of each output, of an operator with several.
  virtual std::span<Tensor> parts() const noexcept { return {}; }

  /// What a walk over the tape notes here while it runs.
  struct Notes {
    void* walk = nullptr;       ///< the walk that runs
    Tensor cotangent;           ///< what has arrived so far
    std::int32_t capture = -1;  ///< index of the result that takes its cotangent
    bool wanted = false;        ///< something behind it is asked for
  };

  /// Puts it on the tape behind its inputs.
  inline void attach() noexcept;
  /// The same, and makes it the maker of `output`.
  [[gnu::always_inline]] void attach(const Tensor& output) noexcept {
    attach();
    impl_of(output)->maker.store(this, std::memory_order_relaxed);
  }
  /// Drops saved values and edges: it can not be walked again.
  void release_graph() noexcept;
  /// Throws `GradError` when it was released, or when a value that it saved has changed since.
  void check() const {
    bool bad = released;
    for (std::uint32_t i = 0; i < slot_count; ++i) bad |= saved[i].changed();
    if (bad) fail_check();
  }
  /// "output [2, 3]", or "3 outputs", for messages.
  std::string output_text() const;
  /// Saved input `index` as a tensor, connected to the graph when `create_graph`.
  Tensor input(int index, bool create_graph) const;
  /// The saved output, likewise.
  Tensor output(bool create_graph);
  /// Value `index` that the forward kept for the rules.
  Tensor kept(int index) const;

  Count refs{1};
  std::uint32_t input_count;
  Edge* edges;
  Saved* saved;  // the output, the inputs, what the forward kept; then the outputs, of several
  /// True when the output is the inputs' broadcast, element by element. Then rules take a gradient
  /// that only broadcasts to the output's shape, and return the like.
  bool elementwise : 1 = false;
  bool adds : 1 = false;     // rules can add to a cotangent that is there, see `vjp_into`
  bool port : 1 = false;     // it is a `Port`
  bool several : 1 = false;  // its outputs have a `Port` each
  bool released = false;
  DType dtype;  // of the output
  std::uint8_t size_class = 0;
  std::uint32_t slot_count;
  std::uint64_t sequence = 0;  // greater than that of every record it depends on
  const char* scope;
  Notes notes;
  Impl* retainer = nullptr;  // a hold on the output, when that keeps its gradient
  std::int64_t numel;        // of the output
  Shape shape;               // of the output

 private:
  [[noreturn]] void fail_check() const;
};

/// The record that made a value, or nullptr.
inline Record* record_of(const Impl& value) noexcept {
  return static_cast<Record*>(value.maker.load(std::memory_order_relaxed));
}

const Shape& Edge::shape() const noexcept { return leaf() ? leaf()->shape : record()->shape; }
DType Edge::dtype() const noexcept { return leaf() ? leaf()->dtype : record()->dtype; }

void Edge::connect(Record& record) noexcept {
  record.refs.increment();
  bits_ = reinterpret_cast<std::uintptr_t>(&record);
}

void Edge::connect(const Tensor& tensor) noexcept {
  Impl* impl = impl_of(tensor);
  if (!impl) return;
  if (Record* record = record_of(*impl)) {
    connect(*record);
  } else if (impl->has(Impl::kRequiresGrad)) {
    retain(impl);
    bits_ = reinterpret_cast<std::uintptr_t>(impl) | kLeaf;
  }
}

[[gnu::always_inline]] inline void Record::attach() noexcept {
  // A graph may have come from another thread with a larger count, so the inputs have a say.
  std::uint64_t last = thread_tape.sequence;
  for (std::uint32_t i = 0; i < input_count; ++i) {
    if (const Record* record = edges[i].record()) last = std::max(last, record->sequence);
  }
  sequence = thread_tape.sequence = last + 1;
}

/// One of the outputs of an operator that has several: an entry of the tape that hands its
/// cotangent on to the record of the call, which it keeps. An output has one at most.
struct Port final : Record {
  Port(Record& call, int index, const Tensor& output) noexcept
      : Record({&edge, 1}, {}, output), output_index(index), operator_name(call.name()) {
    port = true;
    edge.connect(call);
  }
  ~Port() override;

  const char* name() const noexcept override { return operator_name; }
  Tensor vjp(int, const Tensor&, bool) override { return {}; }  // the walk hands it on by itself

  Edge edge;
  int output_index;
  const char* operator_name;  // also after release
};

/// True when an operator on these inputs must be recorded.
inline bool requires_record(const Tensor& tensor) noexcept {
  const Impl* impl = impl_of(tensor);
  return impl && (impl->maker.load(std::memory_order_relaxed) || impl->has(Impl::kRequiresGrad));
}
template <class... Tensors>
bool should_record(const Tensors&... inputs) noexcept {
  return (requires_record(inputs) || ...) && grad_enabled();
}

/// True of a new floating-point tensor that nobody else has: a record can be attached to it.
inline bool is_recordable(const Tensor& output) noexcept {
  return is_floating_point(impl_of(output)->dtype) && impl_of(output)->handles.load() == 1 &&
         !requires_record(output);
}
/// Where graphs ended that `tensor`, which may be undefined, was computed from: flags of an `Impl`.
inline unsigned cuts_of(const Tensor& tensor) noexcept {
  const Impl* impl = impl_of(tensor);
  return impl ? impl->flags.load(std::memory_order_relaxed) & unsigned{Impl::kCuts} : 0;
}

/// Notes in `y`, where that has no history, where those of `inputs` ended: here, by `cut`, or
/// before. Undefined inputs count for nothing.
void note_cut(const Tensor& y, unsigned cut, std::span<const Tensor* const> inputs);
inline void note_cut(const Tensor& y, unsigned cut, std::initializer_list<const Tensor*> inputs) {
  note_cut(y, cut, std::span(inputs.begin(), inputs.size()));
}
/// The same for an operator that would have been recorded but for `NoGrad`.
inline void keep_cuts(const Tensor& y, std::initializer_list<const Tensor*> inputs) {
  note_cut(y, grad_enabled() ? 0 : unsigned{Impl::kCutByNoGrad}, inputs);
}

/// Drops one reference.
void release_record(Record* record) noexcept;

void* allocate_record(std::size_t bytes, std::uint8_t& size_class);

/// Makes a record of type `R` in pooled memory.
template <class R, class... Args>
R* new_record(Args&&... args) {
  static_assert(alignof(R) <= 64);
  std::uint8_t size_class;
  void* block = allocate_record(sizeof(R), size_class);
  R* record = new (block) R(std::forward<Args>(args)...);
  record->size_class = size_class;
  return record;
}
/// The same with `bytes` bytes of room behind it, to which its first argument points.
template <class R, class... Args>
R* new_record_with_room(std::size_t bytes, Args&&... args) {
  static_assert(alignof(R) <= 64 && sizeof(R) % alignof(Edge) == 0);
  std::uint8_t size_class;
  void* block = allocate_record(sizeof(R) + bytes, size_class);
  void* room = static_cast<std::byte*>(block) + sizeof(R);
  R* record = new (block) R(room, std::forward<Args>(args)...);
  record->size_class = size_class;
  return record;
}

}  // namespace tapegrad::detail
