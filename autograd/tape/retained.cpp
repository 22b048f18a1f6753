#include "autograd/tape/retained.h"

#include <mutex>
#include <unordered_map>
#include <utility>

namespace tapegrad::detail {

namespace {

struct Retained {
  std::mutex mutex;
  std::unordered_map<const Record*, Impl*> outputs;  // with a hold on each
  std::unordered_map<const Record*, std::shared_ptr<HookList>> hooks;
};
Retained& retained() {
  static auto& instance = *new Retained;  // never destroyed, as static tensors may outlive it
  return instance;
}

/// What stands for `record` in one of the two lists, taken out.
template <class List>
auto taken_out(List& list, const Record& record) noexcept {
  auto entry = list.extract(&record);
  return entry ? std::move(entry.mapped()) : typename List::mapped_type();
}

}  // namespace

void retain_output(Record& record, Impl* output) {
  const std::lock_guard lock(retained().mutex);
  if (!retained().outputs.emplace(&record, output).second) return;
  hold(output);
  record.retains = true;
}

Impl* retained_output(const Record& record) noexcept {
  if (!record.retains) return nullptr;
  const std::lock_guard lock(retained().mutex);
  const auto entry = retained().outputs.find(&record);
  return entry == retained().outputs.end() ? nullptr : entry->second;
}

void move_retained(Record& from, Record* to) noexcept {
  if (!from.retains) return;
  Impl* let_go = nullptr;
  {
    const std::lock_guard lock(retained().mutex);
    from.retains = retained().hooks.contains(&from);
    auto entry = retained().outputs.extract(&from);
    if (entry && to) {
      entry.key() = to;
      to->retains = true;
      retained().outputs.insert(std::move(entry));
    } else if (entry) {
      let_go = entry.mapped();
    }
  }
  if (let_go) unhold(let_go);
}

HookHandle hook_output(Record& record, HookKind kind, HookFunction call) {
  const std::lock_guard lock(retained().mutex);
  std::shared_ptr<HookList>& hooks = retained().hooks[&record];
  record.retains = true;
  if (!hooks) hooks = std::make_shared<HookList>();
  return {hooks, hooks->add(kind, std::move(call))};
}

std::shared_ptr<HookList> hooks_of(const Record& record) noexcept {
  if (!record.retains) return nullptr;
  const std::lock_guard lock(retained().mutex);
  const auto entry = retained().hooks.find(&record);
  return entry == retained().hooks.end() ? nullptr : entry->second;
}

void forget_retained(Record& gone) noexcept {
  std::shared_ptr<HookList> hooks;  // what they hold goes after the lock
  Impl* output;
  {
    const std::lock_guard lock(retained().mutex);
    hooks = taken_out(retained().hooks, gone);
    output = taken_out(retained().outputs, gone);
  }
  if (output) unhold(output);
}

}  // namespace tapegrad::detail
