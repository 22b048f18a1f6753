// Memory that this machine, as it is or as it was limited, does not have. What it cannot have on any
// is in tables/memory.cpp.

#include <cstdint>
#include <fstream>

#include "tests/messages/messages_check.h"

// Sanitizers end a program that is refused memory.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TAPEGRAD_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TAPEGRAD_SANITIZED
#endif
#endif

#if defined(__linux__) && !defined(TAPEGRAD_SANITIZED)
#include <sys/resource.h>
#include <unistd.h>
#define TAPEGRAD_MAY_BE_REFUSED
#endif

namespace tg = tapegrad;
using tg::OutOfMemoryError;

TEST_CASE("what the system refuses is an error of the library") {
  CHECK_THROWS_AS(tg::zeros({1 << 24, 1 << 19}), OutOfMemoryError);
  CHECK_THROWS_AS(tg::zeros({1 << 24, 1 << 19}), tg::Error);
}

#if defined(TAPEGRAD_MAY_BE_REFUSED)
namespace {

std::string refused(const char* name, std::int64_t bytes, const char* what) {
  return fmt::format("{}: the system refused the {} bytes of a {}", name, bytes, what);
}

}  // namespace

TEST_CASE("the system is not asked to promise what it has not") {
  int overcommit = 1;
  std::ifstream("/proc/sys/vm/overcommit_memory") >> overcommit;
  const std::int64_t memory = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  if (overcommit == 1 || memory > std::int64_t{1} << 37) return;
  messages::check(messages::mistake<OutOfMemoryError>(
      "half of all addresses that large blocks have",
      refused("empty", std::int64_t{1} << 39, "tensor of shape [549755813888] and type bool"),
      [](messages::World&) { tg::empty({std::int64_t{1} << 39}, tg::boolean); }));
}

TEST_CASE("where memory is limited, an operator that gets none leaves everything as it was") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_DATA, &before) == 0);
  std::int64_t pages = 0;
  {
    std::ifstream statm("/proc/self/statm");
    std::int64_t skipped = 0;
    for (int i = 0; i < 5; ++i) statm >> skipped;
    statm >> pages;
  }
  tg::Tensor x = tg::ones({1 << 16}).requires_grad_(), y = tg::ones({1 << 8, 1 << 8});
  const tg::Tensor wide = tg::ones({1 << 14, 1});
  tg::Tensor target = y * 1;
  std::string text;
  {
    rlimit limit = before;
    limit.rlim_cur = static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE)) + (rlim_t{64} << 20);
    REQUIRE(setrlimit(RLIMIT_DATA, &limit) == 0);
    try {
      wide + x;
    } catch (const OutOfMemoryError& error) {
      text = error.what();
    }
    setrlimit(RLIMIT_DATA, &before);
  }
  if (text.empty()) return;  // not every system keeps this limit
  CHECK(text ==
        refused("add", std::int64_t{4} << 30, "tensor of shape [16384, 65536] and type float32"));
  CHECK(tg::sum(x).item() == 1 << 16);
  // And there is memory again.
  CHECK(tg::sum(x + 1).item() == 2 << 16);
}
#endif
