#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "autograd/graph/graph.h"
#include "autograd/tape/record.h"

// Internal: the values behind a tensor that the tape still has, and what they say.

namespace tapegrad::detail {

class TapeValues {
 public:
  /// Of these records, and of `result`, which they made.
  TapeValues(std::span<Record* const> records, const Tensor& result);

  /// What `record` made, or nullptr where nobody saved it, or where it has changed since.
  const Impl* output_of(const Record& record) const noexcept;
  /// None of an unknown value, and of whole numbers. A value is read once.
  std::optional<NotFinite> not_finite(const Impl* value);

 private:
  std::unordered_map<const Record*, const Impl*> outputs_;
  std::unordered_map<const Impl*, NotFinite> counted_;
};

/// For each record the place of the first that computes the same, or -1. `list` is what is known of
/// `records`.
std::vector<std::int64_t> find_repeats(std::span<Record* const> records,
                                       std::span<const RecordInfo> list, const TapeValues& values);

}  // namespace tapegrad::detail
