#include "nn/module/hooks.h"

#include <algorithm>
#include <string>
#include <vector>

#include "autograd/base/fail.h"
#include "nn/module/hook_place.h"

namespace tapegrad::nn::detail {

namespace {

/// Looks for where the module at a path keeps its hooks.
class HookPlaceFinder final : public Visitor {
 public:
  explicit HookPlaceFinder(std::string_view wanted) : wanted_(wanted) {}

  HookPlace* place = nullptr;      ///< the innermost of that path: what a `Layer` holds, if it can
  bool found = false;              ///< there is a module
  std::string module;              ///< what it is
  std::vector<std::string> names;  ///< of all modules but the model itself

 private:
  void on_enter(const ModuleRef& entered) override {
    if (!path().empty() && (names.empty() || names.back() != path())) names.push_back(path());
    if (path() != wanted_) return;
    found = true;
    module = entered.describe();
  }
  void on_hooks(HookPlace& shown) override {
    if (path() == wanted_) place = &shown;
  }

  std::string_view wanted_;
};

/// "fc1, fc2", or as many of them as can be read.
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 20;
  std::string text = names.empty() ? "none" : names[0];
  for (std::size_t i = 1; i < std::min(names.size(), most); ++i) text += ", " + names[i];
  return names.size() > most ? text + ", ..." : text;
}

}  // namespace

HookHandle hook_layer(const ModuleRef& model, std::string_view path,
                      tapegrad::detail::HookKind kind, tapegrad::detail::HookFunction call,
                      const char* caller) {
  HookPlaceFinder finder(path);
  finder.walk(model);
  if (!finder.found)
    fail<ValueError>("{}: the model has no module \"{}\"; it has {}", caller, path,
                     listed(finder.names));
  if (!finder.place)
    fail<ValueError>(
        "{}: {} is {}, which does not call hooks; hold it as an nn::Layer, put it into a "
        "Sequential, or take a layer within it",
        caller, path.empty() ? std::string("the model") : fmt::format("\"{}\"", path),
        finder.module);
  const auto& hooks = finder.place->list();
  return {hooks, hooks->add(kind, std::move(call))};
}

}  // namespace tapegrad::nn::detail
