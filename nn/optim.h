#pragma once

/// All optimizers, clipping and learning-rate schedules.

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
