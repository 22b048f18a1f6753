#include "tests/all_operators.h"

#ifdef TAPEGRAD_TEST_LINALG
#include "autograd/linalg/linalg.h"
#endif

std::vector<tapegrad::OperatorInfo> further_operators() {
#ifdef TAPEGRAD_TEST_LINALG
  return tapegrad::linalg_operators();
#else
  return {};
#endif
}
