// refused: a model names its members in a public visit that takes the visitor by reference
#include <nn/nn.h>

namespace nn = tapegrad::nn;

struct Net {
  nn::Linear fc{1, 1};
};

void wrong(Net& net, nn::SGD& optimizer) { nn::Doctor doctor(net, optimizer); }
