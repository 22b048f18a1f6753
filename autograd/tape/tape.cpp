#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_set>

#include "autograd/tape/record.h"
#include "autograd/tensor/fail.h"
#include "autograd/tensor/memory.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad {

namespace {

struct ThreadTape {
  bool recording = true;
  bool releasing = false;
  std::uint64_t sequence = 0;
  const char* scope = nullptr;
  detail::Record* to_release = nullptr;  // chained through `walk`
};

thread_local constinit ThreadTape tape;

}  // namespace

bool grad_enabled() noexcept { return tape.recording; }
const char* current_scope() noexcept { return tape.scope; }

Scope::Scope(std::string_view name) : before_(tape.scope) {
  // Paths are kept for ever, since a record may outlive the thread that made it; there are as many
  // as a program has names. The set is node-based, so they never move.
  static auto& paths = *new std::unordered_set<std::string>;
  static auto& mutex = *new std::mutex;
  std::string path = before_ ? std::string(before_) + "." : std::string();
  path += name;
  std::lock_guard lock(mutex);
  tape.scope = paths.insert(std::move(path)).first->c_str();
}

Scope::~Scope() { tape.scope = before_; }

namespace detail {

bool set_grad_enabled(bool enabled) noexcept { return std::exchange(tape.recording, enabled); }

void before_write(const Tensor& tensor, const char* name) {
  if (!grad_enabled() || !requires_record(tensor)) return;
  if (tensor.is_leaf())
    fail<GradError>(
        "{}: a leaf of shape {} that requires gradients cannot be changed in place while gradients "
        "are "
        "recorded; do it inside a NoGrad scope, or on a detach()ed tensor",
        name, tensor.shape());
  fail<GradError>(
      "{}: the elements of a recorded tensor of shape {} cannot be changed by hand while gradients "
      "are "
      "recorded; do it inside a NoGrad scope, or on a detach()ed tensor",
      name, tensor.shape());
}

void Edge::connect(const Tensor& tensor) noexcept {
  Impl* impl = tensor.impl();
  if (!impl) return;
  if (Record* record = impl->record.load(std::memory_order_relaxed)) {
    record->refs.increment();
    bits_ = reinterpret_cast<std::uintptr_t>(record);
  } else if (impl->has(Impl::kRequiresGrad)) {
    retain(impl);
    bits_ = reinterpret_cast<std::uintptr_t>(impl) | kLeaf;
  }
}

void Edge::reset() noexcept {
  if (!bits_) return;
  const std::uintptr_t bits = std::exchange(bits_, 0);
  if (bits & kLeaf) {
    release(reinterpret_cast<Impl*>(bits & ~kLeaf));
  } else {
    release_record(reinterpret_cast<Record*>(bits));
  }
}

const Shape& Edge::shape() const noexcept { return leaf() ? leaf()->shape : record()->shape; }
DType Edge::dtype() const noexcept { return leaf() ? leaf()->dtype : record()->dtype; }

Record::Record(int inputs, const Shape& output_shape, DType output_dtype) noexcept
    : input_count(static_cast<std::uint32_t>(inputs)),
      dtype(output_dtype),
      scope(tape.scope),
      shape(output_shape) {}

void Record::attach(const Tensor& output) noexcept {
  // A graph may have come from another thread with a larger count, so the inputs have a say.
  std::uint64_t last = tape.sequence;
  Edge* edge = edges();
  for (std::uint32_t i = 0; i < input_count; ++i) {
    if (Record* record = edge[i].record()) last = std::max(last, record->sequence);
  }
  sequence = tape.sequence = last + 1;
  output.impl()->record.store(this, std::memory_order_relaxed);
}

void Record::release_graph() noexcept {
  released = true;
  for (std::uint32_t i = 0; i < input_count; ++i) edges()[i].reset();
  if (Saved* slots = saved()) {
    for (int i = 0; i < slots_for(static_cast<int>(input_count)); ++i) slots[i].reset();
  }
}

void Record::check() {
  if (released)
    fail<GradError>(
        "backward: the graph of '{}' (output {}) was released by an earlier backward; pass "
        "retain_graph = true to that one to walk the graph again",
        name(), shape);
  const Saved* slots = saved();
  for (int i = 0; slots && i < slots_for(static_cast<int>(input_count)); ++i) {
    const Saved& value = slots[i];
    if (value.changed())
      fail<GradError>(
          "backward: a value of shape {} that '{}' (output {}) saved for its gradient was changed "
          "in "
          "place afterwards: it had version {} and has {} now; change a clone() instead",
          value.value()->shape, name(), shape, value.version(), value.value()->owner()->version);
  }
}

Tensor Record::input(int index, bool create_graph) {
  Impl* value = saved()[index + 1].value();
  if (!value) return {};
  const Edge& edge = edges()[index];
  if (create_graph && edge) {
    if (Impl* leaf = edge.leaf()) return Tensor::share(leaf);
    Tensor view = Tensor::adopt(new_view(value, value->shape, 0));
    edge.record()->refs.increment();
    view.impl()->record.store(edge.record(), std::memory_order_relaxed);
    return view;
  }
  return Tensor::adopt(new_view(value, value->shape, 0));
}

Tensor Record::output(bool create_graph) {
  Impl* value = saved()[0].value();
  Tensor view = Tensor::adopt(new_view(value, value->shape, 0));
  if (create_graph) {
    refs.increment();
    view.impl()->record.store(this, std::memory_order_relaxed);
  }
  return view;
}

const char* record_name(const Record* record) noexcept { return record->name(); }

void* allocate_record(std::size_t bytes, std::uint8_t& size_class) {
  void* block = acquire_block(bytes, size_class);
  count_record(1);
  return block;
}

// Records are destroyed one after the other, never by recursion: a chain of a million is freed on
// any stack. A record that goes while another is being destroyed waits in a list.
void release_record(Record* record) noexcept {
  if (!record->refs.decrement()) return;
  record->walk = reinterpret_cast<std::uintptr_t>(std::exchange(tape.to_release, record));
  if (tape.releasing) return;
  tape.releasing = true;
  while (Record* next = tape.to_release) {
    tape.to_release = reinterpret_cast<Record*>(static_cast<std::uintptr_t>(next->walk));
    if (next->retainer) unhold(next->retainer);
    const std::uint8_t size_class = next->size_class;
    next->~Record();
    release_block(next, size_class);
    count_record(-1);
  }
  tape.releasing = false;
}

}  // namespace detail

}  // namespace tapegrad
