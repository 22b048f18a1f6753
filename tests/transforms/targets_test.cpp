// What a walk collects is found by its key, whether there are few or thousands.

#include "autograd/transforms/targets.h"

#include "tests/catch.h"

using tapegrad::detail::Target;
using tapegrad::detail::Targets;

namespace {

/// Keys as far apart as blocks of memory, or as bits can be.
const void* key(std::size_t i, std::size_t stride) {
  return reinterpret_cast<const void*>((i + 1) * stride);
}

}  // namespace

TEST_CASE("targets are found by their keys, and keep the order in which they were added") {
  const std::size_t count = GENERATE(0u, 1u, 2u, 11u, 12u, 13u, 32u, 500u, 8000u);
  const std::size_t stride =
      GENERATE(std::size_t{8}, std::size_t{64}, std::size_t{1} << 16, std::size_t{1} << 48);
  INFO(count << " targets, " << stride << " apart");
  Targets targets;
  for (std::size_t i = 0; i < count; ++i) {
    REQUIRE_FALSE(targets.find(key(i, stride)));
    CHECK(targets.index_of(targets.add(key(i, stride))) == i);
  }
  REQUIRE(targets.list().size() == count);
  bool right = true;
  for (std::size_t step : {1u, 7u}) {  // in order, and back and forth
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t k = i * step % count;
      Target* found = targets.find(key(k, stride));
      right = right && found && found->key == key(k, stride) && targets.index_of(*found) == k;
    }
  }
  CHECK(right);
  CHECK_FALSE(targets.find(key(count, stride)));
}

TEST_CASE("targets that were cleared are found no more, whatever comes after them") {
  Targets targets;
  for (const std::size_t count : {5u, 14u, 300u, 300u, 3u, 20u, 5000u, 1u, 14u}) {
    INFO(count);
    for (std::size_t i = 0; i < count; ++i) targets.add(key(i, 64));
    bool found = true;
    for (std::size_t i = 0; i < count; ++i) found = found && targets.find(key(i, 64));
    CHECK(found);
    targets.clear();
    CHECK(targets.list().empty());
    bool left = false;
    for (std::size_t i = 0; i < count; ++i) left = left || targets.find(key(i, 64));
    CHECK_FALSE(left);
  }
}
