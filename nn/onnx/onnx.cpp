#include "nn/onnx/onnx.h"

#include <fmt/format.h>

#include "autograd/base/fail.h"
#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "autograd/tensor/create/create.h"
#include "autograd/tensor/require.h"
#include "nn/data/file.h"
#include "nn/module/evaluation.h"
#include "nn/onnx/batch.h"
#include "nn/onnx/graph.h"
#include "nn/onnx/model.h"
#include "nn/onnx/tracer.h"

namespace tapegrad::onnx::detail {

namespace {

Graph trace(const Function& function, const std::vector<nn::Parameter>& weights,
            const std::vector<Tensor>& examples) {
  const NoGrad no_grad;
  // Tensors of its own, that are no C++ numbers: the function may know the examples from elsewhere.
  std::vector<Tensor> inputs;
  for (const Tensor& example : examples) inputs.push_back(example.to(example.dtype()).clone());
  Tracer tracer(weights, inputs);
  return tracer.finish(function(inputs));
}

/// Errors of the function alone, which was called with examples that its user has not seen.
[[noreturn]] void fail_rows(std::int64_t rows, const Error& error) {
  fail<ValueError>(
      "onnx::save: the first dimension is a batch of any size, but called with {} rows the function "
      "fails: {}; write it for all sizes, or export it for one with {{.dynamic_batch = false}}",
      rows, error.what());
}

/// The size that the first dimensions of all have.
std::int64_t batch_of(const std::vector<Tensor>& examples) {
  for (const Tensor& example : examples) {
    if (example.dim() == 0 || example.size(0) == 0 || example.size(0) != examples[0].size(0))
      fail<ValueError>(
          "onnx::save: an example of shape {} has no batch as its first dimension, or another one "
          "than the first example; use {{.dynamic_batch = false}}",
          example.shape());
  }
  return examples[0].size(0);
}

/// With another number of rows: those of the examples, from the last on, so that what was computed
/// from some of them is noticed, too.
TracedBatch trace_with(const Function& function, const std::vector<nn::Parameter>& weights,
                       const std::vector<Tensor>& examples, std::int64_t rows) {
  std::vector<Tensor> others;
  for (const Tensor& example : examples) {
    std::vector<std::int64_t> places;
    for (std::int64_t i = 0; i < rows; ++i)
      places.push_back(example.size(0) - 1 - i % example.size(0));
    const NoGrad no_grad;
    others.push_back(index_select(example, 0, tensor(places)));
  }
  try {
    return {trace(function, weights, others), rows};
  } catch (const ValueError& error) {
    if (std::string_view(error.what()).starts_with("onnx::save: ")) throw;
    fail_rows(rows, error);
  } catch (const OutOfMemoryError&) {
    throw;
  } catch (const Error& error) {
    fail_rows(rows, error);
  }
}

std::vector<std::string> names_of(const std::vector<std::string>& given, const char* usual,
                                  std::size_t count) {
  if (!given.empty() && given.size() != count)
    fail<ValueError>("onnx::save: there are {} names for {} {}s", given.size(), count, usual);
  std::vector<std::string> names = given;
  for (std::size_t i = names.size(); i < count; ++i)
    names.push_back(count == 1 ? usual : fmt::format("{}_{}", usual, i + 1));
  return names;
}

}  // namespace

void save(const std::string& path, const Function& function, std::optional<nn::ModuleRef> module,
          const std::vector<Tensor>& examples, const SaveOptions& options) try {
  if (examples.empty())
    fail<ValueError>("onnx::save: there is no example to call the function with");
  for (const Tensor& example : examples)
    if (!example.defined()) fail<ValueError>("onnx::save: an example is the undefined tensor");
  const std::vector<std::string> inputs = names_of(options.input_names, "input", examples.size());
  std::optional<nn::detail::Evaluation> evaluation;
  std::vector<nn::Parameter> weights;
  if (module) weights = evaluation.emplace(*module).tensors();
  weights.insert(weights.end(), options.weights.begin(), options.weights.end());

  const std::int64_t rows = options.dynamic_batch ? batch_of(examples) : 0;
  Graph graph = trace(function, weights, examples);
  if (options.dynamic_batch) {
    const auto with = [&](std::int64_t other) {
      return follow_batch({graph, rows}, trace_with(function, weights, examples, other));
    };
    Graph marked = with(rows + 1);
    // Half of a batch, rounded, or a choice by its size, may be the same for one row more.
    require_same_marks(marked, with(8 * rows + 61));
    graph = std::move(marked);
  }
  const std::vector<std::string> outputs =
      names_of(options.output_names, "output", graph.outputs.size());
  const std::string bytes = model_of(graph, inputs, outputs, options.description);
  nn::detail::write_file("onnx::save", path, {bytes});
} catch (...) {
  tapegrad::detail::rethrow_for("onnx::save");
}

void fail_arguments(std::size_t count) {
  fail<ValueError>("onnx::save: the function does not take {} tensors, which the example has",
                   count);
}

}  // namespace tapegrad::onnx::detail
