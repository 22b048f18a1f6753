#include "autograd/base/threads/parallel.h"

#include <atomic>
#include <cfenv>
#include <cstdint>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "autograd/base/error.h"
#include "tests/catch.h"

using tapegrad::num_threads;
using tapegrad::set_num_threads;
using tapegrad::kernels::parallel_for;

namespace {

/// Sets the number of threads for one test case.
struct Threads {
  explicit Threads(int n) { set_num_threads(n); }
  ~Threads() { set_num_threads(1); }
};

/// How often each of `tiles` tiles is called.
std::vector<int> calls_per_tile(std::int64_t tiles) {
  std::vector<int> calls(static_cast<std::size_t>(tiles));
  parallel_for(tiles, [&](std::int64_t tile) { ++calls[static_cast<std::size_t>(tile)]; });
  return calls;
}

/// Waits until `count` callers are here at once. Only for tiles that are known to run on as many
/// threads.
void meet(std::atomic<int>& here, int count) {
  here.fetch_add(1);
  while (here.load() < count) std::this_thread::yield();
}

}  // namespace

TEST_CASE("one thread is the default, and the number is checked", "[parallel]") {
  CHECK(num_threads() == 1);
  for (int n : {0, -1, tapegrad::kMaxThreads + 1}) {
    CHECK_THROWS_AS(set_num_threads(n), tapegrad::ValueError);
    CHECK(num_threads() == 1);
  }
  CHECK_THROWS_WITH(set_num_threads(0), "set_num_threads: expected 1 to 1024 threads, got 0");
  const Threads threads(3);
  CHECK(num_threads() == 3);
}

TEST_CASE("every tile is called exactly once", "[parallel]") {
  for (int n : {1, 2, 3, 8}) {
    const Threads threads(n);
    for (std::int64_t tiles : {0, 1, 2, 3, 7, 8, 1000}) {
      CAPTURE(n, tiles);
      CHECK(calls_per_tile(tiles) == std::vector<int>(static_cast<std::size_t>(tiles), 1));
    }
  }
}

TEST_CASE("a negative number of tiles calls nothing", "[parallel]") {
  const Threads threads(2);
  parallel_for(-5, [](std::int64_t) { FAIL("called"); });
}

TEST_CASE("many short jobs in a row lose no tile", "[parallel]") {
  const Threads threads(4);
  std::atomic<std::int64_t> sum{0};
  for (int job = 0; job < 5000; ++job)
    parallel_for(5, [&](std::int64_t tile) { sum.fetch_add(tile + 1, std::memory_order_relaxed); });
  CHECK(sum.load() == 5000 * 15);
}

TEST_CASE("one thread, or one tile, stays on the calling thread and in order", "[parallel]") {
  std::vector<std::int64_t> order;
  const auto here = std::this_thread::get_id();
  const auto note = [&](std::int64_t tile) {
    CHECK(std::this_thread::get_id() == here);
    order.push_back(tile);
  };
  parallel_for(4, note);
  CHECK(order == std::vector<std::int64_t>{0, 1, 2, 3});
  const Threads threads(4);
  parallel_for(1, note);
  CHECK(order.size() == 5);
}

TEST_CASE("as many threads take part as were asked for", "[parallel]") {
  for (int n : {2, 3, 5}) {
    const Threads threads(n);
    std::atomic<int> here{0};
    std::vector<std::thread::id> ids(static_cast<std::size_t>(n));
    parallel_for(n, [&](std::int64_t tile) {
      ids[static_cast<std::size_t>(tile)] = std::this_thread::get_id();
      meet(here, n);  // no thread can take a second tile before all have one
    });
    CHECK(std::set<std::thread::id>(ids.begin(), ids.end()).size() == static_cast<std::size_t>(n));
    CHECK(std::set<std::thread::id>(ids.begin(), ids.end()).count(std::this_thread::get_id()) == 1);
  }
}

TEST_CASE("calls inside a tile run on that tile's thread", "[parallel]") {
  const Threads threads(3);
  std::vector<int> calls(6 * 10);
  std::vector<char> same_thread(calls.size());
  parallel_for(6, [&](std::int64_t outer) {
    const auto here = std::this_thread::get_id();
    parallel_for(10, [&](std::int64_t inner) {
      const auto i = static_cast<std::size_t>(outer * 10 + inner);
      ++calls[i];
      same_thread[i] = std::this_thread::get_id() == here;
    });
  });
  CHECK(calls == std::vector<int>(60, 1));
  CHECK(same_thread == std::vector<char>(60, 1));
}

TEST_CASE("several host threads may call at once", "[parallel]") {
  const Threads threads(3);
  std::vector<std::int64_t> sums(4);
  std::vector<std::thread> hosts;
  for (std::int64_t& sum : sums) {
    hosts.emplace_back([&sum] {
      for (int job = 0; job < 300; ++job) {
        std::vector<std::int64_t> parts(16);
        parallel_for(16, [&](std::int64_t tile) { parts[static_cast<std::size_t>(tile)] = tile; });
        sum += std::accumulate(parts.begin(), parts.end(), std::int64_t{0});
      }
    });
  }
  for (std::thread& host : hosts) host.join();
  CHECK(sums == std::vector<std::int64_t>(4, 300 * 120));
}

TEST_CASE("the number of threads may change between calls", "[parallel]") {
  for (int n : {4, 2, 1, 6, 3}) {
    const Threads threads(n);
    CHECK(calls_per_tile(100) == std::vector<int>(100, 1));
  }
}

TEST_CASE("the exception of the lowest tile that threw reaches the caller", "[parallel]") {
  for (int n : {1, 2, 4}) {
    const Threads threads(n);
    for (int repeat = 0; repeat < 50; ++repeat) {
      try {
        parallel_for(64, [](std::int64_t tile) {
          if (tile >= 10) throw std::runtime_error("tile " + std::to_string(tile));
        });
        FAIL("no exception");
      } catch (const std::runtime_error& error) {
        CHECK(std::string(error.what()) == "tile 10");
      }
    }
    CHECK(calls_per_tile(20) == std::vector<int>(20, 1));
  }
}

TEST_CASE("all threads compute in the caller's floating-point environment", "[parallel]") {
  const Threads threads(2);
  const auto rounding = [] {
    std::atomic<int> here{0};
    std::vector<int> modes(2);
    parallel_for(2, [&](std::int64_t tile) {
      modes[static_cast<std::size_t>(tile)] = std::fegetround();
      meet(here, 2);
    });
    return modes;
  };
  CHECK(rounding() == std::vector<int>(2, FE_TONEAREST));
  std::fesetround(FE_UPWARD);
  const std::vector<int> upward = rounding();
  std::fesetround(FE_TONEAREST);
  CHECK(upward == std::vector<int>(2, FE_UPWARD));
  CHECK(rounding() == std::vector<int>(2, FE_TONEAREST));
}
