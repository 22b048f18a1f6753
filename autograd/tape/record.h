#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <new>
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
  /// To what made `tensor`, or to `tensor` if it is a leaf that requires a gradient.
  explicit inline Edge(const Tensor& tensor) noexcept;
  explicit inline Edge(Record& record) noexcept;
  Edge(const Edge&) = delete;
  Edge& operator=(const Edge&) = delete;
  ~Edge() { reset(); }

  void reset() noexcept {
    if (bits_) drop(std::exchange(bits_, 0));
  }

  explicit operator bool() const noexcept { return bits_ != 0; }
  Record* record() const noexcept {
    return bits_ & kLeaf ? nullptr : reinterpret_cast<Record*>(bits_);
  }
  Impl* leaf() const noexcept {
    return bits_ & kLeaf ? reinterpret_cast<Impl*>(bits_ & ~kLeaf) : nullptr;
  }
  /// Shape and type of the tensor it stands for.
  inline const ShapeRef& shape_ref() const noexcept;
  const Shape& shape() const noexcept { return shape_ref().sizes(); }
  inline DType dtype() const noexcept;

 private:
  static constexpr std::uintptr_t kLeaf = 1;
  static void drop(std::uintptr_t bits) noexcept;
  std::uintptr_t bits_ = 0;
};

/// A value that a rule will read: a hold on its memory, and the version it had.
class Saved {
 public:
  Saved() noexcept = default;
  [[gnu::always_inline]] explicit Saved(Impl* value) noexcept
      : value_(value), version_(value->owner()->version) {
    hold(value);
#if defined(TAPEGRAD_CHECKSUMS)
    sum_ = checksum(*value);
#else
    // What lies in memory of the host program can be written without a word to the library.
    if (value->in_host_memory()) [[unlikely]]
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
  /// True when the elements are others though nobody has raised the version; known in Debug builds,
  /// and of memory of the host program in all.
  bool changed_unseen() const noexcept {
    return sum_ != 0 && value_->owner()->version == version_ && checksum(*value_) != sum_;
  }
  std::uint32_t version() const noexcept { return version_; }

 private:
  /// Never 0.
  static std::uint32_t checksum(const Impl& value) noexcept;

  Impl* value_ = nullptr;
  std::uint32_t version_ = 0;
  std::uint32_t sum_ = 0;  ///< of the elements; 0 where none was taken
};

/// How many of the 16 lowest bits are 1. Without the instruction for it, which not every processor
/// has.
constexpr std::uint32_t count_bits(unsigned bits) noexcept {
  bits -= bits >> 1 & 0x5555;
  bits = (bits & 0x3333) + (bits >> 2 & 0x3333);
  bits = (bits + (bits >> 4)) & 0x0F0F;
  return (bits + (bits >> 8)) & 0x1F;
}

/// How much stands behind a record in its block.
struct RecordRoom {
  std::uint32_t inputs;        ///< an `Edge` each
  std::uint32_t slots;         ///< `Saved` values
  unsigned kept = 0;           ///< which positions have a slot, if that is said; see `Record::slot`
  std::size_t more_bytes = 0;  ///< behind the slots
  std::size_t bytes() const noexcept {
    return inputs * sizeof(Edge) + slots * sizeof(Saved) + more_bytes;
  }
};

/// One operator call on the tape.
///
/// Owns references to the records and leaves it got its inputs from, and holds on the values that
/// its rules read; never its own output. Reference counted by its output and by the records that
/// follow.
///
/// A long tape costs what moves it through memory, so a record is small: what every record has is
/// 64 bytes; the members of its type, its edges and the values that it really saved follow.
struct Record : Maker {
  /// Of an operator with this output.
  explicit Record(const Tensor& output) noexcept
      : scope(thread_tape.scope),
        shape_ref(impl_of(output)->shape_ref),
        dtype(impl_of(output)->dtype) {}
  /// Of one with several, which have a `Port` each.
  explicit Record(DType type) noexcept : scope(thread_tape.scope), dtype(type) {}
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;
  virtual ~Record();

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

  const Shape& shape() const noexcept { return shape_ref.sizes(); }
  std::int64_t numel() const noexcept { return shape_ref.numel(); }

