#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/benchmarks/expressions.h"
#include "tests/benchmarks/networks.h"
#include "tests/benchmarks/transformer.h"

namespace bench {

/// The work, done by library `L`.
template <class L>
class SideOf final : public Side {
 public:
  std::string version() override { return L::version(); }
  void set_threads(int threads) override { L::set_threads(threads); }
  std::int64_t beside_malloc() override { return L::beside_malloc(); }
  void use_malloc(bool each) override { L::use_malloc(each); }
  std::unique_ptr<Work> expression(const ExpressionSpec& spec) override {
    return std::make_unique<ExpressionWork<L>>(spec);
  }
  std::unique_ptr<Work> step(const NetworkSpec& spec, const NetworkData& data, double lr) override {
    return std::make_unique<StepWork<L>>(spec, data, lr);
  }
  std::unique_ptr<Work> step(const TransformerSpec& spec, const NetworkData& data,
                             double lr) override {
    return std::make_unique<StepWork<L, Transformer<L>>>(spec, data, lr);
  }
  std::unique_ptr<Work> forward(const NetworkSpec& spec, const NetworkData& data) override {
    return std::make_unique<ForwardWork<L>>(spec, data);
  }
  std::unique_ptr<Work> hessian_vector(const NetworkSpec& spec, const NetworkData& data,
                                       const std::vector<Array>& direction) override {
    return std::make_unique<HessianVectorWork<L>>(spec, data, direction);
  }
  std::unique_ptr<Work> epoch(const EpochSpec& spec) override {
    return std::make_unique<EpochWork<L>>(spec);
  }
};

}  // namespace bench
