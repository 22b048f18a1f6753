#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "tests/catch.h"
#include "tests/warnings.h"

// Small trainings that a doctor watches.

namespace doctor_test {

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using tg::Tensor;
using Kind = nn::Finding::Kind;

/// Points around the corners of a square, and the number of the corner.
struct Corners {
  Tensor x, y;
  explicit Corners(std::int64_t count = 64, std::uint64_t seed = 1) {
    tg::Generator generator(seed);
    y = tg::randint(0, 4, {count}, tg::int64, generator);
    const Tensor right = tg::remainder(y, 2).to(tg::float32),
                 top = tg::floor_divide(y, 2).to(tg::float32);
    x = tg::stack({right, top}, 1) * 2 - 1 + 0.3 * tg::randn({count, 2}, tg::float32, generator);
  }
};

/// `steps` steps of `loss(net, x, y)`, watched. The doctor is still there afterwards.
template <class Model, class Loss>
void train(nn::Doctor& doctor, const Model& net, nn::Optimizer& optimizer, const Tensor& x,
           const Tensor& y, int steps, const Loss& loss) {
  for (int step = 0; step < steps; ++step) {
    const auto look = doctor.step(x, y);
    optimizer.zero_grad();
    loss(net, x, y).backward();
    optimizer.step();
  }
}

inline Tensor cross_entropy_of(const nn::Sequential& net, const Tensor& x, const Tensor& y) {
  return nn::cross_entropy(net(x), y);
}

/// What is found in `steps` steps of a network on the corners, by Adam.
inline std::vector<nn::Finding> found_in(const nn::Sequential& net, int steps = 20,
                                         double lr = 0.01, const Corners& data = Corners()) {
  nn::Adam optimizer(nn::parameters(net), {.lr = lr, .warn_unused = false});
  nn::Doctor doctor(net, optimizer, {.warn = false});
  train(doctor, net, optimizer, data.x, data.y, steps, cross_entropy_of);
  return doctor.findings();
}

/// The one of a kind, or nullptr.
inline const nn::Finding* find(const std::vector<nn::Finding>& findings, Kind kind) {
  const auto found = std::ranges::find(findings, kind, &nn::Finding::kind);
  return found == findings.end() ? nullptr : &*found;
}

/// The kinds, for messages of tests.
inline std::vector<std::string> kinds(const std::vector<nn::Finding>& findings) {
  std::vector<std::string> names;
  for (const nn::Finding& each : findings) names.emplace_back(to_string(each.kind));
  return names;
}

/// Checks that there is one of that kind, there, and that what was seen has this text in it.
inline void check_found(const std::vector<nn::Finding>& findings, Kind kind,
                        const std::string& place, const std::string& seen) {
  CAPTURE(kinds(findings), to_string(kind));
  const nn::Finding* found = find(findings, kind);
  REQUIRE(found);
  CHECK(found->place == place);
  CAPTURE(found->seen);
  CHECK(found->seen.find(seen) != std::string::npos);
  CHECK_FALSE(found->why.empty());
  CHECK_FALSE(found->remedy.empty());
  CHECK(std::ranges::count(findings, kind, &nn::Finding::kind) == 1);
}

using Names = std::vector<std::string>;

}  // namespace doctor_test
