#pragma once

/// @file
/// Pictures of a search: of a `sweep`, and of what `find_lr` has seen.
///
///     const nn::SweepResult found =
///         nn::sweep({{"lr", {0.01, 0.1, 1}}, {"activation", {"relu", "tanh"}}},
///                   [](const nn::SweepPoint& p) {
///                     return p.number("lr") + (p.text("activation") == "relu" ? 1 : 2);
///                   });
///     tg::report::Page page("Search");
///     nn::add_sweep(page, found);

#include <string>

#include "nn/report/page.h"
#include "nn/train/lr_finder.h"
#include "nn/train/sweep.h"

namespace tapegrad::nn {

/// @addtogroup report
/// @{

/// Adds a picture of a sweep to a page, and a table of the best 20 points. The numbers of
/// the longest axis that has numbers lie along the lower edge; another axis makes the lines, and what
/// else is varied a small chart each. Where only texts are varied, there is a point for each run. The
/// best run is pointed at.
///
///     report::Page page("Which rate, how many units?");
///     nn::add_sweep(page, found).write("sweep.html");
///
/// Returns the page. Errors: `ValueError` for a sweep without runs, and for one that was changed by
/// hand so that axes and runs do not fit.
report::Page& add_sweep(report::Page& page, const SweepResult& found,
                        const std::string& title = "Sweep");

/// Adds the loss at each learning rate that `find_lr` tried, with its suggestion where it has one.
///
///     report::Page page("Which rate?");
///     nn::add_lr_curve(page, nn::find_lr(net, nn::cross_entropy, optimizer, loader));
///
/// Returns the page. Errors: `ShapeError` for a curve that was changed by hand so that rates and
/// losses are not as many.
report::Page& add_lr_curve(report::Page& page, const LrCurve& curve,
                           const std::string& title = "Loss by learning rate");

/// @}

}  // namespace tapegrad::nn
