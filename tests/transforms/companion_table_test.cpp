#include "autograd/transforms/companion_table.h"

#include <cstdint>
#include <map>
#include <random>

#include "autograd/autograd.h"
#include "tests/catch.h"

namespace tg = tapegrad;
using tg::detail::Impl;

namespace {

/// Nobody looks at what it points to.
const Impl* value_number(std::uintptr_t i) {
  return reinterpret_cast<const Impl*>(0x10000 + 64 * i);
}

}  // namespace

TEST_CASE("a table of companions finds what was put in and not taken out", "[forward]") {
  std::minstd_rand random(5);
  for (const std::uintptr_t values : {10, 100, 3000}) {
    tg::detail::CompanionTable table;
    std::map<const Impl*, double> expected;
    for (int step = 0; step < 20'000; ++step) {
      const Impl* value = value_number(random() % values);
      // Fewer and fewer, then more and more.
      if (random() % 100 < (step / 2000 % 2 ? 30 : 70)) {
        const tg::Tensor before = table.put(value, static_cast<double>(step));
        const auto known = expected.find(value);
        REQUIRE(before.defined() == (known != expected.end()));
        if (before.defined()) REQUIRE(before.item() == known->second);
        expected[value] = step;
      } else {
        REQUIRE(table.take(value).defined() == (expected.erase(value) == 1));
      }
      const Impl* other = value_number(random() % values);
      const tg::Tensor* found = table.find(other);
      const auto known = expected.find(other);
      REQUIRE((found != nullptr) == (known != expected.end()));
      if (found) REQUIRE(found->item() == known->second);
      REQUIRE(table.empty() == expected.empty());
    }
    for (const auto& [value, number] : expected) {
      REQUIRE(table.find(value) != nullptr);
      REQUIRE(table.find(value)->item() == number);
    }
    std::size_t seen = 0;
    CHECK_FALSE(table.any([&](const Impl* value) {
      ++seen;
      return !expected.contains(value);
    }));
    CHECK(seen == expected.size());
    table.clear();
    CHECK(table.empty());
    CHECK(table.find(value_number(0)) == nullptr);
  }
}
