#pragma once

// The check of both orders at samples.

#include "autograd/check/gradcheck.h"
#include "tests/point_gradients.h"

namespace point_gradients {

/// Different numbers of moderate size, never 0, half of them negative.
inline Tensor samples(const tg::Shape& shape, std::uint64_t seed) {
  tg::Generator generator(seed);
  const Tensor size = tg::rand(shape, tg::float64, generator) + 0.25;
  const Tensor sign = tg::rand(shape, tg::float64, generator);
  return tg::where(sign < 0.5, -size, size).requires_grad_();
}

inline void check_both_orders(const std::string& what, const Function& f,
                              const std::vector<Tensor>& inputs) {
  const tg::GradcheckResult result = tg::gradcheck(f, inputs, {.second_order = true});
  INFO(what << ": " << result.message());
  CHECK(result.ok);
}

}  // namespace point_gradients
