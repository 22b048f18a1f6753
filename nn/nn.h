#pragma once

/// @file
/// Everything of nn: modules, layers, losses, initialisation, optimizers, schedules, data, files,
/// metrics and training. Of the engine it brings what these need: include `autograd/autograd.h` for
/// all of that.
///
///     nn::Sequential net{nn::Linear{2, 16}, tg::tanh, nn::Linear{16, 2}};
///     nn::Adam optimizer(nn::parameters(net), {.lr = 0.03});
///     nn::TensorDataset data(tg::randn({64, 2}), tg::randint(0, 2, {64}));
///     nn::DataLoader loader(data, {.batch_size = 16, .shuffle = true});
///     for (const auto& [x, y] : loader) {
///       optimizer.zero_grad();
///       nn::cross_entropy(net(x), y).backward();
///       optimizer.step();
///     }

#include "nn/check/graph_check.h"
#include "nn/data/csv/csv.h"
#include "nn/data/dataset.h"
#include "nn/data/idx.h"
#include "nn/data/images.h"
#include "nn/data/loader.h"
#include "nn/files/checkpoint.h"
#include "nn/files/files.h"
#include "nn/layers/activation/activations.h"
#include "nn/layers/activation/further_activations.h"
#include "nn/layers/dropout.h"
#include "nn/layers/flatten.h"
#include "nn/layers/init.h"
#include "nn/layers/linear/linear.h"
#include "nn/layers/norm/batch_norm.h"
#include "nn/layers/norm/layer_norm.h"
#include "nn/layers/sequential.h"
#include "nn/losses/losses.h"
#include "nn/losses/operators.h"
#include "nn/metrics/metrics.h"
#include "nn/module/functional.h"
#include "nn/module/hooks.h"
#include "nn/module/layer.h"
#include "nn/module/module.h"
#include "nn/module/state.h"
#include "nn/module/summary.h"
#include "nn/module/visitor.h"
#include "nn/optim.h"
#include "nn/optim/clip.h"
#include "nn/optim/schedules/one_cycle.h"
#include "nn/optim/schedules/plateau.h"
#include "nn/optim/schedules/schedule.h"
#include "nn/train/doctor.h"
#include "nn/train/history.h"
#include "nn/train/lr_finder.h"
#include "nn/train/metric.h"
#include "nn/train/sweep.h"
#include "nn/train/trainer.h"
