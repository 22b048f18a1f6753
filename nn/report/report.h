#pragma once

/// @file
/// Everything of `tapegrad::report`: pages with charts and pictures, and reports of trainings.
///
///     tg::report::Page page("Squares");
///     page.add(tg::report::Lines{.title = "Area", .series = {{.name = "square", .y = {1, 4, 9}}}});
///     const std::string html = page.html();

#include "nn/report/answers.h"
#include "nn/report/page.h"
#include "nn/report/search_report.h"
#include "nn/report/training_report.h"
