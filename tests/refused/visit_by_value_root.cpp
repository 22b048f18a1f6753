// refused: a model names its members in a public visit that takes the visitor by reference
#include <nn/layers/linear/linear.h>
#include <nn/module/module.h>

namespace nn = tapegrad::nn;

struct Net {
  nn::Linear fc{1, 1};
  void visit(auto f) { f("fc", fc); }
};

auto parameters = nn::parameters(Net());
