// refused: several numbers are written in braces: tensor({1, 2, 3})
#include <autograd/autograd.h>

void mistake() { tapegrad::tensor(1.5, 2, 3); }
