#include "nn/step_watch.h"

#include <bit>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>

#include "autograd/tensor/fail.h"
#include "autograd/tensor/visit_dtype.h"

namespace tapegrad::nn::detail {

namespace {

/// Without a branch in the loop, so that compilers make vectors of it.
template <class T>
bool all_finite(std::span<const T> values) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr Bits exponent = std::bit_cast<Bits>(std::numeric_limits<T>::infinity());
  Bits found = 0;
  for (const T value : values)
    found |= static_cast<Bits>((std::bit_cast<Bits>(value) & exponent) == exponent);
  return found == 0;
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

bool first_finite(const Tensor& tensor) { return std::isfinite(first_of(tensor)); }

void Names::add(const std::string& name) {
  if (++count_ <= most_) listed_ += (count_ == 1 ? "" : ", ") + name;
}

std::string Names::text() const {
  return count_ <= most_ ? listed_ : fmt::format("{} and {} more", listed_, count_ - most_);
}

int SameGradient::see(const Tensor& gradient, bool begin) {
  const bool alike = address_ == gradient.impl() && version_ == gradient.version() &&
                     (held_.defined() || first_ == first_of(gradient));
  if (active() && alike) {
    held_ = gradient;
    return ++steps_;
  }
  forget();
  if (begin) {
    address_ = gradient.impl();
    version_ = gradient.version();
    first_ = first_of(gradient);
  }
  return 0;
}

}  // namespace tapegrad::nn::detail
