// refused: a checkpoint refers to variables that are not const
#include <nn/nn.h>

using namespace tapegrad;

void wrong(nn::Checkpoint& checkpoint) {
  int epoch = 1;
  checkpoint.add("epoch", epoch + 1);
}
