#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>

#include "autograd/kernels/simd/cpu.h"
#include "tests/benchmarks/agree.h"
#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/malloc_count.h"
#include "tests/benchmarks/ours.h"
#include "tests/benchmarks/random_array.h"
#include "tests/benchmarks/rival.h"
#include "tests/benchmarks/rival_blas.h"

namespace {

using namespace bench;

#ifdef __clang__
constexpr const char* kCompiler = "clang " __clang_version__;
#else
constexpr const char* kCompiler = "gcc " __VERSION__;
#endif

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
  add_recurrent_cases(cases);
  add_tape_cases(cases);
  add_forward_cases(cases);
  add_transform_cases(cases);
  add_anomaly_cases(cases);
  add_scalar_cases(cases);
  return cases;
}

/// The processor as Linux calls it; empty elsewhere.
std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return ", " + line.substr(line.find(':') + 2);
  return {};
}

/// What a figure is worth nothing without.
std::string title(Side* torch, const std::string& blas) {
  static constexpr const char* kIsas[] = {"baseline", "avx2", "avx512"};
  return fmt::format("{:%Y-%m-%d}{}, {}: Tapegrad ({}) and {}", fmt::gmtime(std::time(nullptr)),
                     processor(), kCompiler,
                     kIsas[static_cast<int>(tapegrad::kernels::detect_isa())],
                     torch ? fmt::format("libtorch {} with {}", torch->version(),
                                         blas.empty() ? "an unknown BLAS" : blas)
                           : "no libtorch");
}

/// Says on stderr what misleads. Errors: `std::runtime_error` when no ratio would be worth
/// anything; with `--quick`, where only results are compared, that is said, too.
void judge(const std::string& blas, const Options& options) {
  const auto variable = [](const char* name) { return std::getenv(name); };
  const BlasVerdict verdict = judge_blas(blas, options.threads.front(), variable);
  for (const std::string& warning : verdict.warnings) fmt::print(stderr, "warning: {}\n", warning);
  if (verdict.refusal.empty()) return;
  if (!options.quick) throw std::runtime_error(verdict.refusal);
  fmt::print(stderr, "warning: {}\n", verdict.refusal);
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

  keep_freed_memory();
  Setting setting{ours(), options.alone ? nullptr : rival(),
                  options.quick ? Effort{0.001, 3} : Effort{}};
  const std::string blas = setting.torch ? rival_blas() : std::string();
  judge(blas, options);
  Table table(title(setting.torch, blas));
  int wrong = 0;
  for (const int threads : options.threads) {
    setting.effort.clock = threads == 1 ? Clock::processor : Clock::wall;
    setting.ours.set_threads(threads);
    if (setting.torch) setting.torch->set_threads(threads);
    for (const Case& one : cases) {
      try {
        restart_random(one.name);
        for (Row& row : one.measure(setting)) {
          if (threads > 1) row.name += fmt::format(", {} threads", threads);
          table.add(row);
        }
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
