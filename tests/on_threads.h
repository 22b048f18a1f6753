#pragma once

// What tests of several threads share.

#include <atomic>
#include <thread>
#include <vector>

namespace threads {

/// Runs `f(i)` on `count` threads at once.
template <class F>
void on_threads(int count, F f) {
  std::atomic<int> ready{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      ready.fetch_add(1);
      while (ready.load() < count) std::this_thread::yield();
      f(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// What one thread found; checked after it has ended, because checks belong to one thread.
struct Finding {
  std::vector<double> values;
  bool truth = false;
};

}  // namespace threads
