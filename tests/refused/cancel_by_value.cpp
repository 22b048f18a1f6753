// refused by a comment: it must live as long as the scope
#include <autograd/autograd.h>

void run() {
  bool stop = false;
  tapegrad::CancelScope scope(stop);
}
