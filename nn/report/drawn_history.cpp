#include "nn/report/drawn_history.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tapegrad::nn::detail {

using report::Series;

OfEpoch training_loss() {
  return [](const EpochRecord& epoch) { return epoch.training.loss; };
}
OfEpoch validation_loss() {
  return [](const EpochRecord& epoch) { return epoch.validation ? epoch.validation->loss : kNone; };
}
OfEpoch training_metric(const std::string& name) {
  return [name](const EpochRecord& epoch) {
    const Measured* found = epoch.training.find(name);
    return found ? found->value : kNone;
  };
}
OfEpoch validation_metric(const std::string& name) {
  return [name](const EpochRecord& epoch) {
    const Measured* found = epoch.validation ? epoch.validation->find(name) : nullptr;
    return found ? found->value : kNone;
  };
}

Series series_of(const History& history, std::string name, const OfEpoch& of_epoch) {
  std::vector<double> x, y;
  for (const EpochRecord& epoch : history.epochs) {
    x.push_back(static_cast<double>(epoch.epoch));
    y.push_back(of_epoch(epoch));
  }
  if (std::ranges::all_of(y, [](double value) { return std::isnan(value); })) x = y = {};
  return {.name = std::move(name), .x = std::move(x), .y = std::move(y)};
}

bool spans_a_decade(const std::vector<const report::Numbers*>& numbers) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const report::Numbers* some : numbers) {
    for (const double value : *some) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  return low > 0 && high >= 10 * low;
}

bool spans_a_decade(const std::vector<report::Panel>& panels) {
  std::vector<const report::Numbers*> numbers;
  for (const report::Panel& panel : panels)
    for (const Series& series : panel.series) numbers.push_back(&series.y);
  return spans_a_decade(numbers);
}

std::vector<std::string> common_metrics(const std::vector<Run>& runs) {
  std::vector<std::string> names;
  if (runs.empty() || runs.front().history.epochs.empty()) return names;
  for (const Measured& metric : runs.front().history.epochs.front().training.metrics) {
    const bool all = std::ranges::all_of(runs, [&](const Run& run) {
      return !run.history.epochs.empty() && run.history.epochs.front().training.find(metric.name);
    });
    if (all) names.push_back(metric.name);
  }
  return names;
}

bool is_share(const std::vector<Run>& runs, const std::string& name) {
  bool any = false;
  for (const Run& run : runs) {
    for (const EpochRecord& epoch : run.history.epochs) {
      const Measured* found = epoch.training.find(name);
      if (!found) continue;
      any = true;
      if (!found->interval || !(found->value >= 0 && found->value <= 1)) return false;
    }
  }
  return any;
}

}  // namespace tapegrad::nn::detail
