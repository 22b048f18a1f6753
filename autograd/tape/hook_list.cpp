#include "autograd/tape/hook_list.h"

#include <algorithm>
#include <iterator>

namespace tapegrad {

namespace detail {

std::shared_ptr<Hook> HookList::add(HookKind kind, HookFunction call) {
  auto hook = std::make_shared<Hook>();
  hook->kind = kind;
  hook->call = std::move(call);
  const std::lock_guard lock(mutex_);
  hooks_.push_back(hook);
  return hook;
}

std::vector<std::shared_ptr<Hook>> HookList::of(HookKind kind) const {
  std::vector<std::shared_ptr<Hook>> found;
  const std::lock_guard lock(mutex_);
  std::copy_if(hooks_.begin(), hooks_.end(), std::back_inserter(found),
               [&](const auto& hook) { return hook->kind == kind; });
  return found;
}

void HookList::remove(const Hook& hook) noexcept {
  std::shared_ptr<Hook> gone;  // what it holds goes after the lock
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(hooks_.begin(), hooks_.end(),
                               [&](const auto& each) { return each.get() == &hook; });
  if (at == hooks_.end()) return;
  gone = std::move(*at);
  hooks_.erase(at);
}

}  // namespace detail

void HookHandle::remove() noexcept {
  const std::shared_ptr<detail::Hook> hook = hook_.lock();
  const std::shared_ptr<detail::HookList> list = list_.lock();
  if (!hook || !list) return;
  hook->removed = true;
  list->remove(*hook);
}

}  // namespace tapegrad
