// refused: a model is called with a Tensor: Tensor operator()(const Tensor& x) const
#include <nn/nn.h>

namespace nn = tapegrad::nn;

struct Net {
  nn::Linear fc{1, 1};
  tapegrad::Tensor operator()(const tapegrad::Tensor& x) { return fc(x); }
  void visit(nn::Visitor& f) { f("fc", fc); }
};

void wrong(Net& net, nn::SGD& optimizer) { nn::Trainer trainer(net, nn::mse_loss, optimizer); }
