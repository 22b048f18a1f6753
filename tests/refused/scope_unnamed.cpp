// warned: ignoring
#include <autograd/autograd.h>

// A scope without a name ends at once.
void mistake() { tapegrad::NoGrad(); }
