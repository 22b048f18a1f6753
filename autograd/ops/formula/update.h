#pragma once

#include "autograd/ops/formula/loop.h"
#include "autograd/tensor/change.h"
#include "autograd/tensor/tensor.h"

// Internal: the pass of an update formula over tensors. autograd/formula.h is for programs.

namespace tapegrad::detail {

/// One formula, as data.
struct UpdateInfo {
  const char* name;          ///< of the formula
  Change change;             ///< by it; to ask this for the name is a call
  std::size_t slots;         ///< how many it has
  const char* const* names;  ///< of these
  std::size_t bytes;         ///< of its numbers
  const UpdateLoops* loops;  ///< for this machine
};

/// The description of a formula of the library, which has loops for every instruction set; see
/// library.h.
template <class Formula>
const UpdateInfo& library_formula();

/// Checks all tensors, makes those slots that are undefined, and changes the parameter and the
/// slots in one pass. A null among `slots` is not used. `arrays` has room for the pointers of all:
/// 2, and one for each slot.
void run_update(const UpdateInfo& info, const void* formula, Tensor& parameter,
                const Tensor& gradient, Tensor* const* slots, void** arrays);

}  // namespace tapegrad::detail
