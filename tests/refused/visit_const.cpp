// refused: visit takes the visitor by reference and is not const
#include <nn/layers/linear/linear.h>
#include <nn/module/module.h>

namespace nn = tapegrad::nn;

struct Net {
  nn::Linear fc{1, 1};
  void visit(nn::Visitor& f) const { f("fc", fc); }
};

auto parameters = nn::parameters(Net());
