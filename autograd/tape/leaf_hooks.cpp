#include "autograd/tape/leaf_hooks.h"

#include <mutex>
#include <unordered_map>
#include <utility>

#include "autograd/memory/noticed_block.h"

namespace tapegrad::detail {

constinit std::atomic<std::size_t> hooked_leaves{0};

namespace {

struct HookedLeaf {
  std::shared_ptr<HookList> hooks;
  std::uint8_t size_class;  // of its block, which is a noticed one
};

struct LeafTable {
  std::mutex mutex;
  std::unordered_map<const void*, HookedLeaf> leaves;
};
LeafTable& leaf_table() {
  static auto& instance = *new LeafTable;  // never destroyed, as static tensors may outlive it
  return instance;
}

/// Forgets the hooks of a leaf whose block goes.
std::uint8_t forget_leaf(const void* leaf) noexcept {
  LeafTable& all = leaf_table();
  HookedLeaf gone;  // what its hooks hold goes after the lock
  const std::lock_guard lock(all.mutex);
  gone = std::move(all.leaves.extract(leaf).mapped());
  hooked_leaves = all.leaves.size();
  return gone.size_class;
}

}  // namespace

HookHandle hook_leaf(Impl* leaf, HookKind kind, HookFunction call) {
  LeafTable& all = leaf_table();
  const std::lock_guard lock(all.mutex);
  auto known = all.leaves.find(leaf);
  if (known == all.leaves.end()) {
    HookedLeaf entry{std::make_shared<HookList>(), leaf->size_class};
    known = all.leaves.emplace(leaf, std::move(entry)).first;
    noticed_block_goes = forget_leaf;
    leaf->size_class = SizeClasses::kNoticed;
    hooked_leaves = all.leaves.size();
  }
  const std::shared_ptr<HookList>& hooks = known->second.hooks;
  return {hooks, hooks->add(kind, std::move(call))};
}

std::shared_ptr<HookList> leaf_hooks_of(const Impl* leaf) noexcept {
  LeafTable& all = leaf_table();
  const std::lock_guard lock(all.mutex);
  const auto known = all.leaves.find(leaf);
  return known == all.leaves.end() ? nullptr : known->second.hooks;
}

}  // namespace tapegrad::detail
