#pragma once

// Points of functions of one tensor.

#include "tests/point_gradients.h"

namespace point_gradients {

using Unary = std::function<Tensor(const Tensor&)>;

inline void check(const std::string& what, const Unary& f, const Input& input,
                  const std::vector<double>& value) {
  check_at(
      what, [&f](const std::vector<Tensor>& in) { return f(in[0]); }, {input}, value);
}

}  // namespace point_gradients
