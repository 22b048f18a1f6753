#include <fmt/format.h>

#include <exception>

#include "autograd/kernels/cpu.h"
#include "tests/benchmarks/agree.h"
#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/ours.h"
#include "tests/benchmarks/rival.h"

namespace {

using namespace bench;

Cases all_cases(const Options& options) {
  Cases cases;
  add_overhead_cases(cases);
  add_network_cases(cases);
  add_elementwise_cases(cases);
  add_row_cases(cases);
  add_reduction_cases(cases);
  add_epoch_case(cases, options);
  add_memory_cases(cases);
  add_start_up_cases(cases);
  return cases;
}

std::string title(const Side* torch) {
  static constexpr const char* kIsas[] = {"baseline", "avx2", "avx512"};
  return fmt::format("Tapegrad ({}) and {}",
                     kIsas[static_cast<int>(tapegrad::kernels::detect_isa())],
                     torch ? "libtorch " + const_cast<Side*>(torch)->version() : "no libtorch");
}

int run(const Options& options) {
  Cases cases = all_cases(options);
  std::erase_if(cases, [&](const Case& one) {
    return (options.quick && one.large) || !std::regex_search(one.name, options.filter);
  });
  if (options.list) {
    for (const Case& one : cases) fmt::print("{}\n", one.name);
    return 0;
  }

  const Effort effort = options.quick ? Effort{0.001, 3} : Effort{};
  const Setting setting{ours(), options.alone ? nullptr : rival(), effort};
  Table table(title(setting.torch));
  int wrong = 0;
  for (const int threads : options.threads) {
    setting.ours.set_threads(threads);
    if (setting.torch) setting.torch->set_threads(threads);
    for (const Case& one : cases) {
      try {
        Row row = one.measure(setting);
        if (threads > 1) row.name += fmt::format(", {} threads", threads);
        table.add(row);
      } catch (const Disagreement& error) {
        fmt::print(stderr, "not the same: {}\n", error.what());
        ++wrong;
      }
    }
  }
  if (!options.json.empty()) table.write_json(options.json);
  return wrong ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Options options;
    if (const auto status = read_options(argc, argv, options)) return *status;
    return run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "tapegrad_benchmarks: {}\n", error.what());
    return 1;
  }
}
