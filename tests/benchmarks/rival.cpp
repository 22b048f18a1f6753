#include "tests/benchmarks/rival.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace bench {

Side* rival() {
#ifdef TAPEGRAD_TORCH_PLUGIN
  static Side* const side = []() -> Side* {
    // Its names stay its own: both libraries bring a BLAS.
    void* plugin = dlopen(TAPEGRAD_TORCH_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    void* entry = plugin ? dlsym(plugin, "tapegrad_benchmarks_side") : nullptr;
    if (entry) return reinterpret_cast<Side* (*)()>(entry)();
    fmt::print(stderr, "libtorch is left out: {}\n", dlerror());
    return nullptr;
  }();
  return side;
#else
  return nullptr;
#endif
}

}  // namespace bench
