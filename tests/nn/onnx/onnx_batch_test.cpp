// How sizes follow the batch, or are refused.

#include <algorithm>

#include "autograd/autograd.h"
#include "nn/nn.h"
#include "nn/onnx/onnx.h"
#include "tests/catch.h"
#include "tests/message_of.h"
#include "tests/nn/onnx/shown.h"

namespace tg = tapegrad;
namespace nn = tapegrad::nn;
using namespace onnx_models;
using Catch::Matchers::ContainsSubstring;
using tg::Tensor;
using Lines = std::vector<std::string>;
using Sizes = std::vector<std::int64_t>;

namespace {

/// What is said of a function of a batch of 4 rows that does not follow it. Without a dynamic batch
/// it is exported.
template <class F>
std::string refusal(const F& f) {
  const Tensor example = tg::rand({4, 6});
  model_of(f, example, {.dynamic_batch = false});
  return message_of<tg::ValueError>([&] { model_of(f, example); });
}

}  // namespace

TEST_CASE("a Reshape finds out the one size that follows the batch") {
  const auto f = [](const Tensor& x) { return tg::reshape(x, {x.size(0) * 2, 3}); };
  const onnx::ModelProto model = model_of(f, tg::rand({4, 6}));
  CHECK(shown(model) == Lines{"Reshape(input, reshape.constant) = output"});
  CHECK(integers(model, "reshape.constant") == Sizes{-1, 3});
  CHECK(dims_of(model.graph().output(0)) == "[?, 3]");
}

TEST_CASE("other sizes are computed from the shape of the input") {
  const auto f = [](const Tensor& x) {
    return tg::expand(tg::reshape(x, {1, x.size(0), 6}), {2, x.size(0), 6}).narrow(1, 0, x.size(0));
  };
  const onnx::ModelProto model = model_of(f, tg::rand({4, 6}));
  CHECK(shown(model) ==
        Lines{"Reshape(input, reshape.constant) = reshape", "Shape(input) = batch_size",
              "Concat(expand.constant, batch_size, expand.constant_2) = expand.sizes",
              "Expand(reshape, expand.sizes) = expand",
              "Slice(expand, narrow.constant, batch_size, narrow.constant_2) = output"});
  CHECK(dims_of(model.graph().output(0)) == "[2, batch, 6]");
}

TEST_CASE("a constant of one number follows the batch") {
  const auto f = [](const Tensor& x) { return x + tg::full({2 * x.size(0), 1, 6}, 0.5); };
  const onnx::ModelProto model = model_of(f, tg::rand({4, 6}));
  CHECK(operators_of(model) == Lines{"Shape", "Mul", "Concat", "ConstantOfShape", "Add"});
}

TEST_CASE("nothing is guessed from sizes that happen to be equal") {
  const auto f = [](const Tensor& x) {
    const Tensor squares = tg::reshape(x, {x.size(0), 2, 2});
    return squares + tg::expand(x[0], {4, 4})[0].reshape({2, 2});
  };
  const onnx::ModelProto model = model_of(f, tg::rand({4, 4}));
  CHECK(integers(model, "reshape.constant") == Sizes{-1, 2, 2});
  CHECK(integers(model, "expand.constant") == Sizes{4, 4});
}

TEST_CASE("what depends on the batch in another way is refused, with the way out") {
  CHECK_THAT(refusal([](const Tensor& x) { return tg::sum(x) / double(x.size(0)); }),
             ContainsSubstring("onnx::save: div: a constant depends on the batch: it is 4 for a "
                               "batch of 4 and 5 for 5") &&
                 ContainsSubstring("mean()") && ContainsSubstring("{.dynamic_batch = false}"));
  CHECK_THAT(refusal([](const Tensor& x) { return x[x.size(0) - 1]; }),
             ContainsSubstring("select: sizes or places that it was called with are [3] for a "
                               "batch of 4 and [4] for 5, which is no multiple of the batch"));
  CHECK_THAT(
      refusal([](const Tensor& x) { return tg::sum(tg::reshape(x, {-1}), 0) + tg::var(x, 0, 1); }),
      ContainsSubstring("var: a constant depends on the batch"));
  CHECK_THAT(refusal([](const Tensor& x) { return x.size(0) > 4 ? tg::relu(x) : tg::tanh(x); }),
             ContainsSubstring("tanh: with a batch of 5 'relu' is called in its place"));
  CHECK_THAT(refusal([](const Tensor& x) { return x.size(0) > 4 ? tg::relu(x) + 1 : tg::relu(x); }),
             ContainsSubstring("with a batch of 5 other operators are called than with one of 4"));
  CHECK_THAT(refusal([](const Tensor& x) { return tg::sum(x, x.size(0) > 4 ? 0 : 1, true) + x; }),
             ContainsSubstring("sum: sizes or places"));
  CHECK_THAT(
      refusal([](const Tensor& x) { return tg::mean(x, x.size(0) > 4 ? 0 : 1, true) + x; }),
      ContainsSubstring("mean: an attribute of ReduceMean is another one with a batch of 5"));
  CHECK_THAT(refusal([](const Tensor& x) {
               const Tensor y = tg::exp(x), z = tg::tanh(x);
               return x.size(0) > 4 ? y - z : z - y;
             }),
             ContainsSubstring("sub: with a batch of 5 it has other operands"));
  CHECK_THAT(
      refusal([](const Tensor& x) {
        return x * tg::reshape(tg::arange(double(x.size(0))), {x.size(0), 1});
      }),
      ContainsSubstring("mul: a constant depends on the batch: it is float32 of shape [4, 1]"));
}

TEST_CASE("the examples have one batch in front") {
  const auto first = [](const Tensor& a, const Tensor& b) { return a * tg::sum(b); };
  for (const tg::onnx::Examples& examples :
       {tg::onnx::Examples{tg::rand({2, 3}), tg::rand({3, 3})},
        tg::onnx::Examples{tg::tensor(1.0), tg::tensor(2.0)},
        tg::onnx::Examples{tg::rand({0, 3}), tg::rand({0, 3})}}) {
    CHECK_THAT(message_of<tg::ValueError>([&] { model_of(first, examples); }),
               ContainsSubstring("has no batch as its first dimension") &&
                   ContainsSubstring("{.dynamic_batch = false}"));
  }
  CHECK(operators_of(model_of(first, {tg::rand({2, 3}), tg::tensor(1.0)},
                              {.dynamic_batch = false})) == Lines{"Identity", "Mul"});
}

TEST_CASE("what only batches of other sizes show is refused, too") {
  CHECK_THAT(refusal([](const Tensor& x) { return x.narrow(0, 0, x.size(0) / 2); }),
             ContainsSubstring("onnx::save: narrow: sizes or places that it was called with are"));
  CHECK_THAT(
      refusal([](const Tensor& x) { return x.narrow(0, 0, std::min<std::int64_t>(x.size(0), 7)); }),
      ContainsSubstring("onnx::save: "));
  CHECK_THAT(refusal([](const Tensor& x) { return x.size(0) > 50 ? tg::relu(x) : tg::tanh(x); }),
             ContainsSubstring("tanh: with a batch of 93 'relu' is called in its place"));
  const Tensor rows = tg::rand({4, 6});
  CHECK_THAT(refusal([&](const Tensor& x) { return x + rows; }),
             ContainsSubstring("called with 5 rows the function fails: add: ") &&
                 ContainsSubstring("{.dynamic_batch = false}"));
}
