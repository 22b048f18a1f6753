// refused: a model names its members in a public visit
#include <nn/nn.h>

namespace nn = tapegrad::nn;

class Net {
 public:
  tapegrad::Tensor operator()(const tapegrad::Tensor& x) const { return fc(x); }

 private:
  nn::Linear fc{1, 1};
  void visit(nn::Visitor& f) { f("fc", fc); }
};

void wrong(Net& net, nn::SGD& optimizer) {
  nn::Trainer trainer(net, nn::mse_loss, optimizer, {.epochs = 2});
}
