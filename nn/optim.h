#pragma once

/// @file
/// All optimizers, clipping and learning-rate schedules, for a program with models of its own:
/// parameters are a list of names and tensors.
///
///     tg::Tensor w = tg::ones({3}).requires_grad_();
///     nn::SGD optimizer({{"w", w}}, {.lr = 0.1});
///     tg::sum(w * w).backward();
///     optimizer.step();

#include "nn/optim/adagrad.h"
#include "nn/optim/adam.h"
#include "nn/optim/clip.h"
#include "nn/optim/core/optimizer.h"
#include "nn/optim/formulas.h"
#include "nn/optim/rmsprop.h"
#include "nn/optim/schedules/one_cycle.h"
#include "nn/optim/schedules/plateau.h"
#include "nn/optim/schedules/schedule.h"
#include "nn/optim/sgd.h"
