#pragma once

#include <cstddef>
#include <vector>

#include "nn/optim/core/optimizer.h"

// Internal: schedules change settings of all groups, or, where memory ends, of none.

namespace tapegrad::nn::detail {

/// Puts the settings of an optimizer back, unless what changes them is `done`.
class SettingsGuard {
 public:
  explicit SettingsGuard(Optimizer& optimizer) : optimizer_(optimizer) {
    for (std::size_t group = 0; group < optimizer.group_count(); ++group)
      before_.push_back(optimizer.settings(group));
  }
  SettingsGuard(const SettingsGuard&) = delete;
  SettingsGuard& operator=(const SettingsGuard&) = delete;
  ~SettingsGuard() {
    if (done) return;
    for (std::size_t group = 0; group < before_.size(); ++group)
      optimizer_.change_settings(group, before_[group]);
  }

  bool done = false;

 private:
  Optimizer& optimizer_;
  std::vector<std::vector<Optimizer::Setting>> before_;
};

}  // namespace tapegrad::nn::detail
