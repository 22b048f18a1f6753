// libtorch's side, a plug-in of its own: the benchmark loads it while it runs, so that nothing else
// is compiled against, linked with, or slowed down by it.

#include <torch/torch.h>

#include <limits>

#include "tests/benchmarks/side_of.h"

namespace {

using bench::Array;
using bench::Type;

struct Torch {
  using Tensor = torch::Tensor;
  using NoGrad = torch::NoGradGuard;
  using Linear = torch::nn::Linear;
  using Optimizer = torch::optim::Optimizer;

  static std::string version() { return TORCH_VERSION; }
  static void set_threads(int threads) {
    static const bool once = [] {
      torch::set_num_interop_threads(1);
      return true;
    }();
    static_cast<void>(once);
    torch::set_num_threads(threads);
  }
  static std::int64_t beside_malloc() { return 0; }
  static void use_malloc(bool) {}  // it does

  static torch::Dtype dtype(Type type) {
    return type == Type::float32 ? torch::kFloat32 : torch::kFloat64;
  }
  static Tensor from(const Array& array, Type type) {
    return torch::tensor(array.values, torch::kFloat64).reshape(array.shape).to(dtype(type));
  }
  static Tensor from(const std::vector<std::int64_t>& classes) {
    return torch::tensor(classes, torch::kInt64);
  }
  static Array to_array(const Tensor& tensor) {
    const Tensor wide = tensor.detach().to(torch::kFloat64).contiguous();
    const double* values = wide.data_ptr<double>();
    return {wide.sizes().vec(), {values, values + wide.numel()}};
  }
  static void drop_grad(Tensor& tensor) { tensor.mutable_grad().reset(); }

  static Tensor mm(const Tensor& a, const Tensor& b) { return torch::mm(a, b); }
  static Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
    return torch::linear(x, weight, bias);
  }
  static Tensor mm_transposed(const Tensor& a, const Tensor& b) {
    return torch::matmul(a, b.transpose(-2, -1));
  }
  static Tensor embedding(const Tensor& rows, const Tensor& ids) {
    return torch::embedding(rows, ids);
  }
  /// The mask of `masked_softmax`, which is true where a number is not seen: what `masked_fill`
  /// takes, so that no step has to turn it around.
  static Tensor seen(std::int64_t size) { return torch::ones({size, size}, torch::kBool).triu(1); }
  static Tensor masked_softmax(const Tensor& x, const Tensor& mask) {
    return x.masked_fill(mask, -std::numeric_limits<double>::infinity()).softmax(-1);
  }
  static Tensor var(const Tensor& x, int dim) { return torch::var(x, at::IntArrayRef(dim), true); }
  static Tensor cross_entropy(const Tensor& logits, const Tensor& classes) {
    return at::cross_entropy_loss(logits, classes);
  }
  static Tensor mse_loss(const Tensor& outputs, const Tensor& targets) {
    return at::mse_loss(outputs, targets);
  }

  static Linear linear(std::int64_t in, std::int64_t out, Type type) {
    Linear layer(in, out);
    layer->to(dtype(type));
    return layer;
  }
  static Tensor apply(Linear& layer, const Tensor& x) { return layer->forward(x); }
  static std::vector<Tensor> parameters(Linear& layer) { return {layer->weight, layer->bias}; }

  static std::unique_ptr<Optimizer> optimizer(bench::Optimizer kind,
                                              const std::vector<Tensor>& parameters, double lr) {
    if (kind == bench::Optimizer::adam)
      return std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(lr));
    return std::make_unique<torch::optim::SGD>(
        parameters,
        torch::optim::SGDOptions(lr).momentum(kind == bench::Optimizer::momentum ? 0.9 : 0));
  }
  /// Drops the gradients, as `zero_grad(set_to_none=True)` in Python, which is faster than filling
  /// them with zeros, the only way of 1.13's own function.
  static void zero_grad(Optimizer& optimizer) {
    for (auto& group : optimizer.param_groups())
      for (Tensor& parameter : group.params()) drop_grad(parameter);
  }
  static std::vector<Tensor> grad(const std::vector<Tensor>& outputs,
                                  const std::vector<Tensor>& inputs,
                                  const std::vector<Tensor>& grad_outputs, bool create_graph) {
    return torch::autograd::grad(outputs, inputs, grad_outputs, c10::nullopt, create_graph);
  }

  /// All images as one tensor of floats, and `index_select` by a random permutation: faster than
  /// `torch::data`, which stacks example by example.
  class Batches {
   public:
    explicit Batches(const bench::EpochSpec& spec) : batch_(spec.batch) {
      const auto bytes = [](const std::uint8_t* from, std::vector<std::int64_t> sizes) {
        return torch::from_blob(const_cast<std::uint8_t*>(from), sizes, torch::kUInt8);
      };
      images_ = bytes(spec.pixels, {spec.count, spec.height * spec.width})
                    .to(torch::kFloat32)
                    .div_(255.0);
      classes_ = bytes(spec.labels, {spec.count}).to(torch::kInt64);
    }
    template <class F>
    void for_each(F&& train) {
      const Tensor order = torch::randperm(images_.size(0), torch::kInt64);
      for (const Tensor& batch : order.split(batch_))
        train(images_.index_select(0, batch), classes_.index_select(0, batch));
    }

   private:
    std::int64_t batch_;
    Tensor images_, classes_;
  };
};

}  // namespace

extern "C" __attribute__((visibility("default"))) bench::Side* tapegrad_benchmarks_side() {
  static bench::SideOf<Torch> side;
  return &side;
}
