// refused: sizes and dimensions are written in braces: {2, 3}
#include <autograd/autograd.h>

void mistake(const tapegrad::Tensor& x) { view(x, 2, -1); }
