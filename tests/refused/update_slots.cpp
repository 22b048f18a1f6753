// refused: update() takes one tensor for each of the formula's slots
#include <autograd/autograd.h>

struct Heavy {
  static constexpr const char* name = "heavy_ball";
  static constexpr const char* slots[] = {"velocity"};
  double lr;
  void update(auto& p, auto g, auto& velocity) const { p -= lr * (velocity = velocity + g); }
};

void step(tapegrad::Tensor& weight) { tapegrad::update(Heavy{0.1}, weight, weight.grad()); }
