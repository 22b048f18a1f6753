#include "autograd/tape/retained.h"

#include <mutex>
#include <unordered_map>
#include <utility>

namespace tapegrad::detail {

namespace {

struct Retained {
  std::mutex mutex;
  std::unordered_map<const Record*, Impl*> outputs;  // with a hold on each
};
Retained& retained() {
  static auto& instance = *new Retained;  // never destroyed, as static tensors may outlive it
  return instance;
}

}  // namespace

void retain_output(Record& record, Impl* output) {
  if (record.retains) return;
  const std::lock_guard lock(retained().mutex);
  retained().outputs.emplace(&record, output);
  hold(output);
  record.retains = true;
}

Impl* retained_output(const Record& record) noexcept {
  if (!record.retains) return nullptr;
  const std::lock_guard lock(retained().mutex);
  return retained().outputs.at(&record);
}

void move_retained(Record& from, Record* to) noexcept {
  if (!from.retains) return;
  from.retains = false;
  Impl* output;
  {
    const std::lock_guard lock(retained().mutex);
    auto entry = retained().outputs.extract(&from);
    output = entry.mapped();
    if (to) {
      entry.key() = to;
      to->retains = true;
      retained().outputs.insert(std::move(entry));
    }
  }
  if (!to) unhold(output);
}

}  // namespace tapegrad::detail
