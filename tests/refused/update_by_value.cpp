// refused: takes the parameter and its slots as auto&, to change them
#include <autograd/autograd.h>

struct Step {
  static constexpr const char* name = "step";
  static constexpr const char* slots[] = {"velocity"};
  void update(auto& p, auto g, auto velocity) const { p = p - (velocity = g); }
};

void step(tapegrad::Tensor& x, tapegrad::Tensor& v) { tapegrad::update(Step{}, x, x.grad(), v); }