  /// Where its inputs came from.
  std::span<Edge> edges() const noexcept { return {first_edge(), input_count}; }
  Edge& edge(std::uint32_t input) const noexcept { return first_edge()[input]; }
  /// What it saved.
  std::span<Saved> slots() const noexcept { return {first_slot(), slot_count}; }
  /// The slot of the output (`position` 0), of an input (1 and on) or of what the forward kept
  /// (behind them); nullptr where that is none of what it saves.
  Saved* slot(std::uint32_t position) const noexcept {
    if (packed) return packed_slot(position);
    return position < slot_count ? first_slot() + position : nullptr;
  }
  /// The same in a record that is `packed`.
  [[gnu::always_inline]] Saved* packed_slot(std::uint32_t position) const noexcept {
    if (!(kept_positions >> position & 1)) return nullptr;
    const unsigned before = kept_positions & ((1u << position) - 1);
    if (__builtin_constant_p(position) && position <= 2)  // what most rules ask for
      return first_slot() + (before & 1) + (before >> 1);
    return first_slot() + count_bits(before);
  }
  /// The saved value there, or nullptr.
  Impl* saved(std::uint32_t position) const noexcept {
    const Saved* at = slot(position);
    return at ? at->value() : nullptr;
  }

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
    for (const Saved& saved : slots()) bad |= saved.changed();
    if (bad) fail_check();
  }
  /// "output [2, 3]", or "3 outputs", for messages.
  std::string output_text() const;
  /// Saved input `index` as a tensor, connected to the graph when `create_graph`.
  Tensor input(int index, bool create_graph) const {
    return input(index, saved(static_cast<std::uint32_t>(index) + 1), create_graph);
  }
  /// The same where its value has been found.
  Tensor input(int index, Impl* value, bool create_graph) const;
  /// The saved output, likewise.
  Tensor output(bool create_graph);
  /// Value `index` that the forward kept for the rules.
  Tensor kept(int index) const {
    return kept(saved(1 + input_count + static_cast<std::uint32_t>(index)));
  }
  /// The same where it has been found.
  static Tensor kept(Impl* value);

  /// Says what stands behind the members of its type; whoever made the record constructs it.
  [[gnu::always_inline]] void start(const RecordRoom& room, std::size_t own_bytes,
                                    std::uint8_t block_class) noexcept {
    room_at = static_cast<std::uint16_t>(own_bytes / 8);
    size_class = block_class;
    input_count = room.inputs;
    slot_count = room.slots;
    packed = room.kept != 0 || room.slots == 0;
    kept_positions = static_cast<std::uint16_t>(room.kept);
  }
  /// Behind the slots.
  void* more_room() const noexcept { return first_slot() + slot_count; }

  Count refs{1};
  std::atomic<std::uint32_t> walk{0};  // the walk that has it, or 0; see transforms/walk.cpp
  union {
    std::uint64_t sequence = 0;  // greater than that of every record it depends on
    Record* next_to_release;     // once nobody else has it
  };
  const char* scope;
  Tensor cotangent;    // what has arrived so far, while a walk runs
  ShapeRef shape_ref;  // of the output
  std::uint32_t input_count = 0;
  std::uint32_t slot_count = 0;
  std::uint16_t kept_positions = 0;
  std::uint16_t room_at = 0;  // in units of 8 bytes
  DType dtype;                // of the output
  std::uint8_t size_class = 0;
  /// True when the output is the inputs' broadcast, element by element. Then rules take a gradient
  /// that only broadcasts to the output's shape, and return the like.
  bool elementwise : 1 = false;
  bool adds : 1 = false;     // rules can add to a cotangent that is there, see `vjp_into`
  bool port : 1 = false;     // it is a `Port`
  bool several : 1 = false;  // its outputs have a `Port` each
  bool packed : 1 = false;   // its slots are those of `kept_positions`, else all
  bool retains : 1 = false;  // its output keeps its gradient, see retained.h
  bool spreads : 1 = false;  // rules may return less than the input, see `spreads_gradient`
  bool : 0;  // others read the above while a walk writes what follows, which is its own
  bool wanted : 1 = false;    // for the walk: something behind it is asked for
  bool captured : 1 = false;  // for the walk: its own cotangent is
  bool released : 1 = false;
  bool interrupted : 1 = false;  // released by a walk that an error ended

