#include "nn/optim/core/step_watch.h"

#include <bit>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

#include "autograd/base/fail.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::nn::detail {

namespace {

/// The exponents in a word that holds one number or several, plus 1 at the end of each: it carries
/// into the sign's place for an exponent of all ones, and for no other.
template <class T>
struct Exponents {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  static constexpr std::uint64_t copies = sizeof(T) == 4 ? 0x1'0000'0001 : 1;
  static constexpr Bits exponent = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
  static constexpr std::uint64_t all = exponent * copies;
  static constexpr std::uint64_t ones = (exponent & -exponent) * copies;
  static constexpr std::uint64_t signs = all + ones;

  [[gnu::always_inline]] static std::uint64_t carried(const char* from, std::size_t bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, bytes);
    return (word & all) + ones;
  }
};

/// Neither branch nor comparison for an element; nn is compiled for size, so that no compiler
/// helps.
template <class T>
bool all_finite(std::span<const T> values) {
  const char* at = reinterpret_cast<const char*>(values.data());
  std::size_t left = values.size_bytes();
  std::uint64_t found = 0;
  for (; left >= 32; left -= 32, at += 32) {
    found |= Exponents<T>::carried(at, 8) | Exponents<T>::carried(at + 8, 8) |
             Exponents<T>::carried(at + 16, 8) | Exponents<T>::carried(at + 24, 8);
  }
  for (; left >= sizeof(T); left -= sizeof(T), at += sizeof(T))
    found |= Exponents<T>::carried(at, sizeof(T));
  return (found & Exponents<T>::signs) == 0;
}

double first_of(const Tensor& tensor) {
  if (tensor.numel() == 0) return 0;
  return visit_floating(tensor.dtype(),
                        [&]<class T>(T) { return static_cast<double>(tensor.data<T>()[0]); });
}

}  // namespace

bool all_finite(const Tensor& tensor) {
  return visit_floating(tensor.dtype(), [&]<class T>(T) { return all_finite(tensor.data<T>()); });
}

void Names::add(const std::string& name) {
  if (++count_ <= most_) listed_ += (count_ == 1 ? "" : ", ") + name;
}

std::string Names::text() const {
  return count_ <= most_ ? listed_ : fmt::format("{} and {} more", listed_, count_ - most_);
}

int SameGradient::see(const Tensor& gradient, bool begin) {
  const bool alike = address_ == gradient.id() && version_ == gradient.version() &&
                     (held_.defined() || first_ == first_of(gradient));
  if (active() && alike) {
    held_ = gradient;
    return ++steps_;
  }
  if (active()) forget();
  if (begin) {
    address_ = gradient.id();
    version_ = gradient.version();
    first_ = first_of(gradient);
  }
  return 0;
}

}  // namespace tapegrad::nn::detail
