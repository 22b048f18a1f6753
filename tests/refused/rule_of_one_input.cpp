// refused: an operator has a rule for each input
#include <autograd/autograd.h>

using tapegrad::Tensor;

struct Op {
  static constexpr const char* name = "square";
  static constexpr tapegrad::Reads reads[] = {tapegrad::kB, tapegrad::kA};
  Tensor forward(const Tensor& a, const Tensor& b) const { return a * b; }
  Tensor vjp(const Tensor& g, auto, const Tensor& b, auto) const { return b * g; }
};

Tensor call(const Tensor& x) { return tapegrad::apply(Op(), x, x); }
