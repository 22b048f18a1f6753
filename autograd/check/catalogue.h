#pragma once

/// @file
/// What each operator is and can: types, orders, forward mode, sparsity, ONNX, and its gradient
/// where that is a choice. The page @ref operator_catalogue is made of it.
///
///     for (const tg::CatalogueEntry& entry : tg::catalogue())
///       if (entry.forward_mode == "none") fmt::print("{}\n", entry.name);

#include <span>
#include <string>
#include <vector>

#include "autograd/base/dtype.h"
#include "autograd/check/conventions.h"
#include "autograd/check/operators.h"
#include "autograd/tensor/door/structure.h"

namespace tapegrad {

/// @addtogroup check
/// @{

/// What an operator is and can, as its struct says it and its first case shows it.
struct CatalogueEntry {
  std::string name;           ///< as records on the tape say
  std::string family;         ///< the group of the reference that its function is in
  int arguments;              ///< tensors that it takes
  std::vector<DType> dtypes;  ///< types that its floating-point arguments may have instead
  bool promotes;              ///< arguments of several types are converted to one
  int orders;                 ///< derivatives that were recorded: 2, or 1 where that is constant
  /// How it is differentiated forwards: "formula" (its rule, with the tangent in place of the
  /// cotangent), "linear" (the operator itself), "rule", or "none".
  std::string forward_mode;
  Sparsity sparsity;  ///< where its Jacobian can be other than 0
  Leading leading;    ///< how it takes a batch
  std::string onnx;   ///< its counterpart in ONNX, why it has none, or "by the call"
  std::string note;   ///< its convention; empty where its formula says all
};

/// An entry for each operator, in their order: of the engine if no others are given. Functions that
/// are no operators are in `conventions`, if there is something to say of them.
std::vector<CatalogueEntry> catalogue(const std::vector<OperatorInfo>& all = operators(),
                                      std::span<const Convention> notes = conventions());

/// "elementwise", as the struct of an operator spells it.
const char* name(Sparsity sparsity);
/// "broadcast".
const char* name(Leading leading);

/// @}

}  // namespace tapegrad
