#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "tests/benchmarks/cases.h"

extern char** environ;

namespace bench {

namespace {

namespace fs = std::filesystem;

void run_program(const std::string& program) {
  std::array<char*, 2> words{const_cast<char*>(program.c_str()), nullptr};
  pid_t child = 0;
  int status = 0;
  if (posix_spawn(&child, program.c_str(), nullptr, nullptr, words.data(), environ) != 0 ||
      waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error("cannot run " + program);
}

/// Bytes of all shared objects that this process has loaded.
double loaded_bytes() {
  double bytes = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* sum) {
        std::error_code none;
        const auto size = fs::file_size(info->dlpi_name, none);
        if (!none) *static_cast<double*>(sum) += static_cast<double>(size);
        return 0;
      },
      &bytes);
  return bytes;
}

/// Before libtorch is loaded.
const double loaded_at_start = loaded_bytes();

}  // namespace

void add_start_up_cases(Cases& cases) {
#ifdef TAPEGRAD_START_UP
  const std::string time = "start-up and one gradient, as a program";
  cases.push_back({time, false, [=](const Setting& setting) {
                     Subjects subjects{[] { run_program(TAPEGRAD_START_UP); }, {}, {}};
#ifdef TAPEGRAD_START_UP_TORCH
                     if (setting.torch)
                       subjects.torch = [] { run_program(TAPEGRAD_START_UP_TORCH); };
#endif
                     Effort effort = setting.effort;
                     effort.clock = Clock::wall;
                     return Row{time, time_subjects(subjects, effort)};
                   }});
  const std::string size = "the same: size, with the libraries it loads";
  cases.push_back({size, false, [=](const Setting& setting) {
                     Row row{size, {}, Unit::bytes};
                     row.figures.ours =
                         Figure{static_cast<double>(fs::file_size(TAPEGRAD_START_UP))};
                     if (setting.torch)
                       row.figures.torch = Figure{loaded_bytes() - loaded_at_start};
                     return row;
                   }});
#else
  static_cast<void>(cases);
#endif
}

}  // namespace bench
