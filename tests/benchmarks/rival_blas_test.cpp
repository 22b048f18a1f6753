// What the benchmark says of the BLAS that libtorch multiplies with; no libtorch is needed to know.

#include "tests/benchmarks/rival_blas.h"

#include <map>
#include <string>
#include <vector>

#include "tests/catch.h"

using bench::is_reference_blas;
using bench::judge_blas;
using Catch::Matchers::ContainsSubstring;

namespace {

bench::Variable environment(std::map<std::string, std::string> variables) {
  return [=](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

const std::string debian = "/usr/lib/x86_64-linux-gnu/";

}  // namespace

TEST_CASE("the reference BLAS is known by its file and folder") {
  for (const std::string& file : std::vector<std::string>{
           debian + "blas/libblas.so.3.11.0", debian + "libblas.so.3", "libblas.so.3",
           "/home/mkl/lib/libblas.so.3.12.0", debian + "libgslcblas.so.0.0.0"}) {
    CAPTURE(file);
    CHECK(is_reference_blas(file));
  }
  for (const std::string& file : std::vector<std::string>{
           debian + "openblas-serial/libblas.so.3", debian + "openblas-pthread/libblas.so.3",
           debian + "blis-openmp/libblas.so.4.0.0", debian + "atlas/libblas.so.3.10.3",
           debian + "libmkl_rt.so", "/opt/libtorch/lib/libtorch_cpu.so",
           "/opt/lib/libopenblasp-r0.3.21.so", "/", ""}) {
    CAPTURE(file);
    CHECK_FALSE(is_reference_blas(file));
  }
}

TEST_CASE("ratios to the reference BLAS are refused, with the package that helps") {
  const auto slow = judge_blas(debian + "blas/libblas.so.3.11.0", 1, environment({}));
  CHECK_THAT(slow.refusal, ContainsSubstring("libopenblas0-serial") &&
                               ContainsSubstring("blas/libblas.so.3.11.0") &&
                               ContainsSubstring("--alone"));
  CHECK(slow.warnings.empty());
  const auto fast = judge_blas(debian + "openblas-serial/libblas.so.3", 1, environment({}));
  CHECK(fast.refusal.empty());
  CHECK(fast.warnings.empty());
}

TEST_CASE("a variable that chooses old kernels is warned of") {
  const std::string file = debian + "openblas-serial/libblas.so.3";
  const auto verdict = judge_blas(file, 1,
                                  environment({{"OPENBLAS_CORETYPE", "Nehalem"},
                                               {"ATEN_CPU_CAPABILITY", "default"},
                                               {"MKL_CBWR", ""},
                                               {"OMP_NUM_THREADS", "1"}}));
  REQUIRE(verdict.warnings.size() == 2);
  CHECK_THAT(verdict.warnings[0], ContainsSubstring("OPENBLAS_CORETYPE=Nehalem"));
  CHECK_THAT(verdict.warnings[1], ContainsSubstring("ATEN_CPU_CAPABILITY=default"));
  CHECK(verdict.refusal.empty());
}

TEST_CASE("a BLAS with threads of its own is warned of, unless it was told how many") {
  const std::string file = debian + "openblas-pthread/libblas.so.3";
  const auto verdict = judge_blas(file, 2, environment({}));
  REQUIRE(verdict.warnings.size() == 1);
  CHECK_THAT(verdict.warnings[0], ContainsSubstring("OPENBLAS_NUM_THREADS=2"));
  CHECK(judge_blas(file, 2, environment({{"OPENBLAS_NUM_THREADS", "2"}})).warnings.empty());
}
