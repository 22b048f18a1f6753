#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <mutex>
#include <string>
#include <unordered_set>

#include "autograd/base/fail.h"
#include "autograd/base/gdb.h"
#include "autograd/memory/block_cache.h"
#include "autograd/tape/apply.h"
#include "autograd/tape/record.h"
#include "autograd/tape/retained.h"
#include "autograd/tape/trace.h"
#include "autograd/tensor/require.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad {

namespace {

/// A path that is kept for ever, since a record may outlive the thread that made it.
struct KeptPath {
  const char* text;
  bool whole;  // ends with the name, not with what stands for it
};

/// The path of `name` inside the scope `outer`. Where there is no room for it, "..." stands for the
/// name; what is inside of that adds nothing, so that a path has at most one such beside it.
KeptPath keep_path(const char* outer, std::string_view name) {
  constexpr std::size_t longest = 1000, room = std::size_t{16} << 20;
  constexpr std::size_t overhead = 64;  // of the allocator and the table, about
  static auto& paths = *new std::unordered_set<std::string>;  // node-based: they never move
  static auto& mutex = *new std::mutex;
  static std::size_t used = 0;
  std::string path = outer ? outer : "";
  const bool fits = path.size() + 1 + name.size() <= longest;
  const std::size_t cost = fits ? path.size() + 1 + name.size() + overhead : 0;
  const std::lock_guard lock(mutex);
  if (fits) {
    std::string whole = outer ? path + "." : path;
    whole += name;
    if (const auto known = paths.find(whole); known != paths.end()) return {known->c_str(), true};
    if (used + cost <= room) {
      const char* text = paths.insert(std::move(whole)).first->c_str();
      used += cost;
      return {text, true};
    }
  }
  if (!path.ends_with("...")) path += "...";
  return {paths.insert(std::move(path)).first->c_str(), false};
}

/// Paths that this thread found lately, so that a layer that computes again neither allocates nor
/// locks.
struct FoundPath {
  const char* outer = nullptr;
  const char* path = nullptr;  // ends with the name
  std::string_view name;       // of `path`
};
thread_local constinit FoundPath found_paths[64] = {};

}  // namespace

Scope::Scope(std::string_view name) : before_(detail::thread_tape.scope) {
  name = name.substr(0, name.find('\0'));
  std::size_t hash = reinterpret_cast<std::uintptr_t>(before_);
  for (const char letter : name) hash = hash * 31 + static_cast<unsigned char>(letter);
  FoundPath& found = found_paths[(hash ^ hash >> 6) % std::size(found_paths)];
  if (found.path && found.outer == before_ && found.name == name) {
    detail::thread_tape.scope = found.path;
    return;
  }
  const auto [path, whole] =
      detail::allocating_for("Scope", [&] { return keep_path(before_, name); });
  if (whole)
    found = {before_, path, std::string_view(path + std::strlen(path) - name.size(), name.size())};
  detail::thread_tape.scope = path;
}

Scope::~Scope() { detail::thread_tape.scope = before_; }

