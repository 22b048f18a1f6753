// refused: f(name, member): a member is a Tensor, a type with void visit(nn::Visitor& f)
#include <nn/layers/linear/linear.h>
#include <nn/module/module.h>

namespace nn = tapegrad::nn;

struct Net {
  int width = 3;
  void visit(nn::Visitor& f) { f("width", width); }
};

auto parameters = nn::parameters(Net());
