// warned: ignoring return
#include <autograd/autograd.h>

// clamp_ would change x.
void mistake(const tapegrad::Tensor& x) { x.clamp(0, 1); }
