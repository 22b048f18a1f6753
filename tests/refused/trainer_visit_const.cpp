// refused: visit takes the visitor by reference and is not const
#include <nn/nn.h>

namespace nn = tapegrad::nn;

struct Net {
  nn::Linear fc{1, 1};
  tapegrad::Tensor operator()(const tapegrad::Tensor& x) const { return fc(x); }
  void visit(nn::Visitor& f) const { f("fc", fc); }
};

void wrong(Net& net, nn::SGD& optimizer) { nn::Trainer trainer(net, nn::mse_loss, optimizer); }
