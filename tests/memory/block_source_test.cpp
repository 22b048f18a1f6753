// That a test can decide itself which allocation of a block fails.

#include "autograd/memory/block_source.h"

#include <cstdlib>
#include <string>
#include <thread>

#include "tests/catch.h"
#include "tests/memory/memory.h"
#include "tests/message_of.h"

namespace tg = tapegrad;
using tg::Tensor;

namespace {

/// Gives blocks, but for number `failing`, while it lives.
struct FailingSource final : tg::detail::BlockSource {
  void* acquire(std::size_t bytes, std::size_t alignment) noexcept override {
    if (asked++ == failing) return nullptr;
    ++in_use;
    return std::aligned_alloc(alignment, bytes);
  }
  void release(void* memory, std::size_t /*bytes*/, std::size_t /*alignment*/) noexcept override {
    --in_use;
    std::free(memory);
  }

  int failing = -1;
  int asked = 0, in_use = 0;
};

/// Has a source set for as long as it lives.
struct Using {
  explicit Using(FailingSource& source) { tg::detail::set_block_source(&source); }
  ~Using() { tg::detail::set_block_source(nullptr); }
};

}  // namespace

TEST_CASE("a source is asked for every block, large or small, kept or not") {
  FailingSource source;
  const Tensor before = tg::ones({3}), large_before = memory::megabytes(1);
  { const Tensor kept = tg::ones({3}); }  // which leaves a block at hand
  {
    const Using use(source);
    const Tensor small = tg::ones({3});
    CHECK(source.asked == 1);
    const Tensor large = memory::megabytes(1);
    CHECK(source.asked == 2);
    Tensor x = tg::ones({3});
    const Tensor recorded = tg::sin(x.requires_grad_());
    CHECK(source.asked == 5);  // the value and its record
    CHECK(source.in_use == 5);
  }
  CHECK(source.in_use == 0);
}

TEST_CASE("blocks go back to where they came from") {
  FailingSource source;
  const tg::MemoryStats start = tg::memory_stats();
  {
    Tensor before = tg::ones({3}), large_before = memory::megabytes(1), during, large_during;
    {
      const Using use(source);
      during = tg::ones({3});
      large_during = memory::megabytes(1);
      before = {};
      large_before = {};
      CHECK(source.in_use == 2);
    }
    const Tensor after = tg::ones({3});
    CHECK(source.asked == 2);
    during = {};
    large_during = {};
    CHECK(source.in_use == 0);
  }
  CHECK(tg::memory_stats().live_bytes == start.live_bytes);
  CHECK(tg::memory_stats().live_tensors == start.live_tensors);
}

TEST_CASE("a block that the source refuses is an error of who wanted it") {
  FailingSource source;
  Tensor x = tg::ones({3});
  x.requires_grad_();
  const Using use(source);
  source.failing = 0;
  CHECK(message_of<tg::OutOfMemoryError>([&] { tg::sin(x); }) ==
        "sin: the system refused the 12 bytes of a tensor of shape [3] and type float32");
  source.failing = 2;
  const std::string text = message_of<tg::OutOfMemoryError>([&] { tg::sin(x); });
  CHECK(text.starts_with("the tape: the system refused the "));
  CHECK(text.ends_with(" bytes of a record"));
  CHECK(source.in_use == 0);
  source.failing = -1;
  CHECK(tg::sin(x).at<float>({2}) == Approx(0.841471f));
}

TEST_CASE("a source is that of one thread") {
  FailingSource source;
  source.failing = 0;
  const Using use(source);
  bool made = false;
  std::thread([&] { made = tg::ones({3}).sum().item() == 3; }).join();
  CHECK(made);
  CHECK(source.asked == 0);
}
