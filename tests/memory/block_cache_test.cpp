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

/// How values that were made one after the other lie in memory.
struct Order {
  int slabs = 0;
  int blocks_back = 0;  ///< do not lie behind the one before, in the same slab
  int slabs_back = 0;   ///< changes to a slab that does not lie behind the one before
  int slabs_again = 0;  ///< changes to a slab that was left before
};

/// The blocks of the first slab, in which the thread was at work already, do not count.
Order order_of(const std::vector<std::uintptr_t>& addresses) {
  Order order;
  std::set<std::uintptr_t> slabs;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const std::uintptr_t slab = addresses[i] / tg::detail::Slab::kSmallBytes;
    const std::uintptr_t before = i > 0 ? addresses[i - 1] / tg::detail::Slab::kSmallBytes : 0;
    if (slab != before) {
      order.slabs_again += !slabs.insert(slab).second;
      order.slabs_back += slab < before;
    } else if (slabs.size() > 1) {
      order.blocks_back += addresses[i] <= addresses[i - 1];
    }
  }
  order.slabs = static_cast<int>(slabs.size());
  return order;
}

/// Walks a chain of 10,000 operators. `keep_every` of its values stay in `kept`.
Order order_in_a_chain(int keep_every, std::vector<Tensor>& kept) {
  const Tensor x = tg::full({}, 0.5).requires_grad_();
  std::vector<std::uintptr_t> addresses;
  Tensor y = x;
  for (int i = 1; i <= 10'000; ++i) {
    y = tg::sin(y);
    addresses.push_back(address_of(y));
    if (i % keep_every == 0) kept.push_back(y);
  }
  y.backward();
  return order_of(addresses);
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
  const int keep_every = GENERATE(20'000, 5'000, 700);
  CAPTURE(keep_every);
  tg::empty_cache();
  std::vector<Tensor> kept;
  for (int round = 0; round < 6; ++round) {
    CAPTURE(round);
    // Slabs with kept values come as they became free, then one way up, and the second.
    const int in_any_order = 2 + static_cast<int>(kept.size());
    const Order order = order_in_a_chain(keep_every, kept);
    CHECK(order.slabs >= 5);
    CHECK(order.slabs <= 50);
    CHECK(order.blocks_back == 0);
    CHECK(order.slabs_again == 0);
    CHECK(order.slabs_back <= in_any_order);
  }
}

TEST_CASE("what came back in no order is handed out by its address") {
  if (!memory::caches()) return;
  tg::empty_cache();
  constexpr std::size_t count = 10'000;
  std::vector<Tensor> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(tg::zeros({}));
  // Every tenth stays, and keeps its slab.
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t number = i * 3'701 % count;
    if (number % 10 != 0) all[number] = {};
  }
  std::vector<std::uintptr_t> addresses;
  std::set<std::uintptr_t> before;
  for (const Tensor& tensor : all) {
    if (tensor.defined()) before.insert(address_of(tensor) / tg::detail::Slab::kSmallBytes);
  }
  for (Tensor& tensor : all) {
    if (tensor.defined()) continue;
    tensor = tg::zeros({});
    addresses.push_back(address_of(tensor));
  }
  const Order order = order_of(addresses);
  CHECK(order.slabs >= 5);
  CHECK(order.blocks_back == 0);
  CHECK(order.slabs_again == 0);
  for (const std::uintptr_t address : addresses) {
    if (!before.contains(address / tg::detail::Slab::kSmallBytes)) {
      FAIL_CHECK("a new slab was taken, although old ones had room");
      break;
    }
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
