// What is said about tensors that no address space, or this machine, can hold. Nothing changes.

#include <cstdint>
#include <fstream>

#include "tests/messages/messages.h"

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
using messages::mistake;
using messages::World;
using tg::OutOfMemoryError;
using tg::ShapeError;
using tg::Tensor;

namespace {

constexpr std::int64_t kHuge = std::int64_t{1} << 24;

std::string too_large(const char* name, const char* bytes, const char* what) {
  return fmt::format("{}: a {} would take {} bytes; no address space holds more than 2^47", name,
                     what, bytes);
}
std::string refused(const char* name, std::int64_t bytes, const char* what) {
  return fmt::format("{}: the system refused the {} bytes of a {}", name, bytes, what);
}

/// A matrix of no elements, whose products have many.
Tensor column() { return tg::zeros({kHuge, 0}); }
Tensor row(std::int64_t n) { return tg::zeros({0, n}); }

}  // namespace

TEST_CASE("a tensor of over 2^47 bytes is a shape that nothing can hold") {
  const char* square = "tensor of shape [16777216, 16777216] and type float32";
  messages::check({
      mistake<ShapeError>("zeros", too_large("zeros", "1.126e+15", square),
                          [](World&) {
                            tg::zeros({kHuge, kHuge});
                          }),
      mistake<ShapeError>(
          "one byte more than fits",
          too_large("empty", "1.407e+14", "tensor of shape [140737488355329] and type bool"),
          [](World&) { tg::empty({(std::int64_t{1} << 47) + 1}, tg::boolean); }),
      mistake<ShapeError>(
          "beyond 64 bits",
          too_large("ones", "5.313e+24",
                    "tensor of shape [815730721, 815730721, 998001] and type int64"),
          [](World&) {
            tg::ones({815730721, 815730721, 998001}, tg::int64);
          }),
      mistake<ShapeError>("a product", too_large("matmul", "1.126e+15", square),
                          [](World&) { matmul(column(), row(kHuge)); }),
      mistake<ShapeError>("expand", too_large("expand", "1.126e+15", square),
                          [](World&) {
                            expand(tg::ones({}), {kHuge, kHuge});
                          }),
      mistake<ShapeError>("in a layer", too_large("randn", "1.126e+15", square) + " [in net.fc]",
                          [](World&) {
                            const tg::Scope net("net"), fc("fc");
                            tg::randn({kHuge, kHuge});
                          }),
  });
}

TEST_CASE("what the system has not is another error") {
  const std::int64_t side = std::int64_t{1} << 19;
  const char* square = "tensor of shape [16777216, 524288] and type float32";
  const std::int64_t bytes = kHuge * side * 4;
  messages::check({
      mistake<OutOfMemoryError>("zeros", refused("zeros", bytes, square),
                                [=](World&) {
                                  tg::zeros({kHuge, side});
                                }),
      mistake<OutOfMemoryError>("a product", refused("matmul", bytes, square),
                                [=](World&) { matmul(column(), row(side)); }),
      mistake<OutOfMemoryError>("a recorded product", refused("matmul", bytes, square),
                                [=](World&) { matmul(column().requires_grad_(), row(side)); }),
      mistake<OutOfMemoryError>(
          "a sum that broadcasts",
          refused("add", bytes * 2, "tensor of shape [1048576, 2097152, 4] and type float64"),
          [](World&) {
            const Tensor a = tg::zeros({1 << 20, 1, 4}, tg::float64);
            const Tensor b = tg::zeros({1 << 21, 1}, tg::float64);
            a + b;
          }),
      mistake<OutOfMemoryError>(
          "a comparison",
          refused("lt", std::int64_t{1} << 41, "tensor of shape [1048576, 2097152] and type bool"),
          [](World&) {
            lt(tg::zeros({1 << 20, 1}), tg::zeros({1 << 21}));
          }),
  });
  CHECK_THROWS_AS(tg::zeros({kHuge, side}), tg::Error);
}

#if defined(TAPEGRAD_MAY_BE_REFUSED)
TEST_CASE("the system is not asked to promise what it has not") {
  int overcommit = 1;
  std::ifstream("/proc/sys/vm/overcommit_memory") >> overcommit;
  const std::int64_t memory = std::int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  if (overcommit == 1 || memory > std::int64_t{1} << 37) return;
  messages::check(mistake<OutOfMemoryError>(
      "half of all addresses that large blocks have",
      refused("empty", std::int64_t{1} << 39, "tensor of shape [549755813888] and type bool"),
      [](World&) { tg::empty({std::int64_t{1} << 39}, tg::boolean); }));
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
  Tensor x = tg::ones({1 << 16}).requires_grad_(), y = tg::ones({1 << 8, 1 << 8});
  const Tensor wide = tg::ones({1 << 14, 1});
  Tensor target = y * 1;
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
