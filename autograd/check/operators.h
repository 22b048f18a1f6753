#pragma once

/// @file
/// The list of all operators, each with cases to check it by, for programs that prove or draw all
/// of them.
///
///     for (const tg::OperatorInfo& op : tg::operators())
///       if (op.family == "rows") fmt::print("{}: {} cases\n", op.name, op.cases.size());

#include <vector>

#include "autograd/ops/cases.h"

namespace tapegrad {

/// @addtogroup check
/// @{

/// Every operator that can stand on the tape, in a fixed order; arguments are drawn from fixed
/// seeds.
///
/// `gradcheck` and `gradgradcheck` of each case is the proof that Tapegrad's gradients are right;
/// the tests and the example `graph_check` walk this list.
std::vector<OperatorInfo> operators();

/// @}

}  // namespace tapegrad
