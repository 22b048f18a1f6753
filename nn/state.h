#pragma once

#include <string>
#include <vector>

#include "nn/module.h"

namespace tapegrad::nn {

/// The tensors of a model in the order of `visit`, under their dotted names (PyTorch's names).
using StateDict = std::vector<Parameter>;

/// A copy of all parameters and buffers. Later training does not change it, so that it can be kept
/// as the best state so far. (PyTorch returns aliases.)
StateDict state_dict(ModuleRef model);

/// The names that `load_state_dict` left alone.
struct LoadReport {
  std::vector<std::string> missing;     ///< in the model but not in the state
  std::vector<std::string> unexpected;  ///< in the state but not in the model
};

/// Copies the values of `state` into the model's tensors, which stay the same tensors;
/// floating-point types are converted into each other. Without `strict`, names on one side only are
/// reported and left alone. Errors name every entry that does not fit, and nothing has changed:
/// `ValueError` for missing and unexpected names (when strict) and for a name given twice;
/// `ShapeError`; `DTypeError`.
LoadReport load_state_dict(ModuleRef model, const StateDict& state, bool strict = true);

}  // namespace tapegrad::nn
