// Blocks that are made in one thread and released in another, and the memory of threads that ended.

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "autograd/memory/heap.h"
#include "tests/catch.h"
#include "tests/memory/memory.h"

namespace tg = tapegrad;
using memory::kMegabyte;
using tg::Tensor;

namespace {

/// Hands lists of tensors from one thread to another.
class Channel {
 public:
  void send(std::vector<Tensor> tensors) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(tensors));
    changed_.notify_one();
  }
  std::vector<Tensor> receive() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !waiting_.empty(); });
    std::vector<Tensor> tensors = std::move(waiting_.back());
    waiting_.pop_back();
    return tensors;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<Tensor>> waiting_;
};

/// Tensors of several sizes that are full of their numbers.
std::vector<Tensor> numbers(int count) {
  std::vector<Tensor> tensors;
  for (int i = 0; i < count; ++i) tensors.push_back(tg::full({i % 400}, i, tg::float32));
  return tensors;
}
bool are_numbers(const std::vector<Tensor>& tensors) {
  bool all = true;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    for (const float element : tensors[i].data<float>()) all &= element == static_cast<float>(i);
  }
  return all;
}

int count_heaps() {
  tg::detail::HeapRegistry& heaps = tg::detail::heap_registry();
  const std::lock_guard lock(heaps.mutex);
  int count = 0;
  for (const tg::detail::Heap* heap = heaps.all; heap; heap = heap->next) ++count;
  return count;
}

Tensor chain(int count) {
  Tensor y = tg::full({}, 0.5).requires_grad_();
  for (int i = 0; i < count; ++i) y = tg::sin(y);
  return y;
}

}  // namespace

TEST_CASE("tensors that are made here are freed there, in both directions at once", "[threads]") {
  const tg::MemoryStats before = tg::memory_stats();
  std::atomic<bool> whole{true};
  {
    Channel there, back;
    const auto exchange = [&](Channel& out, Channel& in) {
      for (int round = 0; round < 50; ++round) {
        out.send(numbers(500));
        if (!are_numbers(in.receive())) whole = false;
      }
    };
    std::thread other([&] { exchange(back, there); });
    exchange(there, back);
    other.join();
  }
  CHECK(whole);
  const tg::MemoryStats after = tg::memory_stats();
  CHECK(after.live_tensors == before.live_tensors);
  CHECK(after.live_bytes == before.live_bytes);
}

TEST_CASE("tensors outlive their threads, and their memory is given back then", "[threads]") {
  tg::empty_cache();
  const tg::MemoryStats before = tg::memory_stats();
  {
    std::vector<std::vector<Tensor>> found(20);
    for (std::vector<Tensor>& tensors : found) std::thread([&] { tensors = numbers(2000); }).join();
    for (const std::vector<Tensor>& tensors : found) CHECK(are_numbers(tensors));
  }
  CHECK(tg::memory_stats().live_bytes == before.live_bytes);
  tg::empty_cache();
  CHECK(tg::memory_stats().cached_bytes - before.cached_bytes <= kMegabyte / 4);
}

TEST_CASE("empty_cache gives back the slabs in use here that another thread emptied", "[threads]") {
  tg::empty_cache();
  const std::int64_t before = tg::memory_stats().cached_bytes;
  std::vector<Tensor> tensors = numbers(400);
  std::thread([taken = std::move(tensors)]() mutable { taken.clear(); }).join();
  tg::empty_cache();
  CHECK(tg::memory_stats().cached_bytes - before <= kMegabyte / 4);
}

TEST_CASE("a deep tape is freed by another thread, which ends or does not", "[threads]") {
  const std::int64_t records = tg::live_records();
  tg::empty_cache();
  const std::int64_t cached = tg::memory_stats().cached_bytes;
  // Freed there, while its thread is idle here.
  Tensor y = chain(100'000);
  std::thread([taken = std::move(y)]() mutable { taken = {}; }).join();
  CHECK(tg::live_records() == records);
  // Freed here, after its thread has ended.
  std::thread([&] { y = chain(100'000); }).join();
  CHECK(tg::live_records() == records + 100'000);
  y = {};
  CHECK(tg::live_records() == records);
  tg::empty_cache();
  CHECK(tg::memory_stats().cached_bytes - cached <= kMegabyte);
}

TEST_CASE("a thread that only releases tensors needs no heap for it", "[threads]") {
  std::vector<Tensor> tensors = numbers(100);
  tensors.push_back(chain(100));
  tensors.push_back(memory::megabytes(1));
  bool has_heap = true;
  std::thread([&, taken = std::move(tensors)]() mutable {
    taken.clear();
    has_heap = tg::detail::block_thread.heap != nullptr;
  }).join();
  CHECK_FALSE(has_heap);
}

TEST_CASE("the memory of an idle thread is given back when others have freed its tensors",
          "[threads]") {
  if (!memory::caches()) return;
  tg::empty_cache();
  const std::int64_t before = tg::memory_stats().cached_bytes;
  Channel to_here, to_there;
  std::thread idle([&] {
    std::vector<Tensor> tensors;
    for (int i = 0; i < 50'000; ++i) tensors.push_back(tg::zeros({240}, tg::float32));
    to_here.send(std::move(tensors));
    to_there.receive();
  });
  to_here.receive();
  CHECK(tg::memory_stats().cached_bytes - before >= 40 * kMegabyte);
  tg::empty_cache();
  CHECK(tg::memory_stats().cached_bytes - before <= kMegabyte);
  to_there.send({});
  idle.join();
}

TEST_CASE("threads without number leave nothing behind", "[threads]") {
  std::vector<Tensor> handed_over;
  const auto live = [&](int count) {
    for (int i = 0; i < count; ++i) {
      std::thread([&] {
        const Tensor x = tg::ones({3}).requires_grad_();
        tg::sin(x * x).sum().backward();
        if (i % 3 == 0) handed_over.push_back(x.grad());
      }).join();
      if (i % 50 == 49) handed_over.clear();
    }
    handed_over.clear();
  };
  live(100);
  const int heaps = count_heaps();
  const std::int64_t held = memory::held(), resident = memory::resident();
  live(500);
  CHECK(count_heaps() == heaps);
  CHECK(memory::held() == held);
  if (resident > 0) CHECK(memory::resident() - resident <= 2 * kMegabyte);
}
