// warned: ignoring return
#include <autograd/autograd.h>

void mistake(const tapegrad::Tensor& x) { tapegrad::gradcheck(tapegrad::tanh, x); }
