#pragma once

/// Everything of tapegrad::report: pages, charts and pictures.

#include "nn/report/page.h"
