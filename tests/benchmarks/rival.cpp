#include "tests/benchmarks/rival.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace bench {

namespace {

/// The plug-in, or nullptr.
void* plugin() {
#ifdef TAPEGRAD_TORCH_PLUGIN
  // Its names stay its own: both libraries bring a BLAS.
  static void* const loaded = dlopen(TAPEGRAD_TORCH_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  return loaded;
#else
  return nullptr;
#endif
}

}  // namespace

Side* rival() {
#ifdef TAPEGRAD_TORCH_PLUGIN
  static Side* const side = []() -> Side* {
    void* entry = plugin() ? dlsym(plugin(), "tapegrad_benchmarks_side") : nullptr;
    if (entry) return reinterpret_cast<Side* (*)()>(entry)();
    fmt::print(stderr, "libtorch is left out: {}\n", dlerror());
    return nullptr;
  }();
  return side;
#else
  return nullptr;
#endif
}

std::string rival_blas() {
  if (!plugin()) return {};
  // As the loader looks names up: in the program and what it was linked with, then in the plug-in
  // and what that brought.
  void* product = dlsym(RTLD_DEFAULT, "sgemm_");
  if (!product) product = dlsym(plugin(), "sgemm_");
  Dl_info info;
  if (!product || !dladdr(product, &info)) return {};
  std::error_code unknown;
  const auto file = std::filesystem::canonical(info.dli_fname, unknown);
  return unknown ? info.dli_fname : file.string();
}

}  // namespace bench
