// refused: a checkpoint refers to variables that are not const
#include <nn/nn.h>

using namespace tapegrad;

void wrong(nn::Checkpoint& checkpoint) {
  Tensor x;
  checkpoint.add("x", x);
}
