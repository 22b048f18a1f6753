// refused: a whole number is wanted, neither a fraction nor a truth value, which is a later argument
#include <autograd/tensor/create.h>

void make() { tapegrad::linspace(0, 1, 2.7); }
