#include "autograd/transforms/checkpoint.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "autograd/base/fail.h"
#include "autograd/tensor/door/launch.h"
#include "autograd/tensor/require.h"
#include "autograd/transforms/region.h"

namespace tapegrad::detail {

namespace {

constexpr const char* kSame =
    "a checkpointed function must compute the same each time: from its inputs, from tensors that "
    "do not change until the last backward(), and with random numbers of the default generator";

/// An output as it was the first time.
struct Seen {
  std::size_t place;  // in the list that the function returned
  ShapeRef shape;
  DType dtype;
  std::uint64_t sum;  // of the elements
};

std::uint64_t sum_of(const Tensor& value) {
  return launch(
      "checkpoint",
      [](const unsigned char* bytes, std::size_t size) {
        std::uint64_t sums[4] = {1, 2, 3, 4};  // at once, as each waits for its last product
        for (std::size_t at = 0; at < size; at += 8) {
          std::uint64_t word = 0;
          std::memcpy(&word, bytes + at, std::min<std::size_t>(8, size - at));
          std::uint64_t& sum = sums[at / 8 % 4];
          sum = (std::rotl(sum, 29) ^ word) * 0x9E37'79B9'7F4A'7C15;
        }
        return sums[0] ^ std::rotl(sums[1], 16) ^ std::rotl(sums[2], 32) ^ std::rotl(sums[3], 48);
      },
      in<unsigned char>(value), static_cast<std::size_t>(value.numel()) * size_of(value.dtype()));
}

struct Checkpoint final : Region {
  Checkpoint(const ListSizes& sizes, DType type, std::size_t arguments, TensorsFunction&& function,
             const RegionState& at, std::vector<Seen>&& outputs) noexcept
      : Region(sizes, type, arguments),
        f(std::move(function)),
        state(at),
        seen(std::move(outputs)) {}

  const char* name() const noexcept override { return "checkpoint"; }
  std::vector<Root> again(bool) override {
    const std::vector<Tensor> inputs = arguments();
    std::vector<Tensor> cotangents = take_cotangents();
    const NextRun run(*this, state);
    const std::vector<Tensor> made = f(inputs);
    std::vector<Root> roots;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      check(made, seen[i]);
      if (cotangents[i].defined()) roots.push_back({made[seen[i].place], std::move(cotangents[i])});
    }
    return roots;
  }
  void forget() noexcept override { f = nullptr; }

 private:
  static void check(const std::vector<Tensor>& made, const Seen& first) {
    if (first.place >= made.size())
      fail<GradError>(
          "checkpoint: when it was computed again, the function returned {} tensors, and before "
          "one as output {}; {}",
          made.size(), first.place, kSame);
    const Tensor& output = made[first.place];
    require_defined(output, "an output", "checkpoint");
    const char* other = nullptr;
    if (output.shape() != first.shape.sizes() || output.dtype() != first.dtype)
      fail<GradError>(
          "checkpoint: when it was computed again, output {} had shape {} and type {}, and before "
          "{} and {}; {}",
          first.place, output.shape(), output.dtype(), first.shape.sizes(), first.dtype, kSame);
    if (!requires_record(output))
      other = "did not depend on what requires gradients";
    else if (sum_of(output) != first.sum)
      other = "had other elements";
    if (other)
      fail<GradError>("checkpoint: when it was computed again, output {} of shape {} {}; {}",
                      first.place, output.shape(), other, kSame);
  }

  TensorsFunction f;
  RegionState state;
  std::vector<Seen> seen;
};

/// Throws where `f` changed an input, which had these versions.
void check_inputs(const std::vector<Tensor>& inputs, const std::vector<std::uint32_t>& versions) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined()) continue;
    const Impl& owner = *impl_of(inputs[i])->owner();
    if (owner.version != versions[i])
      fail<GradError>(
          "checkpoint: the function changed its input {} of shape {} in place by '{}', so that it "
          "cannot be called again; let it change a clone()",
          i, inputs[i].shape(), owner.last_change.name());
  }
}

std::vector<Tensor> checkpoint_recorded(TensorsFunction&& f, const std::vector<Tensor>& inputs) {
  std::vector<std::uint32_t> versions;
  for (const Tensor& input : inputs)
    versions.push_back(input.defined() ? impl_of(input)->owner()->version : 0);
  const RegionState state;
  std::vector<Tensor> made, outputs;
  Region::Outside outside;
  std::vector<Seen> seen;
  std::uint64_t before;
  {
    const FirstRun run(inputs);
    before = run.before();
    made = f(inputs);
    for (std::size_t i = 0; i < made.size(); ++i) {
      const auto is_same = [&](const Tensor& other) { return other.is_same(made[i]); };
      if (!run.made(made[i]) || std::any_of(outputs.begin(), outputs.end(), is_same)) continue;
      const Impl& impl = *impl_of(made[i]);
      seen.push_back({i, impl.shape_ref, impl.dtype, sum_of(made[i])});
      outputs.push_back(made[i]);
    }
    if (outputs.empty()) return made;
    check_inputs(inputs, versions);
    outside = run.outside(outputs, inputs);
  }
  const ListSizes sizes{outside.inputs.size(), 0, outputs.size()};
  auto* region = new_record<Checkpoint>(sizes.room(), sizes, outputs[0].dtype(), inputs.size(),
                                        std::move(f), state, std::move(seen));
  region->before = before;
  region->connect_region(outside);
  region->take_over(outputs, kNone);
  return made;
}

}  // namespace

std::vector<Tensor> checkpoint_now(TensorsFunction f, const std::vector<Tensor>& inputs) {
  return allocating_for("checkpoint", [&] {
    return grad_enabled() ? checkpoint_recorded(std::move(f), inputs) : f(inputs);
  });
}

}  // namespace tapegrad::detail
