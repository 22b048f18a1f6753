#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// What both libraries are asked to do. This header and those that it is used by on the other side
// of the plug-in are C++17, because the headers of libtorch 1.13 are.

namespace bench {

/// Numbers on their way from one library to the other.
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<double> values;
};

enum class Type { float32, float64 };

/// Something that one library computes again and again.
class Work {
 public:
  virtual ~Work() = default;
  /// Once more; this is what is timed.
  virtual void run() = 0;
  /// The two halves of `run` where an expression is walked back, to be timed apart.
  virtual void record() {}
  virtual void walk() {}
  /// What the last run computed: the value or loss, then the gradients.
  virtual std::vector<Array> results() = 0;
  /// What it leaves changed, such as parameters.
  virtual std::vector<Array> state() { return {}; }
};

/// How far an expression is taken.
enum class Mode {
  no_grad,   ///< computed without being recorded
  recorded,  ///< recorded, then dropped
  backward,  ///< recorded and walked back
};

/// One of the expressions in expressions.h on given inputs.
struct ExpressionSpec {
  std::string name;
  Mode mode = Mode::no_grad;
  std::vector<Array> inputs = {};  ///< float32; they require gradients unless mode is no_grad
  std::vector<std::int64_t> classes = {};  ///< the targets of a loss
  Array upstream = {};                     ///< the gradient that is walked back; empty for ones
};

enum class Activation { tanh, relu };
enum class Loss { mse, cross_entropy };
enum class Optimizer { sgd, momentum, adam };

/// A perceptron, its optimizer and one batch.
struct NetworkSpec {
  std::string name;
  std::vector<std::int64_t> widths;  ///< of the input, the hidden layers and the output
  std::int64_t batch;
  Activation activation;
  Loss loss;
  Optimizer optimizer = Optimizer::sgd;
  Type type = Type::float32;
};

/// The transformer of examples/characters.cpp, its optimizer and one batch.
struct TransformerSpec {
  std::int64_t width;         ///< numbers for each letter
  std::int64_t batch;         ///< rows
  std::int64_t letters = 27;  ///< how many there are
  std::int64_t block = 16;    ///< letters in a row
  std::int64_t heads = 4;
  Optimizer optimizer = Optimizer::adam;
  Type type = Type::float32;
};

/// Where a network starts and what it is shown, the same for both libraries.
struct NetworkData {
  /// For each layer `[out, in]`, then its bias `[out]`, in the order in which they are used. A
  /// transformer begins with its letters and positions.
  std::vector<Array> weights;
  Array inputs;   ///< values, or classes
  Array targets;  ///< values, or classes
};

/// Classes, which an `Array` has as numbers.
inline std::vector<std::int64_t> classes(const Array& array) {
  return {array.values.begin(), array.values.end()};
}

/// Labelled images of bytes, and one epoch of a perceptron over them.
struct EpochSpec {
  std::string folder;  ///< in MNIST's format
  const std::uint8_t* pixels = nullptr;
  const std::uint8_t* labels = nullptr;
  std::int64_t count = 0, height = 0, width = 0;
  std::int64_t batch = 64;
  double lr = 0.1;
  NetworkSpec network = {};
  NetworkData start = {};  ///< the weights alone
};

/// A library that does such work.
class Side {
 public:
  virtual ~Side() = default;
  virtual std::string version() = 0;
  virtual void set_threads(int threads) = 0;
  /// Bytes that it uses or keeps for later and has not got from malloc.
  virtual std::int64_t beside_malloc() = 0;
  /// Has each tensor's memory come from malloc by itself, so that what is in use can be counted; or
  /// again as it did.
  virtual void use_malloc(bool each) = 0;
  virtual std::unique_ptr<Work> expression(const ExpressionSpec& spec) = 0;
  /// A training step: gradients dropped, forward, backward, update.
  virtual std::unique_ptr<Work> step(const NetworkSpec& spec, const NetworkData& data,
                                     double lr) = 0;
  virtual std::unique_ptr<Work> step(const TransformerSpec& spec, const NetworkData& data,
                                     double lr) = 0;
  /// The loss without gradients.
  virtual std::unique_ptr<Work> forward(const NetworkSpec& spec, const NetworkData& data) = 0;
  /// The Hessian of the loss times `direction`, which is shaped as the parameters.
  virtual std::unique_ptr<Work> hessian_vector(const NetworkSpec& spec, const NetworkData& data,
                                               const std::vector<Array>& direction) = 0;
  /// A whole epoch with shuffling and the gathering of batches; the result is the mean loss.
  virtual std::unique_ptr<Work> epoch(const EpochSpec& spec) = 0;
};

}  // namespace bench
