#include "nn/module/summary.h"

#include <algorithm>
#include <vector>

#include "autograd/base/fail.h"
#include "nn/module/module.h"

namespace tapegrad::nn {
namespace {

/// "1,234,567".
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3) {
    digits.insert(static_cast<std::size_t>(place), 1, ',');
  }
  return digits;
}

struct Row {
  std::string text;
  std::int64_t parameters = 0;  // of the module itself, without its children
};

/// One row per module, in order, indented by depth.
class RowCollector : public Visitor {
 public:
  std::vector<Row> rows;

 private:
  void on_enter(const ModuleRef& module) override {
    const std::string& name = path();
    const std::size_t parent = open_.empty() ? 0 : open_.back().name_length;
    const std::string own = name.substr(std::min(parent + (parent > 0), name.size()));
    rows.push_back(
        {std::string(2 * open_.size(), ' ') + (own.empty() ? "" : own + ": ") + module.describe()});
    open_.push_back({rows.size() - 1, name.size()});
  }
  void on_leave() override { open_.pop_back(); }
  void on_parameter(const std::string&, Tensor& value) override {
    if (!open_.empty()) rows[open_.back().row].parameters += value.numel();
  }

  struct Open {
    std::size_t row, name_length;
  };
  std::vector<Open> open_;
};

}  // namespace

std::string summary(ModuleRef model) {
  RowCollector collector;
  collector.walk(model);

  std::size_t width = 0;
  for (const Row& row : collector.rows) width = std::max(width, row.text.size());
  const auto line = [width](std::string_view left, std::string_view right) {
    return fmt::format("{:{}}  {:>12}\n", left, width, right);
  };
  std::string text = line("module", "parameters");
  for (const auto& [row, parameters] : collector.rows) {
    text += parameters == 0 ? row + "\n" : line(row, grouped(parameters));
  }

  std::int64_t bytes = 0;
  for (const auto& [name, value] : parameters(model)) {
    bytes += value.numel() * static_cast<std::int64_t>(size_of(value.dtype()));
  }
  const std::int64_t total = parameter_count(model);
  const std::int64_t trained = parameter_count(model, true);
  return text + line("total", grouped(total)) +
         fmt::format("{} trained, {} frozen, {} bytes\n", grouped(trained),
                     grouped(total - trained), grouped(bytes));
}

}  // namespace tapegrad::nn
