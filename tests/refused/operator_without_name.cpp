// refused: an operator has a name
#include <autograd/autograd.h>

using tapegrad::Tensor;

struct Op {
  static constexpr tapegrad::Reads reads[] = {tapegrad::kA};
  Tensor forward(const Tensor& a) const { return a * a; }
  Tensor vjp(const Tensor& g, const Tensor& a, auto) const { return 2 * a * g; }
};

Tensor call(const Tensor& x) { return tapegrad::apply(Op(), x); }
