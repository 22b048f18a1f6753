// refused: a model names its members in a public visit
#include <nn/layers/linear/linear.h>
#include <nn/module/module.h>

namespace nn = tapegrad::nn;

class Net {
  nn::Linear fc{1, 1};
  void visit(nn::Visitor& f) { f("fc", fc); }
};

auto parameters = nn::parameters(Net());
