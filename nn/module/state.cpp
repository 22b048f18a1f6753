#include "nn/module/state.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <unordered_map>

#include "autograd/base/fail.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/require.h"
#include "autograd/tensor/visit_dtype.h"

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

class ContentCollector : public Visitor {
 public:
  detail::ModelContent found;

 private:
  void on_parameter(const std::string& name, Tensor& value) override { add(name, value); }
  void on_buffer(const std::string& name, Tensor& value) override { add(name, value); }
  void on_training(bool& flag) override { found.training.push_back(&flag); }
  void add(const std::string& name, const Tensor& value) {
    const auto [first, is_new] = first_.emplace(value.id(), name);
    if (is_new)
      found.tensors.push_back({name, value});
    else
      found.tied.emplace(name, first->second);
  }

  std::unordered_map<const void*, std::string> first_;
};

StateDict collect(ModuleRef model, std::string_view prefix) {
  StateCollector collector(prefix);
  collector.walk(model);
  return std::move(collector.found);
}

bool convertible(DType from, DType to) {
  return from == to || (is_floating_point(from) && is_floating_point(to));
}

/// The same bits, of one type and shape.
bool same_values(const Tensor& a, const Tensor& b) {
  return visit_dtype(a.dtype(), [&]<class T>(T) {
    const std::span<const T> x = a.data<T>(), y = b.data<T>();
    return x.data() == y.data() || std::memcmp(x.data(), y.data(), x.size_bytes()) == 0;
  });
}

/// True if a finite number becomes infinite as float32.
bool overflows(const Tensor& value) {
  if (value.dtype() != float64) return false;
  const std::span<const double> data = value.data<double>();
  return std::ranges::any_of(
      data, [](double x) { return std::isfinite(x) && !std::isfinite(static_cast<float>(x)); });
}

/// What to do where the state has all names that are missing behind one prefix; else nothing.
std::string prefix_hint(const std::vector<std::string>& missing,
                        const std::vector<std::string>& unexpected) {
  if (missing.empty()) return {};
  const std::string end = '.' + missing[0];
  for (const std::string& name : unexpected) {
    if (!name.ends_with(end)) continue;
    const std::string prefix = name.substr(0, name.size() - end.size());
    const bool all = std::ranges::all_of(missing, [&](const std::string& each) {
      return std::ranges::find(unexpected, prefix + '.' + each) != unexpected.end();
    });
    if (all)
      return fmt::format("\n  all that is missing is there with the option prefix = \"{}\"",
                         prefix);
  }
  return {};
}

/// What does not fit, one line per entry.
struct Misfits {
  std::string names, shapes, dtypes, hint;

  /// True when `given` fits.
  bool check(const Parameter& mine, const Tensor& given) {
    if (!given.defined()) {
      names += fmt::format("\n  {}: undefined in the state", mine.name);
    } else if (given.shape() != mine.value.shape()) {
      shapes += fmt::format("\n  {}: {} in the model, {} in the state", mine.name,
                            mine.value.shape(), given.shape());
    } else if (!convertible(given.dtype(), mine.value.dtype())) {
      dtypes += fmt::format("\n  {}: {} in the model, {} in the state", mine.name,
                            mine.value.dtype(), given.dtype());
    } else {
      return true;
    }
    return false;
  }
  void add_names(std::string_view what, const std::vector<std::string>& list) {
    for (const std::string& name : list) names += fmt::format("\n  {}: {}", name, what);
  }
  void throw_if_any(std::string_view loader) const {
    const std::string text =
        fmt::format("{}: the state does not fit the model, nothing was loaded", loader);
    if (!names.empty()) fail<ValueError>("{}{}{}{}{}", text, names, shapes, dtypes, hint);
    if (!shapes.empty()) fail<ShapeError>("{}{}{}", text, shapes, dtypes);
    if (!dtypes.empty()) fail<DTypeError>("{}{}", text, dtypes);
  }
};

}  // namespace

