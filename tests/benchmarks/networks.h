#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "tests/benchmarks/work.h"

// The perceptrons, written once for both libraries; see expressions.h.

namespace bench {

template <class L>
class Network {
 public:
  using Tensor = typename L::Tensor;
  using Spec = NetworkSpec;

  Network(const Spec& spec, const std::vector<Array>& weights) : spec_(spec) {
    for (std::size_t i = 0; i + 1 < spec.widths.size(); ++i) {
      layers_.push_back(L::linear(spec.widths[i], spec.widths[i + 1], spec.type));
      const typename L::NoGrad no_grad;
      std::size_t at = 2 * i;
      for (Tensor& parameter : L::parameters(layers_.back()))
        parameter.copy_(L::from(weights[at++], spec.type));
    }
  }

  static Tensor inputs(const Spec& spec, const NetworkData& data) {
    return L::from(data.inputs, spec.type);
  }
  static Tensor targets(const Spec& spec, const NetworkData& data) {
    return spec.loss == Loss::mse ? L::from(data.targets, spec.type)
                                  : L::from(classes(data.targets));
  }

  Tensor operator()(Tensor x) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      x = L::apply(layers_[i], x);
      if (i + 1 == layers_.size()) break;
      x = spec_.activation == Activation::tanh ? tanh(std::move(x)) : relu(std::move(x));
    }
    return x;
  }
  Tensor loss(const Tensor& inputs, const Tensor& targets) {
    const Tensor outputs = (*this)(inputs);
    return spec_.loss == Loss::mse ? L::mse_loss(outputs, targets)
                                   : L::cross_entropy(outputs, targets);
  }

  std::vector<Tensor> parameters() {
    std::vector<Tensor> all;
    for (auto& layer : layers_)
      for (const Tensor& parameter : L::parameters(layer)) all.push_back(parameter);
    return all;
  }

 private:
  Spec spec_;
  std::vector<typename L::Linear> layers_;
};

/// A network with the batch that it is shown.
template <class L, class N = Network<L>>
class NetworkWork : public Work {
 public:
  using Tensor = typename L::Tensor;

  NetworkWork(const typename N::Spec& spec, const NetworkData& data)
      : network_(spec, data.weights),
        inputs_(N::inputs(spec, data)),
        targets_(N::targets(spec, data)) {}

  std::vector<Array> results() override { return {L::to_array(loss_)}; }
  std::vector<Array> state() override { return arrays(network_.parameters()); }

 protected:
  static std::vector<Array> arrays(const std::vector<Tensor>& tensors) {
    std::vector<Array> all;
    for (const Tensor& tensor : tensors) all.push_back(L::to_array(tensor));
    return all;
  }
  /// As at the end of a loop's body, so that there is one graph at a time.
  void drop_loss() { loss_ = Tensor(); }
  Tensor new_loss() { return network_.loss(inputs_, targets_); }

  N network_;
  Tensor inputs_, targets_, loss_;
};

template <class L>
class ForwardWork final : public NetworkWork<L> {
 public:
  using NetworkWork<L>::NetworkWork;
  void run() override {
    typename L::NoGrad no_grad;
    this->drop_loss();
    this->loss_ = this->new_loss();
  }
};

template <class L, class N = Network<L>>
class StepWork final : public NetworkWork<L, N> {
 public:
  StepWork(const typename N::Spec& spec, const NetworkData& data, double lr)
      : NetworkWork<L, N>(spec, data),
        optimizer_(L::optimizer(spec.optimizer, this->network_.parameters(), lr)) {}

  void run() override {
    this->drop_loss();
    L::zero_grad(*optimizer_);
    this->loss_ = this->new_loss();
    this->loss_.backward();
    optimizer_->step();
  }
  std::vector<Array> results() override {
    std::vector<Array> all{L::to_array(this->loss_)};
    for (const auto& parameter : this->network_.parameters())
      all.push_back(L::to_array(parameter.grad()));
    return all;
  }

 private:
  std::unique_ptr<typename L::Optimizer> optimizer_;
};

template <class L>
class HessianVectorWork final : public NetworkWork<L> {
 public:
  using Tensor = typename L::Tensor;

  HessianVectorWork(const NetworkSpec& spec, const NetworkData& data,
                    const std::vector<Array>& direction)
      : NetworkWork<L>(spec, data), parameters_(this->network_.parameters()) {
    for (const Array& part : direction) direction_.push_back(L::from(part, spec.type));
  }

  void run() override {
    this->drop_loss();
    products_.clear();
    this->loss_ = this->new_loss();
    const std::vector<Tensor> gradients = L::grad({this->loss_}, parameters_, {}, true);
    products_ = L::grad(gradients, parameters_, direction_, false);
  }
  std::vector<Array> results() override { return this->arrays(products_); }

 private:
  std::vector<Tensor> parameters_, direction_, products_;
};

/// An epoch: `L::Batches` shuffles and gathers.
template <class L>
class EpochWork final : public Work {
 public:
  explicit EpochWork(const EpochSpec& spec)
      : network_(spec.network, spec.start.weights),
        optimizer_(L::optimizer(spec.network.optimizer, network_.parameters(), spec.lr)),
        batches_(spec) {}

  void run() override {
    loss_ = 0;
    std::int64_t steps = 0;
    batches_.for_each([&](const Tensor& images, const Tensor& classes) {
      L::zero_grad(*optimizer_);
      const Tensor loss = network_.loss(images, classes);
      loss.backward();
      optimizer_->step();
      loss_ += loss.template item<double>();
      ++steps;
    });
    loss_ /= static_cast<double>(steps);
  }
  std::vector<Array> results() override { return {Array{{}, {loss_}}}; }

 private:
  using Tensor = typename L::Tensor;
  Network<L> network_;
  std::unique_ptr<typename L::Optimizer> optimizer_;
  typename L::Batches batches_;
  double loss_ = 0;
};

}  // namespace bench
