#pragma once

#include <vector>

#include "autograd/ops/linalg/linalg.h"
#include "autograd/transforms/companions.h"
#include "autograd/transforms/index_sets.h"

// Internal: which elements of an input values depend on.

namespace tapegrad::detail {

/// While it lives, every value that this thread computes from the input has sets beside it: for each
/// element the elements of the input that its derivative can depend on, by what operators say of
/// themselves (`Sparsity`). Never too few of them.
class SparsityMode final : public CompanionMode {
 public:
  SparsityMode();

  /// `x` is the input.
  void set_input(const Tensor& x);
  /// For each element of `y` the elements of the input that it depends on, in order.
  std::vector<std::vector<std::int64_t>> sets_of(const Tensor& y) const;

 private:
  using Set = IndexSets::Set;
  using Sets = std::vector<Set>;

  std::optional<unsigned> note(const OperatorCall& call, unsigned varying, Frame& frame) override;
  void carry(const OperatorCall& call, Frame& frame, std::span<const Tensor> outputs,
             std::span<Tensor> results) override;

  /// The sets of input `i`, broadcast to `shape`; empty where it has none.
  static Sets broadcast_sets(const Frame& frame, std::size_t i, const Shape& shape);
  static Tensor companion_of(const Sets& sets, const Shape& shape);
  /// Those of all inputs together.
  Set united(const Frame& frame);

  Sets by_element(const Frame& frame, const Tensor& output);
  Sets by_row(const Frame& frame, const Tensor& output);
  /// Of a product of matrices: a set for each row of the first factor, and for each column of the
  /// second, instead of those of their elements. They broadcast to the result.
  void unite_factors(MatmulOptions flags, Frame& frame);
  /// Of an operator whose results are copies of elements. False where they are more.
  bool by_source(const OperatorCall& call, const Frame& frame, std::span<Tensor> results);
  /// Of one with one result, where each element of an input enters one element of that at most.
  /// False where an element enters several.
  bool by_target(const OperatorCall& call, const Frame& frame, const Tensor& output,
                 std::span<Tensor> results);

  IndexSets sets_;
};

}  // namespace tapegrad::detail
