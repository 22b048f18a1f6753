// The main program of the tests. Besides running them it checks after every test case that all
// tensors and all records of the tape are gone: what a test leaves behind would be a leak in a
// user's program. TAPEGRAD_TEST_THREADS in the environment is the number of threads that test cases
// begin with, for the thread sanitizer.

#define CATCH_CONFIG_RUNNER

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "autograd/base/threads/parallel.h"
#include "autograd/memory/memory.h"
#include "tests/catch.h"

namespace {

#if __has_include(<catch2/catch_all.hpp>)
using ListenerBase = Catch::EventListenerBase;
#else
using ListenerBase = Catch::TestEventListenerBase;
#endif

// The test case is a member in version 2 and a pointer in version 3.
[[maybe_unused]] const std::string& name_of(const Catch::TestCaseInfo& test) { return test.name; }
[[maybe_unused]] const std::string& name_of(const Catch::TestCaseInfo* test) { return test->name; }

int leaking_test_cases = 0;

/// Compares what is alive after a test case with before, so that one leak is told once.
class LeakListener : public ListenerBase {
 public:
  using ListenerBase::ListenerBase;

  void testCaseStarting(const Catch::TestCaseInfo& /*test*/) override {
    if (const char* threads = std::getenv("TAPEGRAD_TEST_THREADS"))
      tapegrad::set_num_threads(std::atoi(threads));
    tensors_before_ = tapegrad::live_tensors();
    records_before_ = tapegrad::live_records();
  }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    const std::int64_t tensors = tapegrad::live_tensors() - tensors_before_;
    const std::int64_t records = tapegrad::live_records() - records_before_;
    if (tensors == 0 && records == 0) return;
    ++leaking_test_cases;
    std::cerr << "LEAK: after \"" << name_of(stats.testInfo) << "\" " << tensors << " tensors and "
              << records << " records are still alive\n";
  }

 private:
  std::int64_t tensors_before_ = 0;
  std::int64_t records_before_ = 0;
};

CATCH_REGISTER_LISTENER(LeakListener)

}  // namespace

int main(int argc, char** argv) {
  const int failed = Catch::Session().run(argc, argv);
  if (leaking_test_cases == 0) return failed;
  std::cerr << leaking_test_cases << " test cases left tensors or records behind\n";
  return failed == 0 ? 1 : failed;
}