 private:
  void drop_edges_and_slots() noexcept;
  Edge* first_edge() const noexcept {
    return reinterpret_cast<Edge*>(reinterpret_cast<std::uintptr_t>(this) + 8u * room_at);
  }
  Saved* first_slot() const noexcept {
    return reinterpret_cast<Saved*>(first_edge() + input_count);
  }
  [[noreturn]] void fail_check() const;
};

/// The record that made a value, or nullptr.
inline Record* record_of(const Impl& value) noexcept {
  return static_cast<Record*>(value.maker.load(std::memory_order_relaxed));
}

const ShapeRef& Edge::shape_ref() const noexcept {
  return leaf() ? leaf()->shape_ref : record()->shape_ref;
}
DType Edge::dtype() const noexcept { return leaf() ? leaf()->dtype : record()->dtype; }

Edge::Edge(Record& record) noexcept : bits_(reinterpret_cast<std::uintptr_t>(&record)) {
  record.refs.increment();
}

[[gnu::always_inline]] inline Edge::Edge(const Tensor& tensor) noexcept {
  Impl* impl = impl_of(tensor);
  if (!impl) return;
  if (Record* record = record_of(*impl)) {
    record->refs.increment();
    bits_ = reinterpret_cast<std::uintptr_t>(record);
  } else if (impl->has(Impl::kRequiresGrad)) {
    retain(impl);
    bits_ = reinterpret_cast<std::uintptr_t>(impl) | kLeaf;
  }
}

[[gnu::always_inline]] inline void Record::attach() noexcept {
  // A graph may have come from another thread with a larger count, so the inputs have a say.
  std::uint64_t last = thread_tape.sequence;
  for (const Edge& edge : edges()) {
    if (const Record* record = edge.record()) last = std::max(last, record->sequence);
  }
  sequence = thread_tape.sequence = last + 1;
}

/// One of the outputs of an operator that has several: an entry of the tape that hands its
/// cotangent on to the record of the call, which it keeps. An output has one at most.
struct Port final : Record {
  Port(const Record& call, int index, const Tensor& output) noexcept
      : Record(output), output_index(index), operator_name(call.name()) {
    port = true;
  }
  ~Port() override;

  const char* name() const noexcept override { return operator_name; }
  Tensor vjp(int, const Tensor&, bool) override { return {}; }  // the walk hands it on by itself

  /// Has the record of the call know it no longer.
  void leave_call() noexcept;

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
/// What that does with the last one.
void destroy_record(Record* record) noexcept;

void* allocate_record(std::size_t bytes, std::uint8_t& size_class);
void free_record(void* block, std::uint8_t size_class) noexcept;

/// Gives a block back that no record came into, since its constructor threw.
struct UnusedBlock {
  void* block;
  std::uint8_t size_class;
  ~UnusedBlock() {
    if (block) free_record(block, size_class);
  }
};

/// Makes a record of type `R` in pooled memory, with `room` behind it, in which the caller then
/// constructs every edge and slot. Errors: `OutOfMemoryError`; what the constructor throws.
template <class R, class... Args>
R* new_record(const RecordRoom& room, Args&&... args) {
  static_assert(
      alignof(R) <= 64 && sizeof(R) / 8 <= 0xFFFF,
      "the members of an operator have at most 500 KB and are aligned to at most 64 bytes");
  std::uint8_t size_class;
  // Blocks of more than 256 bytes are aligned to 64, all others to 8.
  const std::size_t bytes = sizeof(R) + room.bytes();
  void* block =
      allocate_record(alignof(R) <= 8 ? bytes : std::max<std::size_t>(bytes, 257), size_class);
  UnusedBlock unused{block, size_class};
  R* record = new (block) R(std::forward<Args>(args)...);
  unused.block = nullptr;
  record->start(room, sizeof(R), size_class);
  return record;
}

}  // namespace tapegrad::detail
