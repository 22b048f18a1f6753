#include "autograd/tape/apply_list.h"

#include <memory>
#include <mutex>

#include "autograd/base/fail.h"
#include "autograd/base/threads/lock.h"

namespace tapegrad {

SavedList::SavedList(detail::ListRecord& record, bool outputs, bool create_graph) noexcept
    : record_(&record),
      count_(outputs ? record.parts().size() : record.input_count),
      outputs_(outputs),
      create_graph_(create_graph) {}

Tensor SavedList::operator[](std::size_t i) const {
  if (i >= count_)
    fail<IndexError>("{}: its rule asks for {} {} of {}", record_->name(),
                     outputs_ ? "output" : "input", i, count_);
  return outputs_ ? record_->part(i, create_graph_)
                  : record_->input(static_cast<int>(i), create_graph_);
}

namespace detail {

namespace {

/// Held while the list of ports of a call is read or changed: a port goes with its output, on
/// whatever thread that is.
constinit std::mutex ports_mutex;

/// Gives up the reference that a new record starts with.
struct Owned {
  Record* record;
  ~Owned() { release_record(record); }
};

}  // namespace

ListRecord::~ListRecord() {
  if (room_at != 0) std::destroy_n(parts().data(), output_count);  // else the constructor threw
}

void ListRecord::connect(std::span<const Tensor> inputs, std::span<const Tensor> kept,
                         Reads reads) noexcept {
  Edge* edge = edges().data();
  Saved* slot = slots().data();
  const auto add_slot = [&](bool reads_it, const Tensor& value) {
    if (reads_it && value.defined())
      new (slot++) Saved(impl_of(value));
    else
      new (slot++) Saved;
  };
  add_slot(false, {});  // of the output
  for (const Tensor& input : inputs) {
    new (edge++) Edge(input);
    add_slot(reads & kA, input);
  }
  for (const Tensor& value : kept) add_slot(reads & kKept, value);
  for (std::size_t i = 0; i < output_count; ++i) {
    add_slot(false, {});
    new (&parts()[i]) Tensor;
    new (&port_of(i)) Port*(nullptr);
  }
}

void ListRecord::finish(const Tensor& output, Reads reads) noexcept {
  if (reads & kY) new (&slots()[0]) Saved(impl_of(output));
  attach(output);
}

void ListRecord::finish(std::span<const Tensor> outputs, Reads reads) {
  const Owned owned{this};  // from here on the ports keep it
  attach();
  if (outputs.size() == 1) shape_ref = impl_of(outputs[0])->shape_ref;
  Saved* slot = slots().data() + (slot_count - outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (reads & kY) new (&slot[i]) Saved(impl_of(outputs[i]));
    if (is_floating_point(outputs[i].dtype())) make_port(i, outputs[i]);
  }
}

void ListRecord::make_port(std::size_t index, const Tensor& output) {
  auto* made = new_record<Port>({.inputs = 1, .slots = 0}, *this, static_cast<int>(index), output);
  new (&made->edge(0)) Edge(*this);
  port_of(index) = made;
  made->attach(output);
}

Tensor ListRecord::part(std::size_t index, bool create_graph) {
  Impl* value = slots()[slot_count - output_count + index].value();
  const Tensor view = adopt(new_view(value));
  if (watched()) [[unlikely]]
    announce_shown(*impl_of(view), *value);
  if (!create_graph || !is_floating_point(view.dtype())) return view;
  const auto lock = lock_among_threads(ports_mutex);
  if (Port* known = port_of(index); known && known->refs.increment_if_any()) {
    impl_of(view)->maker.store(known, std::memory_order_relaxed);
  } else {
    make_port(index, view);
  }
  return view;
}

void ListRecord::forget_port(const Port& gone, std::size_t index) noexcept {
  const auto lock = lock_among_threads(ports_mutex);
  if (port_of(index) == &gone) port_of(index) = nullptr;
}

Port::~Port() { leave_call(); }

void Port::leave_call() noexcept {
  if (Record* call = edge(0).record())
    static_cast<ListRecord*>(call)->forget_port(*this, static_cast<std::size_t>(output_index));
}

DType settle_results(std::span<Tensor> outputs, const char* name, std::span<const Tensor> inputs,
                     bool history) {
  const bool record = history && grad_enabled();
  unsigned cuts = 0;
  for (const Tensor& input : inputs) cuts |= cuts_of(input);
  std::vector<const Tensor*> all;
  DType type = boolean;
  for (Tensor& output : outputs) {
    require_defined(output, "the result", name);
    if (outputs.size() > 1 && !is_floating_point(output.dtype())) continue;
    if (!is_settled(output, history, record, cuts)) {
      if (all.empty())
        for (const Tensor& input : inputs) all.push_back(&input);
      settle_result(output, name, all, history);
    }
    type = output.dtype();
  }
  return type;
}

}  // namespace detail

}  // namespace tapegrad
