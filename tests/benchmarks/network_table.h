#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/benchmarks/work.h"

namespace bench {

/// The perceptrons that are measured, with SGD and float32.
std::vector<NetworkSpec> networks();
/// The one of that name.
NetworkSpec network(const std::string& name);

/// Random parameters, much as layers start with, and a random batch.
NetworkData random_network(const NetworkSpec& spec);
NetworkData random_network(const TransformerSpec& spec);
/// Random numbers in the shapes of the parameters.
std::vector<Array> random_direction(const NetworkSpec& spec);

/// Number of parameters.
std::int64_t parameter_count(const NetworkSpec& spec);

const char* name_of(Optimizer optimizer);

/// So small a learning rate that a network is the same after a million steps: trained to the end,
/// its gradients would become denormal numbers, which are ten times slower.
inline constexpr double kStandStill = 1e-7;

}  // namespace bench
