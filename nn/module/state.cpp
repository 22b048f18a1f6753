#include "nn/module/state.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "autograd/base/fail.h"
#include "autograd/tape/no_grad.h"

namespace tapegrad::nn {
namespace {

/// Every parameter and buffer under each of its names.
class StateCollector : public Visitor {
 public:
  explicit StateCollector(std::string_view prefix) : Visitor(std::string(prefix)) {}

  StateDict found;

 private:
  void on_parameter(const std::string& name, Tensor& value) override {
    found.push_back({name, value});
  }
  void on_buffer(const std::string& name, Tensor& value) override {
    found.push_back({name, value});
  }
};

StateDict collect(ModuleRef model, std::string_view prefix) {
  StateCollector collector(prefix);
  collector.walk(model);
  return std::move(collector.found);
}

bool convertible(DType from, DType to) {
  return from == to || (is_floating_point(from) && is_floating_point(to));
}

/// What does not fit, one line per entry.
struct Misfits {
  std::string names, shapes, dtypes;

  void check(const Parameter& mine, const Tensor& given) {
    if (!given.defined()) {
      names += fmt::format("\n  {}: undefined in the state", mine.name);
    } else if (given.shape() != mine.value.shape()) {
      shapes += fmt::format("\n  {}: {} in the model, {} in the state", mine.name,
                            mine.value.shape(), given.shape());
    } else if (!convertible(given.dtype(), mine.value.dtype())) {
      dtypes += fmt::format("\n  {}: {} in the model, {} in the state", mine.name,
                            mine.value.dtype(), given.dtype());
    }
  }
  void add_names(const char* what, const std::vector<std::string>& list) {
    for (const std::string& name : list) names += fmt::format("\n  {}: {}", name, what);
  }
  void throw_if_any() const {
    const std::string text =
        "load_state_dict: the state does not fit the model, nothing was loaded";
    if (!names.empty()) fail<ValueError>("{}{}{}{}", text, names, shapes, dtypes);
    if (!shapes.empty()) fail<ShapeError>("{}{}{}", text, shapes, dtypes);
    if (!dtypes.empty()) fail<DTypeError>("{}{}", text, dtypes);
  }
};

}  // namespace

StateDict state_dict(ModuleRef model, std::string_view prefix) {
  const NoGrad no_grad;
  StateDict state = collect(model, prefix);
  for (auto& [name, value] : state) value = value.clone();
  return state;
}

LoadReport load_state_dict(ModuleRef model, const StateDict& state, Flag strict,
                           std::string_view prefix) {
  // Whether a name of the state is meant for this model.
  const auto ours = [prefix](std::string_view name) {
    return prefix.empty() ||
           (name.starts_with(prefix) && name.substr(prefix.size()).starts_with('.'));
  };
  Misfits misfits;
  std::unordered_map<std::string, const Tensor*> given;
  for (const auto& [name, value] : state) {
    if (ours(name) && !given.emplace(name, &value).second)
      misfits.add_names("twice in the state", {name});
  }

  LoadReport report;
  StateDict mine = collect(model, prefix);
  std::set<std::string> known;
  for (const Parameter& entry : mine) {
    known.insert(entry.name);
    if (const auto found = given.find(entry.name); found != given.end()) {
      misfits.check(entry, *found->second);
    } else {
      report.missing.push_back(entry.name);
    }
  }
  for (const auto& [name, value] : state) {
    if (ours(name) && !known.count(name)) report.unexpected.push_back(name);
  }
  if (strict) {
    misfits.add_names("missing in the state", report.missing);
    misfits.add_names("not in the model", report.unexpected);
  }
  misfits.throw_if_any();

  const NoGrad no_grad;
  for (auto& [name, value] : mine) {
    if (const auto found = given.find(name); found != given.end()) value.copy_(*found->second);
  }
  return report;
}

}  // namespace tapegrad::nn
