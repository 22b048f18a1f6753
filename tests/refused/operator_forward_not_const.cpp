// refused: an operator's forward is const and takes what the operator is applied to
#include <autograd/autograd.h>

using tapegrad::Tensor;

struct Op {
  static constexpr const char* name = "square";
  static constexpr tapegrad::Reads reads[] = {tapegrad::kA};
  Tensor forward(const Tensor& a) { return a * a; }
  Tensor vjp(const Tensor& g, const Tensor& a, auto) const { return 2 * a * g; }
};

Tensor call(const Tensor& x) { return tapegrad::apply(Op(), x); }
