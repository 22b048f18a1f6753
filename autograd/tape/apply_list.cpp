#include "autograd/tape/apply_list.h"

#include <memory>

#include "autograd/base/fail.h"

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

/// `count` values of type `T` at `room`, which moves on behind them.
template <class T>
std::span<T> make(void*& room, std::size_t count) noexcept {
  T* first = static_cast<T*>(room);
  std::uninitialized_value_construct_n(first, count);
  room = first + count;
  return {first, count};
}
std::span<Edge> make_edges(void* room, const ListSizes& sizes) noexcept {
  return make<Edge>(room, sizes.inputs);
}
std::span<Saved> make_slots(void* room, const ListSizes& sizes) noexcept {
  room = static_cast<Edge*>(room) + sizes.inputs;
  return make<Saved>(room, sizes.slots());
}

/// Gives up the reference that a new record starts with.
struct Owned {
  Record* record;
  ~Owned() { release_record(record); }
};

}  // namespace

ListRecord::ListRecord(void* room, const ListSizes& sizes, const Tensor& output) noexcept
    : Record(make_edges(room, sizes), make_slots(room, sizes), output) {}

ListRecord::ListRecord(void* room, const ListSizes& sizes, DType type) noexcept
    : Record(make_edges(room, sizes), make_slots(room, sizes), type) {
  room = saved + sizes.slots();
  parts_ = make<Tensor>(room, sizes.outputs);
  ports_ = make<Port*>(room, sizes.outputs);
  several = true;
}

ListRecord::~ListRecord() {
  std::destroy_n(edges, input_count);
  std::destroy_n(saved, slot_count);
  std::destroy_n(parts_.data(), parts_.size());
}

void ListRecord::connect(std::span<const Tensor> inputs, std::span<const Tensor> kept,
                         Reads reads) noexcept {
  Saved* slot = saved + 1;
  for (std::size_t i = 0; i < inputs.size(); ++i, ++slot) {
    edges[i].connect(inputs[i]);
    if (reads & kA && inputs[i].defined()) slot->save(impl_of(inputs[i]));
  }
  for (const Tensor& value : kept) {
    if (reads & kKept && value.defined()) slot->save(impl_of(value));
    ++slot;
  }
}

void ListRecord::finish(const Tensor& output, Reads reads) noexcept {
  if (reads & kY) saved[0].save(impl_of(output));
  attach(output);
}

void ListRecord::finish(std::span<const Tensor> outputs, Reads reads) {
  const Owned owned{this};  // from here on the ports keep it
  attach();
  if (outputs.size() == 1) shape = outputs[0].shape();
  Saved* slot = saved + (slot_count - outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (reads & kY) slot[i].save(impl_of(outputs[i]));
    if (is_floating_point(outputs[i].dtype())) make_port(i, outputs[i]);
  }
}

void ListRecord::make_port(std::size_t index, const Tensor& output) {
  ports_[index] = new_record<Port>(*this, static_cast<int>(index), output);
  ports_[index]->attach(output);
}

Tensor ListRecord::part(std::size_t index, bool create_graph) {
  Impl* value = saved[slot_count - parts_.size() + index].value();
  const Tensor view = adopt(new_view(value, value->shape, 0));
  if (!create_graph || !is_floating_point(view.dtype())) return view;
  if (Port* known = ports_[index]) {
    known->refs.increment();
    impl_of(view)->maker.store(known, std::memory_order_relaxed);
  } else {
    make_port(index, view);
  }
  return view;
}

Port::~Port() {
  if (Record* call = edge.record())
    static_cast<ListRecord*>(call)->forget_port(static_cast<std::size_t>(output_index));
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
