// refused: a rule reads what its operator does not save: name it in `reads`
#include <autograd/autograd.h>

using tapegrad::Tensor;

struct Op {
  static constexpr const char* name = "square";
  static constexpr tapegrad::Reads reads[] = {tapegrad::kNone};
  Tensor forward(const Tensor& a) const { return sum(a); }
  Tensor vjp(const Tensor& g, auto a, auto) const { return expand(g, a.shape()); }
};

Tensor call(const Tensor& x) { return tapegrad::apply(Op(), x); }
