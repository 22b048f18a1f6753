#pragma once

#include <cstddef>

// Internal: for tests that decide which allocation fails.

namespace tapegrad::detail {

/// Where a thread gets its blocks from, one by one, instead of from memory that is kept.
class BlockSource {
 public:
  /// Memory for `bytes` bytes at a multiple of `alignment`, or nullptr: then the caller throws what
  /// it throws when the system has no memory.
  virtual void* acquire(std::size_t bytes, std::size_t alignment) noexcept = 0;
  virtual void release(void* memory, std::size_t bytes, std::size_t alignment) noexcept = 0;

 protected:
  ~BlockSource() = default;
};

/// From now on all blocks that the calling thread acquires, of tensors and records, small and large
/// ones, come from `source`; from nullptr on they come from where they came before. Each block goes
/// back to where it came from, whatever the source is then, so a source must outlive its blocks.
/// Other threads are not affected. Blocks that are at hand cost nothing more for that: the thread
/// has no heap while it has a source.
void set_block_source(BlockSource* source) noexcept;

}  // namespace tapegrad::detail
