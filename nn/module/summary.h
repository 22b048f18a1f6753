#pragma once

/// @file
/// A model as a table, with the number of parameters of each part.
///
///     nn::Sequential net{nn::Linear{784, 128}, tg::relu, nn::Linear{128, 10}};
///     fmt::print("{}", nn::summary(net));

#include <string>

#include "nn/module/visitor.h"

namespace tapegrad::nn {

/// @addtogroup modules
/// @{

/// The model as a table: each module with its name, indented below what it is part of, and the
/// number of its own parameters; below that the total (shared ones once), how many of them are
/// trained, and their size in memory.
///
///     module                                                         parameters
///     Net
///       fc1: Linear(in_features=784, out_features=128, bias=true)       100,480
///       fc2: Linear(in_features=128, out_features=10, bias=true)          1,290
///     total                                                             101,770
///     101,770 trained, 0 frozen, 407,080 bytes
std::string summary(ModuleRef model);

/// @}

}  // namespace tapegrad::nn
