#include "autograd/base/version.h"

int tapegrad::version() noexcept { return TAPEGRAD_VERSION; }
