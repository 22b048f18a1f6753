// refused by a comment: a whole number, no fraction and no truth value (keepdim comes later)
#include <autograd/tensor/create/create.h>

void make() { tapegrad::linspace(0, 1, 2.7); }