namespace detail {

void note_cut(const Tensor& y, unsigned cut, std::span<const Tensor* const> inputs) {
  unsigned flags = 0;
  for (const Tensor* input : inputs) {
    if (!input->defined()) continue;
    flags |= requires_record(*input) ? cut : impl_of(*input)->flags.load(std::memory_order_relaxed);
  }
  if (flags & Impl::kCuts && !requires_record(y)) impl_of(y)->add_cuts(flags);
}

void Edge::drop(std::uintptr_t bits) noexcept {
  if (bits & kLeaf) {
    release(reinterpret_cast<Impl*>(bits & ~kLeaf));
  } else {
    release_record(reinterpret_cast<Record*>(bits));
  }
}

void Record::drop_edges_and_slots() noexcept {
  for (Edge& edge : edges()) edge.reset();
  for (Saved& saved : slots()) saved.reset();
}

Record::~Record() { drop_edges_and_slots(); }

void Record::release_graph() noexcept {
  released = true;
  if (port) static_cast<Port*>(this)->leave_call();
  drop_edges_and_slots();
}

namespace {

/// `value` as a tensor; with an edge, connected to what that points at, even if the tensor that was
/// saved is gone, or has got another history since.
Tensor saved_tensor(Impl* value, const Edge* edge) {
  const bool connected = edge && *edge;
  if (connected && edge->leaf()) return share(edge->leaf());
  if (!connected && !value->has(Impl::kNumber)) {
    revive(value);
    return adopt(value);
  }
  // A view is no C++ number: in a rule, types are settled.
  Tensor view = adopt(new_view(value));
  if (watched()) [[unlikely]]
    announce_shown(*impl_of(view), *value);
  if (connected) {
    edge->record()->refs.increment();
    impl_of(view)->maker.store(edge->record(), std::memory_order_relaxed);
  }
  return view;
}

}  // namespace

std::uint32_t Saved::checksum(const Impl& value) noexcept {
  const auto* bytes = static_cast<const unsigned char*>(Raw::of(value));
  const std::size_t size = static_cast<std::size_t>(value.numel()) * size_of(value.dtype);
  std::uint64_t sum = 1;
  const auto add = [&](std::uint64_t word) {
    sum = (sum ^ word) * 0x9E37'79B9'7F4A'7C15;
    sum ^= sum >> 32;
  };
  std::size_t at = 0;
  for (std::uint64_t word; at + 8 <= size; at += 8) {
    std::memcpy(&word, bytes + at, 8);
    add(word);
  }
  for (; at < size; ++at) add(bytes[at]);
  return std::max<std::uint32_t>(static_cast<std::uint32_t>(sum), 1);
}

std::string Record::output_text() const {
  return several ? fmt::format("{} outputs", parts().size()) : fmt::format("output {}", shape());
}

void Record::fail_check() const {
  const Blamed blamed(*this);
  thread_tape.scope = scope;  // the walk puts it back
  if (interrupted)
    fail<GradError>(
        "backward: an earlier backward through '{}' ({}) was ended by an error after it had "
        "released a part of the graph; compute the graph again, or pass retain_graph = true to "
        "a backward that is to be tried twice",
        name(), output_text());
  if (released)
    fail<GradError>(
        "backward: the graph of '{}' ({}) was released by an earlier backward; pass "
        "retain_graph = true to that one to walk the graph again, or, where a state is carried "
        "from one step to the next, detach() it between the steps",
        name(), output_text());
  const Saved& value =
      *std::find_if(slots().begin(), slots().end(), [](const Saved& one) { return one.changed(); });
  if (value.changed_unseen())
    fail<GradError>(
        "backward: a value of shape {} that '{}' ({}) saved for its gradient has other elements "
        "now, written past the library; do not keep the span that write() gives, and do not change "
        "what from_blob() shows or to_dlpack() handed out before backward(): compute with a "
        "clone()",
        value.value()->shape(), name(), output_text());
  fail<GradError>(
      "backward: a value of shape {} that '{}' ({}) saved for its gradient was changed in "
      "place afterwards by '{}': it had version {} and has {} now; change a clone() instead",
      value.value()->shape(), name(), output_text(), value.value()->owner()->last_change.name(),
      value.version(), value.value()->owner()->version);
}

Tensor Record::input(int index, Impl* value, bool create_graph) const {
  if (!value) return {};
  return saved_tensor(value, create_graph ? &edge(static_cast<std::uint32_t>(index)) : nullptr);
}

Tensor Record::output(bool create_graph) {
  if (!create_graph) return saved_tensor(saved(0), nullptr);
  const Edge self(*this);
  return saved_tensor(saved(0), &self);
}

Tensor Record::kept(Impl* value) {
  if (!value) return {};
  // No gradient flows there, even where it is an input, too.
  if (value->maker.load(std::memory_order_relaxed) || value->has(Impl::kRequiresGrad))
    return adopt(new_view(value));
  return saved_tensor(value, nullptr);
}

std::vector<Tensor> listed(Tensor tensor) {
  std::vector<Tensor> list;
  list.push_back(std::move(tensor));
  return list;
}

void give_own_value(Tensor& output, std::initializer_list<const Tensor*> inputs) {
  for (const Tensor* input : inputs) {
    if (!output.is_same(*input)) continue;
    const unsigned cuts = cuts_of(output);
    output = adopt(new_view(impl_of(output)));
    impl_of(output)->add_cuts(cuts);
    return;
  }
}

void settle_result(Tensor& output, const char* name, std::span<const Tensor* const> inputs,
                   bool history) {
  require_defined(output, "the result", name);
  if (!history) return note_cut(output, 0, inputs);
  if (!grad_enabled()) {
    if (!requires_record(output)) impl_of(output)->add_cuts(Impl::kCutByNoGrad);
    return;
  }
  if (!is_floating_point(output.dtype()))
    fail<DTypeError>(
        "{}: an operator on tensors that require gradients must return float32 or float64, not {}",
        name, output.dtype());
  // The record needs a tensor of its own.
  if (!is_recordable(output)) output = output.detach();
}

void* allocate_record(std::size_t bytes, std::uint8_t& size_class) {
  return acquire_block(bytes, size_class, BlockKind::record);
}
void free_record(void* block, std::uint8_t size_class) noexcept {
  release_block(block, size_class, BlockKind::record);
}

/// Records are destroyed one after the other, never by recursion: a chain of a million is freed on
/// any stack. A record that goes while another is being destroyed waits in a list.
void destroy_record(Record* record) noexcept {
  ThreadTape& tape = thread_tape;
  record->next_to_release = std::exchange(tape.to_release, record);
  if (tape.releasing) return;
  tape.releasing = true;
  while (Record* next = tape.to_release) {
    tape.to_release = next->next_to_release;
    const std::uint8_t size_class = next->size_class;
    if (next->retains) [[unlikely]]
      forget_retained(*next);
    next->~Record();
    release_block(next, size_class, BlockKind::record);
  }
  tape.releasing = false;
}

void Record::release() noexcept { release_record(this); }

// Most calls only count: they need no more than this.
void release_record(Record* record) noexcept {
  if (record->refs.decrement()) destroy_record(record);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"  // classes with private members
TAPEGRAD_TELL_GDB(tape,
                  "tapegrad_tape = dict(record=%c0, inputs=%c1, room=%c2, port=%c3, port_name=%c4, "
                  "name=%c5)",
                  "i"(sizeof(Record)), "i"(offsetof(Record, input_count)),
                  "i"(offsetof(Record, room_at)), "i"(offsetof(Port, output_index)),
                  "i"(offsetof(Port, operator_name)), "i"(offsetof(OperatorType, name)))
#pragma GCC diagnostic pop

}  // namespace detail

}  // namespace tapegrad
