#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "autograd/tape/apply_list.h"
#include "autograd/tensor/create/random.h"
#include "autograd/transforms/walk.h"

// Internal: a part of the tape that one record stands for. Nothing that was recorded there is kept;
// the walk has it computed again when it arrives.

namespace tapegrad::detail {

/// The record of a region: its edges lead to all that the region read from outside, its arguments
/// and what its function found by itself. The walk asks for what the region computes (`again`),
/// and then walks that as if it had been on the tape all the time: the new records lead to the same
/// records and leaves beyond, and what they hand on is added there to what has arrived. So sums
/// come about in the same order, and have the same bits.
struct Region : ListRecord {
  /// What the region read from outside: its arguments, then leaves, then, undefined, what
  /// `records` made.
  struct Outside {
    std::vector<Tensor> inputs;
    std::vector<Record*> records;
    /// Whether a gradient flows to any of that.
    bool any() const noexcept {
      return std::any_of(inputs.begin(), inputs.end(),
                         [](const Tensor& each) { return requires_record(each); }) ||
             !records.empty();
    }
  };

  Region(const ListSizes& sizes, DType type, std::size_t arguments) noexcept
      : ListRecord(sizes, type), argument_count(arguments) {}

  Tensor vjp(int, const Tensor&, bool) final { return {}; }  // see `again`
  /// The tensors from which the walk goes on, in place of the outputs, and their cotangents.
  /// `create_graph`: these are recorded.
  virtual std::vector<Root> again(bool create_graph) = 0;
  /// Drops what only `again` needs.
  virtual void forget() noexcept = 0;

  /// Connects it to what the region read. Of that it saves the arguments, and leaves, too, since a
  /// change of them would change what is computed again.
  void connect_region(const Outside& outside) noexcept;
  /// Becomes the maker of `outputs`, in place of what made them within the region. `reads`: `kY`
  /// to save them. Errors: `std::bad_alloc`, and the region is gone.
  void take_over(std::span<const Tensor> outputs, Reads reads);
  /// The saved arguments, connected to the graph.
  std::vector<Tensor> arguments();
  /// Takes the cotangents that have arrived at the outputs; undefined where none has.
  std::vector<Tensor> take_cotangents() noexcept;

  std::size_t argument_count;
  std::uint64_t before = 0;  ///< the last sequence before the region
};

/// `record` as a region, or nullptr.
inline Region* as_region(Record& record) noexcept {
  return record.several ? dynamic_cast<Region*>(&record) : nullptr;
}

/// What a region computes with, beside its arguments: as it is on this thread now.
struct RegionState {
  Generator generator = default_generator();
  DType dtype;
  RegionState() noexcept;
};

/// While it lives, this thread records, in a region: for the first time.
class FirstRun {
 public:
  explicit FirstRun(std::span<const Tensor> arguments) noexcept;
  FirstRun(const FirstRun&) = delete;
  FirstRun& operator=(const FirstRun&) = delete;
  /// The sequences go on as if they had never been raised.
  ~FirstRun();

  /// True of a tensor that was recorded since.
  bool made(const Tensor& tensor) const noexcept;
  /// What the records behind `outputs`, all made in the region, lead to that was there before.
  Region::Outside outside(std::span<const Tensor> outputs, std::span<const Tensor> arguments) const;
  /// The last sequence before it.
  std::uint64_t before() const noexcept { return before_; }

 private:
  std::uint64_t before_;
  std::uint64_t raised_;  // no record that was there before has a greater sequence
};

/// While it lives, this thread is as it was when the region ran first, and records.
class NextRun {
 public:
  NextRun(const Region& region, const RegionState& state) noexcept;
  NextRun(const NextRun&) = delete;
  NextRun& operator=(const NextRun&) = delete;
  ~NextRun();

 private:
  const bool recording_;
  const char* const scope_;
  const std::uint64_t sequence_;
  const Generator generator_;
  const DefaultDType dtype_;
};

}  // namespace tapegrad::detail
