#pragma once

#include <string>
#include <vector>

#include "autograd/base/warning.h"

/// Collects the warnings while it lives.
struct Warnings {
  std::vector<std::string> texts;
  tapegrad::WarningHandler before =
      tapegrad::set_warning_handler([this](const std::string& text) { texts.push_back(text); });
  ~Warnings() { tapegrad::set_warning_handler(before); }
};
