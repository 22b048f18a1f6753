// refused: f(name, member): the name comes first
#include <nn/layers/linear/linear.h>
#include <nn/module/module.h>

namespace nn = tapegrad::nn;

struct Net {
  nn::Linear fc{1, 1};
  void visit(nn::Visitor& f) { f(fc, "fc"); }
};

auto parameters = nn::parameters(Net());
