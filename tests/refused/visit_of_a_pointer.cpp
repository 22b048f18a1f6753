// refused: f(name, member): a member is a Tensor, a type with void visit(nn::Visitor& f)
#include <nn/layers/linear/linear.h>
#include <nn/module/module.h>

namespace nn = tapegrad::nn;

struct Net {
  std::shared_ptr<nn::Linear> fc;
  void visit(nn::Visitor& f) { f("fc", fc); }
};

auto parameters = nn::parameters(Net());
