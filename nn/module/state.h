#pragma once

/// @file
/// The state of a model in memory: a copy of its tensors under their names, to keep and to put
/// back.
///
///     nn::Linear net(3, 1);
///     const nn::StateDict best = nn::state_dict(net);
///     nn::init::zeros_(net.weight);
///     nn::load_state_dict(net, best);

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

/// What of a state is loaded, and under which names.
struct LoadOptions {
  bool strict = true;       ///< names on one side only are an error
  std::string prefix = {};  ///< the model's names begin with it and a dot; others are passed by
  /// A name of the state that begins with the first text gets the second in its place; the first
  /// pair that fits is taken. `{{"model.", ""}}` drops "model.", before `prefix` is looked at.
  std::vector<std::pair<std::string, std::string>> rename = {};
  /// Of a file that `load` reads: see `ReadOptions`.
  std::optional<std::int64_t> max_bytes = {};
};

/// What `load_state_dict` did beside copying.
struct LoadReport {
  std::vector<std::string> missing;     ///< in the model but not in the state; left alone
  std::vector<std::string> unexpected;  ///< in the state but not in the model; left alone
  std::vector<std::string> converted;   ///< of the other floating-point type in the state
  std::vector<std::string> left_out;    ///< in a file of PyTorch's: neither tensors nor numbers
};

/// Copies the values of `state` into the model's tensors, which stay the same tensors;
/// floating-point types are converted into each other. A tensor that the model has under several
/// names needs one of them; several must be equal. Errors name every entry that does not fit, and
/// nothing has changed: `ValueError` for missing and unexpected names (when strict), for a name
/// given twice, and for values under two names of one tensor that differ; `ShapeError`;
/// `DTypeError`. With a prefix "gen" the model's names begin with "gen.", and all other names of
/// the state belong to other models: they are passed by.
LoadReport load_state_dict(ModuleRef model, const StateDict& state,
                           const LoadOptions& options = {});

/// @cond
namespace detail {
/// What `load_state_dict` does, in two steps: errors, which begin with `loader`, come from the
/// first; then `commit` copies, and throws nothing.
struct PreparedLoad {
  LoadReport report;
  std::function<void()> commit;
};
PreparedLoad prepare_load(std::string_view loader, ModuleRef model, const StateDict& state,
                          const LoadOptions& options);

/// What a model holds, each tensor once, under its first name.
struct ModelContent {
  std::vector<Parameter> parameters = {};
  StateDict tensors = {};                        ///< parameters and buffers
  std::map<std::string, std::string> tied = {};  ///< other names, and the first of each
  std::vector<bool*> training = {};              ///< the layers' flags
};
ModelContent content_of(ModuleRef model);
}  // namespace detail
/// @endcond

/// @}

}  // namespace tapegrad::nn
