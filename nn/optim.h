#pragma once

/// All optimizers, clipping and learning-rate schedules.

#include "nn/clip.h"
#include "nn/optim_adagrad.h"
#include "nn/optim_adam.h"
#include "nn/optim_formulas.h"
#include "nn/optim_rmsprop.h"
#include "nn/optim_sgd.h"
#include "nn/optimizer.h"
#include "nn/schedule.h"
#include "nn/schedule_one_cycle.h"
#include "nn/schedule_plateau.h"
