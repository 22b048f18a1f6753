#include "tests/benchmarks/ours.h"

#include <autograd/autograd.h>
#include <nn/nn.h>

#include <cstdlib>

#include "autograd/memory/block_source.h"
#include "autograd/memory/large_heap.h"
#include "autograd/memory/slab_pool.h"
#include "tests/benchmarks/side_of.h"

namespace bench {

namespace {

namespace tg = tapegrad;
namespace nn = tapegrad::nn;

/// Blocks one by one.
class Malloc : public tg::detail::BlockSource {
  void* acquire(std::size_t bytes, std::size_t alignment) noexcept override {
    return std::aligned_alloc(alignment, bytes);
  }
  void release(void* memory, std::size_t, std::size_t) noexcept override { std::free(memory); }
};

struct Tapegrad {
  using Tensor = tg::Tensor;
  using NoGrad = tg::NoGrad;
  using Linear = nn::Linear;
  using Optimizer = nn::Optimizer;

  static std::string version() { return "this build"; }
  static void set_threads(int threads) { tg::set_num_threads(threads); }
  static std::int64_t beside_malloc() {
    const tg::detail::KeptStats large = tg::detail::large_stats();
    const tg::detail::KeptStats slabs = tg::detail::slab_stats();
    return large.used + large.cached + slabs.used + slabs.cached;
  }
  static void use_malloc(bool each) {
    static Malloc source;
    tg::detail::set_block_source(each ? &source : nullptr);
  }

  static tg::DType dtype(Type type) { return type == Type::float32 ? tg::float32 : tg::float64; }
  static Tensor from(const Array& array, Type type) {
    return tg::tensor(array.values, tg::Shape(array.shape), dtype(type));
  }
  static Tensor from(const std::vector<std::int64_t>& classes) { return tg::tensor(classes); }
  static Array to_array(const Tensor& tensor) {
    const Tensor wide = tensor.detach().to(tg::float64);
    const auto values = wide.data<double>();
    return {{wide.shape().begin(), wide.shape().end()}, {values.begin(), values.end()}};
  }
  static void drop_grad(Tensor& tensor) { tensor.zero_grad(); }

  static Tensor mm(const Tensor& a, const Tensor& b) { return tg::matmul(a, b); }
  static Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
    return tg::linear(x, weight, bias);
  }
  static Tensor mm_transposed(const Tensor& a, const Tensor& b) {
    return tg::matmul(a, b, {.transpose_b = true});
  }
  static Tensor embedding(const Tensor& rows, const Tensor& ids) { return rows.index({ids}); }
  /// Where entry [i, j] is true, number i of a row sees number j: its own and those before.
  static Tensor seen(std::int64_t size) { return tg::tril(tg::ones({size, size})) > 0; }
  static Tensor masked_softmax(const Tensor& x, const Tensor& mask) {
    return tg::masked_softmax(x, mask, -1);
  }
  static Tensor var(const Tensor& x, int dim) { return tg::var(x, dim); }
  static Tensor cross_entropy(const Tensor& logits, const Tensor& classes) {
    return tg::cross_entropy(logits, classes);
  }
  static Tensor mse_loss(const Tensor& outputs, const Tensor& targets) {
    return nn::mse_loss(outputs, targets);
  }

  static Linear linear(std::int64_t in, std::int64_t out, Type type) {
    return {in, out, {.dtype = dtype(type)}};
  }
  static Tensor apply(Linear& layer, const Tensor& x) { return layer(x); }
  static std::vector<Tensor> parameters(Linear& layer) { return {layer.weight, layer.bias}; }

  static std::unique_ptr<Optimizer> optimizer(bench::Optimizer kind,
                                              const std::vector<Tensor>& tensors, double lr) {
    std::vector<nn::Parameter> parameters;
    for (const Tensor& tensor : tensors)
      parameters.push_back({std::to_string(parameters.size()), tensor});
    if (kind == bench::Optimizer::adam)
      return std::make_unique<nn::Adam>(parameters, nn::AdamOptions{.lr = lr});
    return std::make_unique<nn::SGD>(
        parameters,
        nn::SGDOptions{.lr = lr, .momentum = kind == bench::Optimizer::momentum ? 0.9 : 0});
  }
  static void zero_grad(Optimizer& optimizer) { optimizer.zero_grad(); }
  static std::vector<Tensor> grad(const std::vector<Tensor>& outputs,
                                  const std::vector<Tensor>& inputs,
                                  const std::vector<Tensor>& grad_outputs, bool create_graph) {
    return tg::grad(outputs, inputs, {.grad_outputs = grad_outputs, .create_graph = create_graph});
  }

  /// The loader of `nn`; images stay bytes until their batch is asked for.
  class Batches {
   public:
    explicit Batches(const EpochSpec& spec)
        : loader_(nn::load_mnist(spec.folder, true), {.batch_size = spec.batch, .shuffle = true}) {}
    template <class F>
    void for_each(F&& train) {
      for (const auto& [images, classes] : loader_) train(images.flatten(1), classes);
    }

   private:
    nn::DataLoader<nn::ImageDataset> loader_;
  };
};

}  // namespace

Side& ours() {
  static SideOf<Tapegrad> side;
  return side;
}

}  // namespace bench
