#include "autograd/ops/formula/region_pass.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

#include "autograd/base/threads/parallel.h"
#include "autograd/tensor/door/launch.h"

namespace tapegrad::detail {

namespace {

/// Elements that the function is called for at a time. Few, because it may be long.
constexpr std::int64_t kRegionTile = 32;

/// What a thread has to gain by taking part, in seconds.
constexpr double kWorthThread = 20e-6;

/// An input, as float64 in the order of the output's elements.
class RegionSource {
 public:
  RegionSource(const Tensor& tensor, const Shape& output) : value_(impl_of(tensor)) {
    if (!value_) return;
    const Shape& shape = value_->shape();
    std::int64_t dense = 1;
    for (int d = -1; d >= -shape.rank(); --d) {
      const auto at = static_cast<std::size_t>(output.rank() + d);
      stride_[at] = shape[d] == 1 ? 0 : dense;
      dense *= shape[d];
    }
    dense_ = shape == output;
  }

  /// The `count` elements from `first` on, in `room` where they do not lie as they are; nullptr for
  /// the undefined tensor.
  const double* get(std::int64_t first, std::int64_t count, const Shape& output,
                    double* room) const {
    if (!value_) return nullptr;
    const void* data = Raw::of(*value_);
    if (value_->dtype == float64) {
      if (dense_) return static_cast<const double*>(data) + first;
      copy(static_cast<const double*>(data), first, count, output, room);
    } else {
      copy(static_cast<const float*>(data), first, count, output, room);
    }
    return room;
  }

 private:
  template <class T>
  void copy(const T* from, std::int64_t first, std::int64_t count, const Shape& output,
            double* to) const {
    if (dense_ || value_->numel() == 1) {
      const std::int64_t step = dense_ ? 1 : 0;
      for (std::int64_t e = 0; e < count; ++e)
        to[e] = static_cast<double>(from[(first + e) * step]);
      return;
    }
    std::array<std::int64_t, kMaxRank> at{};  // of the element
    std::int64_t offset = 0;
    for (int d = output.rank(); d-- > 0; first /= output[d]) {
      at[static_cast<std::size_t>(d)] = first % output[d];
      offset += first % output[d] * stride_[static_cast<std::size_t>(d)];
    }
    for (std::int64_t e = 0; e < count; ++e) {
      to[e] = static_cast<double>(from[offset]);
      for (int d = output.rank(); d-- > 0;) {
        const auto i = static_cast<std::size_t>(d);
        offset += stride_[i];
        if (++at[i] < output[d]) break;
        offset -= at[i] * stride_[i];
        at[i] = 0;
      }
    }
  }

  const Impl* value_;
  std::array<std::int64_t, kMaxRank> stride_{};
  bool dense_ = false;
};

/// Where `count` results from `first` on are computed: in place, or in `room` and then rounded.
class RegionTarget {
 public:
  RegionTarget(const Tensor& tensor, std::int64_t first, double* room)
      : value_(impl_of(tensor)), first_(first), place_(room) {
    if (value_ && value_->dtype == float64) place_ = static_cast<double*>(Raw::of(*value_)) + first;
  }
  double* place() const noexcept { return place_; }
  void finish(std::int64_t count) const {
    if (!value_ || value_->dtype == float64) return;
    float* to = static_cast<float*>(Raw::of(*value_)) + first_;
    for (std::int64_t e = 0; e < count; ++e) to[e] = static_cast<float>(place_[e]);
  }

 private:
  const Impl* value_;
  std::int64_t first_;
  double* place_;
};

class RegionPass {
 public:
  RegionPass(const RegionPart& part, const void* f, std::span<const Tensor> inputs,
             std::span<const Tensor> outputs, std::span<const Tensor> partials)
      : part_(part),
        f_(f),
        n_(static_cast<std::size_t>(part.text->inputs)),
        m_(static_cast<std::size_t>(part.text->outputs)),
        outputs_(outputs),
        partials_(partials),
        shape_(impl_of(outputs[0])->shape()),
        by_partials_(!partials.empty() || part.order() == 1) {
    sources_.reserve(inputs.size());
    for (const Tensor& input : inputs) sources_.emplace_back(input, shape_);
  }

  void run() const {
    const std::int64_t numel = shape_.numel(), tiles = (numel + kRegionTile - 1) / kRegionTile;
    if (tiles <= 1 || num_threads() == 1) return run_tiles(0, tiles);
    // How much the function computes nobody knows, but the first tile shows it.
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    run_tiles(0, 1);
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    if (seconds * static_cast<double>(tiles) < 2 * kWorthThread) return run_tiles(1, tiles);
    const auto piece = static_cast<std::int64_t>(
        std::clamp(kWorthThread / std::max(seconds, 1e-9), 1., static_cast<double>(tiles)));
    kernels::parallel_for((tiles - 1 + piece - 1) / piece, [&](std::int64_t k) {
      run_tiles(1 + k * piece, std::min(tiles, 1 + (k + 1) * piece));
    });
  }

 private:
  /// What a thread works with: pointers, and rooms for numbers of a tile.
  struct Desk {
    std::vector<const double*> in, came;
    std::vector<double*> out;
    std::vector<double> numbers;
    std::int64_t size;
    double* room(std::size_t k) { return numbers.data() + static_cast<std::int64_t>(k) * size; }
  };

