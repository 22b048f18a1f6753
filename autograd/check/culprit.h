#pragma once

#include <functional>
#include <vector>

#include "autograd/check/gradcheck.h"

// Internal: which operators make a gradient wrong.

namespace tapegrad::detail {

/// Runs `run` and checks each operator that it records, by itself, on the values that it gets, up
/// to the derivative of order `order`. Fills `result.culprits`, one entry for each operator and module
/// path, and `result.operators_checked`. What `run` throws ends the search.
///
/// An operator is a culprit only if its rule, asked without the walk, differs from differences:
/// what the engine does wrong is no operator's fault.
void find_culprits(const std::function<void()>& run, int order, const GradcheckOptions& options,
                   GradcheckResult& result);

}  // namespace tapegrad::detail
