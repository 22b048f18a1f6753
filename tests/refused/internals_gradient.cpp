// refused: grad
#include <autograd/autograd.h>

void change(tapegrad::Tensor& x) { x.grad() += 1; }
