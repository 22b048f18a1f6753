// refused: sizes and dimensions are written in braces: {2, 3}
#include <autograd/autograd.h>

void mistake() { tapegrad::randn(2, 3, 4); }