StateDict state_dict(ModuleRef model, std::string_view prefix) try {
  const NoGrad no_grad;
  StateDict state = collect(model, prefix);
  for (auto& [name, value] : state) value = value.clone();
  return state;
} catch (...) {
  tapegrad::detail::rethrow_for("state_dict");
}

LoadReport load_state_dict(ModuleRef model, const StateDict& state,
                           const LoadOptions& options) try {
  detail::PreparedLoad load = detail::prepare_load("load_state_dict", model, state, options);
  load.commit();
  return std::move(load.report);
} catch (...) {
  tapegrad::detail::rethrow_for("load_state_dict");
}

detail::ModelContent detail::content_of(ModuleRef model) {
  ContentCollector collector;
  collector.walk(model);
  collector.found.parameters = parameters(model);
  return std::move(collector.found);
}

detail::PreparedLoad detail::prepare_load(std::string_view loader, ModuleRef model,
                                          const StateDict& state, const LoadOptions& options) {
  const auto own_name = [&](const std::string& name) {
    for (const auto& [from, to] : options.rename)
      if (name.starts_with(from)) return to + name.substr(from.size());
    return name;
  };
  // Whether a name of the state is meant for this model.
  const auto ours = [&prefix = options.prefix](std::string_view name) {
    return prefix.empty() ||
           (name.starts_with(prefix) && name.substr(prefix.size()).starts_with('.'));
  };
  Misfits misfits;
  std::unordered_map<std::string, const Tensor*> given;
  std::vector<std::string> order;
  for (const auto& [name, value] : state) {
    std::string own = own_name(name);
    if (!ours(own)) continue;
    if (given.emplace(own, &value).second)
      order.push_back(std::move(own));
    else
      misfits.add_names("twice in the state", {own});
  }

  LoadReport report;
  StateDict mine = collect(model, options.prefix);
  std::set<std::string> known;
  std::unordered_map<const void*, Parameter> first;  // a name in the state of each tensor
  for (const Parameter& entry : mine) {
    known.insert(entry.name);
    const auto found = given.find(entry.name);
    if (found == given.end()) continue;
    const Tensor& value = *found->second;
    if (!misfits.check(entry, value)) continue;
    const auto [other, is_first] = first.emplace(entry.value.id(), Parameter{entry.name, value});
    if (!is_first &&
        !same_values(value.to(entry.value.dtype()), other->second.value.to(entry.value.dtype())))
      misfits.add_names("one tensor with " + other->second.name + " in the model, not in the state",
                        {entry.name});
    if (value.dtype() != entry.value.dtype()) report.converted.push_back(entry.name);
  }
  for (const auto& [name, value] : mine)
    if (!given.count(name) && !first.count(value.id())) report.missing.push_back(name);
  for (const std::string& name : order)
    if (!known.count(name)) report.unexpected.push_back(name);
  if (options.strict) {
    misfits.add_names("missing in the state", report.missing);
    misfits.add_names("not in the model", report.unexpected);
  }
  if (options.strict && options.prefix.empty())
    misfits.hint = prefix_hint(report.missing, report.unexpected);
  misfits.throw_if_any(loader);

  // Converted here, so that nothing is left that could fail.
  std::vector<std::pair<Tensor, Tensor>> copies;
  for (const auto& [name, value] : mine) {
    const auto found = given.find(name);
    if (found == given.end()) continue;
    copies.emplace_back(value, found->second->to(value.dtype()));
    if (value.dtype() == float32 && overflows(*found->second))
      misfits.add_names("numbers in the state that float32 does not hold", {name});
  }
  misfits.throw_if_any(loader);
  return {std::move(report), [copies = std::move(copies)]() mutable {
            const NoGrad no_grad;
            for (auto& [to, from] : copies) to.copy_(from);
          }};
}

}  // namespace tapegrad::nn
