// refused: sizes and dimensions are written in braces: {2, 3}
#include <autograd/autograd.h>

void mistake(const tapegrad::Tensor& x) { x.expand(2, 3); }
