// refused: a parameter is a member of type Tensor, which visit names
#include <nn/module/module.h>

namespace nn = tapegrad::nn;

struct Net {
  nn::Parameter w;
  void visit(nn::Visitor& f) { f("w", w); }
};

auto parameters = nn::parameters(Net());
