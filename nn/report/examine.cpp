#include <algorithm>
#include <optional>
#include <utility>

#include "autograd/ops/ops.h"
#include "autograd/tape/no_grad.h"
#include "nn/losses/losses.h"
#include "nn/metrics/metrics.h"
#include "nn/module/evaluation.h"
#include "nn/report/training_report.h"

namespace tapegrad::nn {

namespace {

/// `[N, height, width]` of pictures; undefined for what is none.
Tensor pictures_of(const Tensor& inputs) {
  if (inputs.dim() == 3) return inputs;
  if (inputs.dim() == 4 && inputs.size(1) == 1) return squeeze(inputs, 1);
  return {};
}

/// The weights of the first layer as pictures: a row for each unit, or a kernel of one channel.
Tensor first_weights_of(const TensorNames& names, const Tensor& pictures) {
  for (const auto& [name, weight] : names) {
    if (weight.dim() < 2) continue;  // a bias, or a scale
    if (weight.dim() == 4 && weight.size(1) == 1) return squeeze(weight.detach(), 1);
    if (weight.dim() == 2 && pictures.defined() &&
        weight.size(1) == pictures.size(1) * pictures.size(2))
      return reshape(weight.detach(), {weight.size(0), pictures.size(1), pictures.size(2)});
    return {};
  }
  return {};
}

}  // namespace

namespace detail {

Examined examine(const std::function<Tensor(const Tensor&)>& model, std::optional<ModuleRef> module,
                 const Tensor& inputs, const Tensor& targets, const ExamineOptions& options) {
  std::optional<Evaluation> evaluation;
  TensorNames names;
  if (module)
    for (const auto& [name, value] : evaluation.emplace(*module).tensors())
      names.emplace_back(name, value);
  Examined result;
  std::vector<Tensor> scores;
  const Tensor pictures = pictures_of(inputs);
  {
    const NoGrad no_grad;
    const std::int64_t count = inputs.size(0), step = std::max<std::int64_t>(options.batch_size, 1);
    for (std::int64_t start = 0; start < count; start += step)
      scores.push_back(model(inputs.narrow(0, start, std::min(step, count - start)).clone()));
    const Tensor all = cat(scores);
    result.confusion = confusion_matrix(all, targets);
    const Tensor probabilities = softmax(all, 1).to(float64);
    const Tensor thought = argmax(all, 1);
    const auto guesses = thought.data<std::int64_t>(), truths = targets.data<std::int64_t>();
    for (std::int64_t i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (guesses[at] == truths[at]) continue;
      result.mistakes.push_back({.example = i,
                                 .truth = truths[at],
                                 .thought = guesses[at],
                                 .sureness = probabilities.at<double>({i, guesses[at]})});
    }
    result.mistakes_in_all = std::ssize(result.mistakes);
    std::ranges::sort(result.mistakes, [](const Mistake& a, const Mistake& b) {
      return a.sureness != b.sureness ? a.sureness > b.sureness : a.example < b.example;
    });
    if (std::ssize(result.mistakes) > options.mistakes)
      result.mistakes.resize(static_cast<std::size_t>(std::max<std::int64_t>(options.mistakes, 0)));
    if (pictures.defined())
      for (Mistake& mistake : result.mistakes) mistake.image = pictures[mistake.example].clone();
  }
  if (const Tensor first = first_weights_of(names, pictures); first.defined()) {
    result.first_units = first.size(0);
    result.first_weights =
        first.narrow(0, 0, std::min(result.first_units, options.most_units)).clone();
  }
  const std::int64_t few = std::min<std::int64_t>(inputs.size(0), 4);
  const Tensor x = inputs.narrow(0, 0, few).clone(), y = targets.narrow(0, 0, few).clone();
  const Tensor loss = cross_entropy(model(x), y);
  names.emplace_back("inputs", x);
  names.emplace_back("targets", y);
  names.emplace_back("loss", loss);
  result.graph = report::graph_of(loss, names);
  return result;
}

}  // namespace detail

}  // namespace tapegrad::nn
