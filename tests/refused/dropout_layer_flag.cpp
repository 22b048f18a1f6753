// refused by a comment: a number, no truth value (a mode comes later, or is set by train and eval)
#include <nn/layers/dropout.h>

tapegrad::nn::Dropout layer(true);
