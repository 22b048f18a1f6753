// refused: settings have names: SGD(parameters, {.lr = 0.1})
#include <nn/optim.h>

namespace nn = tapegrad::nn;

void mistake(nn::ModuleRef net) { nn::Adagrad optimizer(nn::parameters(net), 0.1); }
