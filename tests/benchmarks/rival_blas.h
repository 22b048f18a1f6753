#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// What times are worth, with a certain BLAS and in a certain environment.
struct BlasVerdict {
  std::string refusal = {};  ///< why they are worth nothing, and what helps; empty if they are not
  std::vector<std::string> warnings = {};
};

/// The value of an environment variable, or nullptr.
using Variable = std::function<const char*(const char* name)>;

/// True for the reference BLAS, whose products are some 40 times slower than what a core can do.
/// `file` is where the BLAS is, without symbolic links. Debian's libraries all have its name, in
/// folders of their own: blas/libblas.so.3.11.0, openblas-serial/libblas.so.3.
inline bool is_reference_blas(std::string_view file) {
  const auto part_after = [](std::string_view path) { return path.substr(path.rfind('/') + 1); };
  const std::string_view base = part_after(file);
  const std::string_view folder =
      part_after(file.substr(0, file.size() - std::min(file.size(), base.size() + 1)));
  const auto in_folder = [&](std::string_view name) { return folder.find(name) != folder.npos; };
  const auto is_called = [&](std::string_view name) { return base.starts_with(name); };
  static constexpr std::string_view kFast[] = {"openblas", "mkl", "blis", "atlas", "flexiblas"};
  static constexpr std::string_view kSlow[] = {"libblas.", "libcblas.", "librefblas.",
                                               "libgslcblas."};
  return std::ranges::any_of(kSlow, is_called) && std::ranges::none_of(kFast, in_folder);
}

/// Judges the BLAS in `file`, as `is_reference_blas` takes it, for times with so many threads.
inline BlasVerdict judge_blas(std::string_view file, int threads, const Variable& variable) {
  BlasVerdict verdict;
  if (is_reference_blas(file))
    verdict.refusal = fmt::format(
        "libtorch multiplies with the reference BLAS, {}: no ratio would be worth anything. "
        "Install libopenblas0-serial (for more than one thread libopenblas0-openmp), or measure "
        "with --alone",
        file);
  // Each makes a library believe in an older processor.
  for (const char* name : {"OPENBLAS_CORETYPE", "MKL_DEBUG_CPU_TYPE", "MKL_ENABLE_INSTRUCTIONS",
                           "MKL_CBWR", "BLIS_ARCH_TYPE", "ATEN_CPU_CAPABILITY", "DNNL_MAX_CPU_ISA",
                           "ONEDNN_MAX_CPU_ISA", "TAPEGRAD_SIMD"}) {
    const char* value = variable(name);
    if (value && *value)
      verdict.warnings.push_back(fmt::format(
          "{}={} chooses kernels, perhaps those of an older processor: unset it", name, value));
  }
  // It does not ask libtorch how many there are to be.
  if (file.find("openblas-pthread") != file.npos && !variable("OPENBLAS_NUM_THREADS"))
    verdict.warnings.push_back(fmt::format(
        "{} multiplies with every core there is: set OPENBLAS_NUM_THREADS={}", file, threads));
  return verdict;
}

}  // namespace bench
