#pragma once

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "nn/report/answers.h"
#include "nn/report/charts.h"

// Internal: what charts show of histories.

namespace tapegrad::nn::detail {

/// A number of each epoch; NaN for none.
using OfEpoch = std::function<double(const EpochRecord&)>;

inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

OfEpoch training_loss();
OfEpoch validation_loss();
OfEpoch training_metric(const std::string& name);
OfEpoch validation_metric(const std::string& name);

/// The numbers of all epochs that have one; not finite ones stay.
report::Series series_of(const History& history, std::string name, const OfEpoch& of_epoch);

/// Whether a logarithmic axis shows more: all are positive, and the largest is ten times the least.
/// @{
bool spans_a_decade(const std::vector<const report::Numbers*>& numbers);
bool spans_a_decade(const std::vector<report::Panel>& panels);
/// @}

/// The metrics of the first epoch that all runs have.
std::vector<std::string> common_metrics(const std::vector<Run>& runs);

/// A metric whose numbers are shares of 1.
bool is_share(const std::vector<Run>& runs, const std::string& name);

}  // namespace tapegrad::nn::detail
