#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nn/module/module.h"

namespace tapegrad::nn {

/// @addtogroup modules
/// @{

/// The tensors of a model in the order of `visit`, under their dotted names (PyTorch's names).
using StateDict = std::vector<Parameter>;

/// A copy of all parameters and buffers. Later training does not change it, so that it can be kept
/// as the best state so far. (PyTorch returns aliases.) With a prefix "gen" the names begin with
/// "gen.", so that one state can hold several models.
StateDict state_dict(ModuleRef model, std::string_view prefix = "");

/// The names that `load_state_dict` left alone.
struct LoadReport {
  std::vector<std::string> missing;     ///< in the model but not in the state
  std::vector<std::string> unexpected;  ///< in the state but not in the model
};

/// Copies the values of `state` into the model's tensors, which stay the same tensors;
/// floating-point types are converted into each other. Without `strict`, names on one side only are
/// reported and left alone. Errors name every entry that does not fit, and nothing has changed:
/// `ValueError` for missing and unexpected names (when strict) and for a name given twice;
/// `ShapeError`; `DTypeError`. With a prefix "gen" the model's names begin with "gen.", and all
/// other names of the state belong to other models: they are passed by.
LoadReport load_state_dict(ModuleRef model, const StateDict& state, Flag strict = true,
                           std::string_view prefix = "");

/// @}

}  // namespace tapegrad::nn
