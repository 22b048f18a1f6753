#include "autograd/transforms/region.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "autograd/tape/retained.h"
#include "autograd/transforms/claims.h"
#include "autograd/transforms/targets.h"

namespace tapegrad::detail {

void Region::connect_region(const Outside& outside) noexcept {
  connect(outside.inputs, {}, kA);
  Edge* edge = edges().data() + (input_count - outside.records.size());
  for (Record* record : outside.records) new (edge++) Edge(*record);  // in place of an empty one
}

void Region::take_over(std::span<const Tensor> outputs, Reads reads) {
  std::vector<Record*> made;
  try {
    made.resize(outputs.size());
  } catch (...) {
    release_record(this);  // nobody has it yet
    throw;
  }
  for (std::size_t i = 0; i < outputs.size(); ++i)
    made[i] = static_cast<Record*>(impl_of(outputs[i])->maker.exchange(nullptr));
  struct Drop {
    std::vector<Record*>& records;
    ~Drop() {
      for (Record* record : records)
        if (record) release_record(record);
    }
  } const drop{made};
  finish(outputs, reads);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    Record* maker = record_of(*impl_of(outputs[i]));
    // Its gradient goes to what computes the output again, which may be elementwise.
    maker->elementwise = true;
    if (made[i]) move_retained(*made[i], maker);
  }
}

std::vector<Tensor> Region::arguments() {
  std::vector<Tensor> list;
  list.reserve(argument_count);
  for (std::size_t i = 0; i < argument_count; ++i) {
    Impl* value = saved(static_cast<std::uint32_t>(i + 1));
    if (value && value->has(Impl::kNumber)) {  // types follow it as they did
      revive(value);
      list.push_back(adopt(value));
    } else {
      list.push_back(input(static_cast<int>(i), value, true));
    }
  }
  return list;
}

std::vector<Tensor> Region::take_cotangents() noexcept {
  std::vector<Tensor> taken(parts().size());
  std::move(parts().begin(), parts().end(), taken.begin());
  return taken;
}

RegionState::RegionState() noexcept : dtype(get_default_dtype()) {}

namespace {

/// No record of any thread has a greater sequence now. They are counted from 0, and making one
/// takes longer than a nanosecond.
std::uint64_t greatest_sequence() noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::max(thread_tape.sequence,
                  static_cast<std::uint64_t>(
                      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()));
}

}  // namespace

FirstRun::FirstRun(std::span<const Tensor> arguments) noexcept
    : before_(thread_tape.sequence), raised_(greatest_sequence()) {
  for (const Tensor& argument : arguments) {
    const Record* record = argument.defined() ? record_of(*impl_of(argument)) : nullptr;
    if (record) before_ = std::max(before_, record->sequence);
  }
  // What another thread made may have a greater one than this thread is at.
  raised_ = thread_tape.sequence = std::max(raised_, before_);
}

FirstRun::~FirstRun() { thread_tape.sequence = before_ + (thread_tape.sequence - raised_); }

bool FirstRun::made(const Tensor& tensor) const noexcept {
  const Record* record = tensor.defined() ? record_of(*impl_of(tensor)) : nullptr;
  return record && record->sequence > raised_;
}

Region::Outside FirstRun::outside(std::span<const Tensor> outputs,
                                  std::span<const Tensor> arguments) const {
  /// Records of the region, each once.
  struct Met {
    Claims claims;
    std::vector<Record*> records;
    ~Met() {
      for (Record* record : records) claims.leave(*record);
    }
    void meet(Record& record) {
      if (claims.have(record)) return;
      if (records.size() == records.capacity()) records.reserve(2 * records.size() + 64);
      claims.take(record);
      records.push_back(&record);
    }
  } met;
  Region::Outside outside{{arguments.begin(), arguments.end()}, {}};
  Targets known;
  std::vector<std::uint32_t> edges;  // of the region, to each of them
  const auto met_first = [&](const void* key) {
    if (const Target* target = known.find(key)) {
      ++edges[known.index_of(*target)];
      return false;
    }
    (void)known.add(key);
    edges.push_back(1);
    return true;
  };
  for (const Tensor& argument : arguments) {
    if (!argument.defined()) continue;
    const Impl* impl = impl_of(argument);
    const Record* record = record_of(*impl);
    (void)met_first(record ? static_cast<const void*>(record) : impl);
  }
  for (const Tensor& output : outputs) met.meet(*record_of(*impl_of(output)));
  for (std::size_t next = 0; next < met.records.size(); ++next) {
    for (const Edge& edge : met.records[next]->edges()) {
      if (Record* record = edge.record()) {
        if (record->sequence > raised_)
          met.meet(*record);
        else if (met_first(record))
          outside.records.push_back(record);
      } else if (Impl* leaf = edge.leaf(); leaf && met_first(leaf)) {
        outside.inputs.push_back(share(leaf));
      }
    }
  }
  // A leaf that only these records know was made here: nobody can ask for its gradient.
  const auto first = outside.inputs.begin() + static_cast<std::ptrdiff_t>(arguments.size());
  outside.inputs.erase(std::remove_if(first, outside.inputs.end(),
                                      [&](const Tensor& leaf) {
                                        const Impl* key = impl_of(leaf);
                                        const auto index = known.index_of(*known.find(key));
                                        return key->handles.load() == edges[index] + 1;
                                      }),
                       outside.inputs.end());
  outside.inputs.resize(outside.inputs.size() + outside.records.size());
  return outside;
}

NextRun::NextRun(const Region& region, const RegionState& state) noexcept
    : recording_(set_grad_enabled(true)),
      scope_(std::exchange(thread_tape.scope, region.scope)),
      sequence_(std::exchange(thread_tape.sequence, region.before)),
      generator_(std::exchange(default_generator(), state.generator)),
      dtype_(state.dtype) {}

NextRun::~NextRun() {
  default_generator() = generator_;
  thread_tape.sequence = sequence_;
  thread_tape.scope = scope_;
  set_grad_enabled(recording_);
}

}  // namespace tapegrad::detail
