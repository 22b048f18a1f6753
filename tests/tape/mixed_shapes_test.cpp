// A program whose shapes are never the same: memory stays flat all the same.

#include <random>

#include "autograd/autograd.h"
#include "tests/catch.h"
#include "tests/memory/memory.h"

namespace tg = tapegrad;
using tg::Tensor;

namespace {

/// One training step on shapes that are drawn anew: more in all than the library keeps.
void train(std::mt19937& random) {
  const auto size = [&] { return static_cast<std::int64_t>(1 + random() % 20); };
  const std::int64_t batch = size(), rows = size(), in = size(), out = size();
  const Tensor x = tg::ones({batch, rows, in});
  Tensor w = tg::ones({in, out}).requires_grad_();
  Tensor b = tg::zeros({batch, 1, out}).requires_grad_();
  for (int i = 0; i < 2; ++i) {
    const Tensor y = tg::matmul(x.reshape({batch * rows, in}), w).reshape({batch, rows, out}) + b;
    tg::square(tg::tanh(y)).mean().backward();
    const tg::NoGrad no_grad;
    w.sub_(0.1 * w.grad());
    b.sub_(0.1 * b.grad());
    w.zero_grad();
    b.zero_grad();
  }
}

}  // namespace

TEST_CASE("training steps with shapes drawn anew take no more memory than the first ones") {
  std::mt19937 random(11);
  for (int i = 0; i < 2000; ++i) train(random);
  const tg::MemoryStats before = tg::memory_stats();
  const std::int64_t resident = memory::resident();
  for (int i = 0; i < 6000; ++i) train(random);
  const tg::MemoryStats after = tg::memory_stats();
  CHECK(after.live_tensors == before.live_tensors);
  CHECK(after.live_records == before.live_records);
  CHECK(after.live_bytes == before.live_bytes);
  CHECK(after.cached_bytes - before.cached_bytes <= memory::kMegabyte);
  if (resident > 0) CHECK(memory::resident() - resident <= 2 * memory::kMegabyte);
}
