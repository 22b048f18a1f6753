#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "nn/data/idx.h"
#include "tests/benchmarks/agree.h"
#include "tests/benchmarks/cases.h"
#include "tests/benchmarks/network_table.h"

namespace bench {

namespace {

namespace fs = std::filesystem;

/// The file of that name in the folder, unpacked or not; empty when there is none.
std::string file_in(const std::string& folder, const std::string& name) {
  for (const char* ending : {"", ".gz"}) {
    const fs::path file = fs::path(folder) / (name + ending);
    if (fs::exists(file)) return file.string();
  }
  return {};
}

Row measure_epoch(const Setting& setting, const std::string& name, const std::string& folder,
                  const std::string& image_file, const std::string& label_file) {
  const tapegrad::nn::IdxArray images = tapegrad::nn::read_idx(image_file);
  const tapegrad::nn::IdxArray labels = tapegrad::nn::read_idx(label_file);
  EpochSpec spec;
  spec.folder = folder;
  spec.pixels = images.bytes.data();
  spec.labels = labels.bytes.data();
  spec.count = images.shape[0];
  spec.height = images.shape[1];
  spec.width = images.shape[2];
  spec.network = network("B64");
  spec.start = random_network(spec.network);

  const auto mine = setting.ours.epoch(spec);
  const auto theirs = setting.torch ? setting.torch->epoch(spec) : nullptr;
  Subjects subjects{[&] { mine->run(); }, {}, {}};
  if (theirs) {
    // Each shuffles in its own way, so that the mean losses of the first epoch are only alike.
    mine->run();
    theirs->run();
    expect_close(name, mine->results(), theirs->results(), 0.05);
    subjects.torch = [&] { theirs->run(); };
  }
  const auto batches = static_cast<int>((spec.count + spec.batch - 1) / spec.batch);
  subjects.bound = [products = step_products(spec.network), batches] {
    for (int i = 0; i < batches; ++i) products();
  };
  Effort effort = setting.effort;
  effort.repetitions = std::min(effort.repetitions, 7);
  return {name, time_subjects(subjects, effort)};
}

}  // namespace

void add_epoch_case(Cases& cases, const Options& options) {
  const std::string images = file_in(options.data, "train-images-idx3-ubyte");
  const std::string labels = file_in(options.data, "train-labels-idx1-ubyte");
  if (images.empty() || labels.empty()) return;
  const std::string name = "epoch of 784-128-10 with its data, batch 64, SGD";
  cases.push_back({name, true, [=, folder = options.data](const Setting& setting) {
                     return measure_epoch(setting, name, folder, images, labels);
                   }});
}

}  // namespace bench
