// How blocks are cut from slabs: their sizes, their alignment, and the order of their addresses.

#include "autograd/memory/block_cache.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "tests/catch.h"
#include "tests/memory/memory.h"

namespace tg = tapegrad;
using tg::Tensor;
using tg::detail::BlockKind;
using tg::detail::SizeClasses;

namespace {

std::uintptr_t address_of(const Tensor& tensor) {
  return reinterpret_cast<std::uintptr_t>(tg::detail::impl_of(tensor));
}

struct Block {
  explicit Block(std::size_t bytes)
      : memory(tg::detail::acquire_block(bytes, size_class, BlockKind::tensor)) {}
  ~Block() {
    if (memory) tg::detail::release_block(memory, size_class, BlockKind::tensor);
  }
  Block(Block&& other) noexcept
      : size_class(other.size_class), memory(std::exchange(other.memory, nullptr)) {}

  std::uint8_t size_class = 0;
  void* memory;
};

/// Walks a chain of 10,000 operators, and returns how many of its values do not lie behind the one
/// before, although that is in the same slab. `kept` gets one value from the middle.
int steps_back_in_a_chain(std::vector<Tensor>& kept) {
  constexpr int count = 10'000;
  const Tensor x = tg::full({}, 0.5).requires_grad_();
  std::vector<std::uintptr_t> addresses;
  Tensor y = x;
  for (int i = 0; i < count; ++i) {
    y = tg::sin(y);
    addresses.push_back(address_of(y));
    if (i == count / 2) kept.push_back(y);
  }
  y.backward();
  int back = 0;
  std::set<std::uintptr_t> slabs;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const std::uintptr_t slab = addresses[i] / tg::detail::Slab::kSmallBytes;
    slabs.insert(slab);
    if (i > 0 && slab == addresses[i - 1] / tg::detail::Slab::kSmallBytes)
      back += addresses[i] <= addresses[i - 1];
  }
  CHECK(slabs.size() <= 50);
  return back;
}

}  // namespace

TEST_CASE("each size belongs to the smallest class that holds it") {
  for (std::size_t bytes = 1; bytes <= SizeClasses::kMost; ++bytes) {
    const int size_class = SizeClasses::of(bytes);
    const bool fits = SizeClasses::bytes(size_class) >= bytes &&
                      (size_class == 0 || SizeClasses::bytes(size_class - 1) < bytes);
    if (!fits) FAIL_CHECK(bytes << " bytes are in class " << size_class);
  }
  CHECK(SizeClasses::of(SizeClasses::kSmall) == SizeClasses::kSmallClasses - 1);
  CHECK(SizeClasses::of(SizeClasses::kMost) == SizeClasses::kClasses - 1);
  CHECK(SizeClasses::bytes(SizeClasses::of(100)) == 104);
  CHECK(SizeClasses::bytes(SizeClasses::of(257)) == 320);
}

TEST_CASE("blocks are aligned, and none overlaps another") {
  std::vector<Block> blocks;
  for (std::size_t bytes = 8; bytes <= 70'000; bytes += bytes < 2000 ? 24 : 1000) {
    for (int i = 0; i < 3; ++i) {
      blocks.emplace_back(bytes);
      const auto address = reinterpret_cast<std::uintptr_t>(blocks.back().memory);
      if (address % (bytes <= 256 ? 8 : 64) != 0) FAIL_CHECK(bytes << " bytes at " << address);
      auto* begin = static_cast<unsigned char*>(blocks.back().memory);
      std::fill(begin, begin + bytes, static_cast<unsigned char>(blocks.size()));
    }
  }
  std::size_t number = 0;
  for (std::size_t bytes = 8; bytes <= 70'000; bytes += bytes < 2000 ? 24 : 1000) {
    for (int i = 0; i < 3; ++i) {
      const auto* begin = static_cast<const unsigned char*>(blocks[number++].memory);
      const auto own = static_cast<unsigned char>(number);
      if (std::count(begin, begin + bytes, own) != static_cast<std::ptrdiff_t>(bytes))
        FAIL_CHECK(bytes << " bytes were overwritten");
    }
  }
}

TEST_CASE("the values of a long tape follow each other in memory, again and again") {
  if (!memory::caches()) return;
  tg::empty_cache();
  // One in a hundred: in the slab where the gradients of the last walk were, and in old ones.
  for (int round = 0; round < 6; ++round) {
    CAPTURE(round);
    std::vector<Tensor> none;
    CHECK(steps_back_in_a_chain(none) <= 100);
  }
  std::vector<Tensor> kept;
  for (int round = 0; round < 6; ++round) {
    CAPTURE(round);
    CHECK(steps_back_in_a_chain(kept) <= 100);
  }
}

TEST_CASE("a slab that a few values keep is used again") {
  if (!memory::caches()) return;
  tg::empty_cache();
  std::vector<Tensor> kept;
  // Each round fills ten slabs and keeps one value.
  const auto round = [&] {
    std::vector<Tensor> all;
    for (int i = 0; i < 3000; ++i) all.push_back(tg::zeros({2}));
    kept.push_back(all[kept.size() * 37 % all.size()]);
  };
  for (int i = 0; i < 20; ++i) round();
  const std::int64_t before = memory::held();
  for (int i = 0; i < 200; ++i) round();
  CHECK(memory::held() - before <= memory::kMegabyte / 4);
}
