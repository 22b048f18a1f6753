#include "nn/files/elements.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "autograd/autograd.h"
#include "tests/catch.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using Catch::Matchers::ContainsSubstring;
using nn::detail::Stored;

namespace {

/// Bytes in memory.
class Bytes : public nn::detail::Source {
 public:
  explicit Bytes(std::span<const std::byte> bytes) : bytes_(bytes), budget_("read", {}, 0) {}
  void read(std::span<std::byte> to) override {
    std::memcpy(to.data(), bytes_.data(), to.size());
    bytes_ = bytes_.subspan(to.size());
  }
  std::uint64_t left() const override { return bytes_.size(); }
  std::string where() const override { return "read: 'file'"; }
  nn::detail::MemoryBudget& budget() override { return budget_; }

 private:
  std::span<const std::byte> bytes_;
  nn::detail::MemoryBudget budget_;
};

template <class T>
tg::Tensor read(Stored stored, const std::vector<T>& elements) {
  Bytes bytes(std::as_bytes(std::span(elements)));
  const tg::Shape shape{static_cast<std::int64_t>(elements.size())};
  return nn::detail::read_elements({stored}, shape, bytes, "read: 'file', tensor 'x'");
}

/// The value of a half, from its definition.
double value_of(unsigned bits, int exponent_bits) {
  const int fraction_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = int(bits >> fraction_bits) & ((1 << exponent_bits) - 1);
  const double fraction = double(bits & ((1u << fraction_bits) - 1)) / (1 << fraction_bits);
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return fraction == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias);
  return sign * std::ldexp(1 + fraction, exponent - bias);
}

std::uint16_t half_of(double value, Stored stored) {
  const std::string bytes =
      nn::detail::half_elements(tg::tensor({value}, tg::float64), stored, "write");
  std::uint16_t bits = 0;
  std::memcpy(&bits, bytes.data(), 2);
  return bits;
}

}  // namespace

TEST_CASE("every float16 and bfloat16 is read as what it stands for, and written back", "[files]") {
  for (const auto& [stored, exponent_bits] :
       {std::pair(Stored::float16, 5), std::pair(Stored::bfloat16, 8)}) {
    std::vector<std::uint16_t> all(1 << 16);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
    const tg::Tensor x = read(stored, all);
    REQUIRE(x.dtype() == tg::float32);
    int wrong = 0;
    const auto data = x.data<float>();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const double value = value_of(unsigned(i), exponent_bits);
      wrong += std::isnan(value) ? !std::isnan(data[i])
                                 : std::bit_cast<std::uint32_t>(data[i]) !=
                                       std::bit_cast<std::uint32_t>(float(value));
    }
    CHECK(wrong == 0);
    for (const tg::Tensor& again : {x, x.to(tg::float64)}) {
      const std::string bytes = nn::detail::half_elements(again, stored, "write");
      for (std::size_t i = 0; i < all.size(); ++i) {
        std::uint16_t bits = 0;
        std::memcpy(&bits, bytes.data() + 2 * i, 2);
        wrong += std::isnan(data[i]) ? !std::isnan(value_of(bits, exponent_bits)) : bits != all[i];
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("halves are rounded to the nearest, ties to even, and once", "[files]") {
  for (const auto& [stored, exponent_bits] :
       {std::pair(Stored::float16, 5), std::pair(Stored::bfloat16, 8)}) {
    const unsigned infinite = ((1u << exponent_bits) - 1) << (15 - exponent_bits);
    int wrong = 0;
    for (unsigned bits = 0; bits + 2 < infinite; ++bits) {
      const double low = value_of(bits, exponent_bits), high = value_of(bits + 1, exponent_bits);
      const double middle = low + (high - low) / 2, tiny = (high - low) * 1e-9;
      wrong += half_of(middle, stored) != (bits % 2 ? bits + 1 : bits);
      wrong += half_of(middle - tiny, stored) != bits;
      wrong += half_of(middle + tiny, stored) != bits + 1;
      wrong += half_of(-middle - tiny, stored) != ((bits + 1) | 0x8000);
      if (bits > 2000) bits += 96;
    }
    CHECK(wrong == 0);
    CHECK(half_of(INFINITY, stored) == infinite);
    CHECK_THROWS_AS(half_of(1e300, stored), tg::ValueError);
    CHECK(half_of(-0.0, stored) == 0x8000);
    CHECK(half_of(1e-300, stored) == 0);
  }
  CHECK(half_of(65519, Stored::float16) == 0x7bff);
  CHECK_THROWS_WITH(half_of(-65520, Stored::float16),
                    "write: element 0 is -65520, which float16 does not hold; use bfloat16, or "
                    "write it as it is");
}

TEST_CASE("small and unsigned integers become int64", "[files]") {
  CHECK(tg::equal(read<std::int8_t>(Stored::int8, {-128, 127}), tg::tensor({-128, 127})));
  CHECK(tg::equal(read<std::uint8_t>(Stored::uint8, {0, 255}), tg::tensor({0, 255})));
  CHECK(tg::equal(read<std::int16_t>(Stored::int16, {-32768, 5}), tg::tensor({-32768, 5})));
  CHECK(tg::equal(read<std::uint16_t>(Stored::uint16, {65535}), tg::tensor({65535})));
  CHECK(read<std::int32_t>(Stored::int32, {INT32_MIN}).item<std::int64_t>() == INT32_MIN);
  CHECK(read<std::uint32_t>(Stored::uint32, {UINT32_MAX}).item<std::int64_t>() == UINT32_MAX);
  CHECK(read<std::uint64_t>(Stored::uint64, {INT64_MAX}).item<std::int64_t>() == INT64_MAX);
  CHECK_THROWS_AS(read<std::uint64_t>(Stored::uint64, {1, UINT64_MAX}), tg::FileError);
  CHECK_THROWS_WITH(read<std::uint64_t>(Stored::uint64, {1, UINT64_MAX}),
                    "read: 'file', tensor 'x': element 1 is 18446744073709551615, which int64 does "
                    "not hold");
}

TEST_CASE("a bool is 0 or 1", "[files]") {
  CHECK(tg::equal(read<std::uint8_t>(Stored::boolean, {1, 0}), tg::tensor({true, false})));
  CHECK_THROWS_WITH(read<std::uint8_t>(Stored::boolean, {1, 2}),
                    ContainsSubstring("element 1 has the byte 2; a bool is 0 or 1"));
}