  void run_tiles(std::int64_t first, std::int64_t end) const {
    if (first >= end) return;
    Desk desk;
    desk.size = std::min(kRegionTile, shape_.numel());
    const std::size_t made = by_partials_ ? m_ * (1 + n_) : m_;
    desk.in.resize(std::max(sources_.size(), n_ * static_cast<std::size_t>(1 + part_.order())));
    desk.came.resize(m_);
    desk.out.resize(made);
    desk.numbers.resize((sources_.size() + made + 2) * static_cast<std::size_t>(desk.size));
    for (std::int64_t tile = first; tile < end; ++tile) {
      const std::int64_t start = tile * kRegionTile;
      run_tile(start, std::min(kRegionTile, shape_.numel() - start), desk);
    }
  }

  void run_tile(std::int64_t first, std::int64_t count, Desk& desk) const {
    for (std::size_t k = 0; k < sources_.size(); ++k)
      desk.in[k] = sources_[k].get(first, count, shape_, desk.room(k));
    if (part_.order() == 0) return compute(first, count, desk);
    for (std::size_t k = 0; k < desk.out.size(); ++k) desk.out[k] = desk.room(sources_.size() + k);
    if (part_.pulls())
      pull(first, count, desk);
    else if (part_.level == 1)
      push(first, count, desk);
    else
      compute(first, count, desk);
  }

  /// What the loops compute is the result.
  void compute(std::int64_t first, std::int64_t count, Desk& desk) const {
    std::vector<RegionTarget> targets;
    targets.reserve(desk.out.size());
    for (std::size_t k = 0; k < desk.out.size(); ++k) {
      targets.emplace_back(k < m_ ? outputs_[k] : partials_[k - m_], first,
                           desk.room(sources_.size() + k));
      desk.out[k] = targets.back().place();
    }
    call(desk, part_.level, count);
    for (const RegionTarget& target : targets) target.finish(count);
  }

  /// Along the one direction.
  void push(std::int64_t first, std::int64_t count, Desk& desk) const {
    call(desk, 1, count);
    for (std::size_t j = 0; j < m_; ++j)
      sum_up(outputs_[j], first, count, desk, n_,
             [&](std::size_t i) { return std::pair(desk.in[n_ + i], partial(desk, j, i)); });
  }

  /// The product with what came for the results.
  void pull(std::int64_t first, std::int64_t count, Desk& desk) const {
    const auto pulled = static_cast<std::size_t>(part_.pulled);
    const std::size_t directions = n_ * static_cast<std::size_t>(1 + part_.level);
    const auto behind = desk.in.begin() + static_cast<std::ptrdiff_t>(directions);
    std::copy_n(behind, m_, desk.came.begin());
    if (!by_partials_) {  // one more direction, along which that input moves
      double* ones = desk.room(sources_.size() + desk.out.size());
      std::fill_n(ones, count, 1.);
      std::fill_n(behind, n_, nullptr);
      desk.in[directions + pulled] = ones;
    }
    call(desk, part_.order(), count);
    sum_up(outputs_[0], first, count, desk, m_, [&](std::size_t j) {
      return std::pair(desk.came[j], by_partials_ ? partial(desk, j, pulled) : desk.out[j]);
    });
  }

  const double* partial(const Desk& desk, std::size_t j, std::size_t i) const {
    return desk.out[m_ + j * n_ + i];
  }

  /// The sum of the products of `count` pairs; a null pointer is 0.
  template <class Pair>
  void sum_up(const Tensor& output, std::int64_t first, std::int64_t count, Desk& desk,
              std::size_t pairs, const Pair& pair) const {
    const RegionTarget target(output, first, desk.room(sources_.size() + desk.out.size() + 1));
    double* to = target.place();
    std::fill_n(to, count, 0.);
    for (std::size_t k = 0; k < pairs; ++k) {
      const auto [a, b] = pair(k);
      if (!a) continue;
      for (std::int64_t e = 0; e < count; ++e) to[e] += a[e] * b[e];
    }
    target.finish(count);
  }

  void call(const Desk& desk, int order, std::int64_t count) const {
    const ScalarLoop loop = by_partials_ ? part_.text->partials : part_.text->along[order];
    loop(f_, desk.in.data(), desk.out.data(), count);
  }

  const RegionPart& part_;
  const void* f_;
  std::size_t n_, m_;
  std::span<const Tensor> outputs_, partials_;
  const Shape& shape_;
  bool by_partials_;
  std::vector<RegionSource> sources_;
};

[[gnu::noinline, gnu::cold]] void announce_region(const char* name, std::span<const Tensor> inputs,
                                                  std::span<const Tensor> outputs,
                                                  std::span<const Tensor> partials) {
  std::vector<LaunchArgument> all;
  for (const Tensor& input : inputs) all.push_back({impl_of(input), 0, Access::read});
  for (const auto list : {outputs, partials})
    for (const Tensor& made : list)
      if (made.defined()) all.push_back({impl_of(made), 0, Access::write});
  Door::launch({name, all, false});
}

}  // namespace

void run_region_part(const char* name, const RegionPart& part, const void* f,
                     std::span<const Tensor> inputs, std::span<const Tensor> outputs,
                     std::span<const Tensor> partials) {
  if (watched()) [[unlikely]]
    announce_region(name, inputs, outputs, partials);
  RegionPass(part, f, inputs, outputs, partials).run();
}

}  // namespace tapegrad::detail
