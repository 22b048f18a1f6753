#include "autograd/tensor/version.h"

int tapegrad::version() noexcept { return TAPEGRAD_VERSION; }
