// refused: nn::correct in place of nn::accuracy
#include <nn/nn.h>

using namespace tapegrad;

nn::Metric accuracy{"accuracy", nn::accuracy};
