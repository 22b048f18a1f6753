// refused: leak
#include <autograd/autograd.h>

void* give(tapegrad::Tensor x) { return x.leak(); }
