// refused: this is no model: an optimizer, a schedule or a loader is kept in a file by nn::Checkpoint
#include <nn/nn.h>

namespace nn = tapegrad::nn;

void wrong(nn::Adam& adam) { nn::load("run.safetensors", adam); }
