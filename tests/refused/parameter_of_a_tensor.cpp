// refused: a parameter is a member of type Tensor, which visit names
#include <autograd/tensor/create/random.h>
#include <nn/module/module.h>

namespace nn = tapegrad::nn;

struct Net {
  nn::Parameter w = tapegrad::randn({3});
  void visit(nn::Visitor& f) { f("w", w); }
};

auto parameters = nn::parameters(Net());
