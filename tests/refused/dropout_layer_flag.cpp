// refused: p is a probability; train() and eval() say the mode
#include <nn/dropout.h>

tapegrad::nn::Dropout layer(true);
