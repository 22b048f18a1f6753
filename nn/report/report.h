#pragma once

/// Everything of tapegrad::report: pages with charts and pictures, and reports of trainings.

#include "nn/report/answers.h"
#include "nn/report/page.h"
#include "nn/report/training_report.h"
