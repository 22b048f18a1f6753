#include "autograd/graph/gradient_norms.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>
#include <vector>

#include "autograd/tensor/create/create.h"
#include "autograd/tensor/door/launch.h"
#include "autograd/tensor/door/watcher.h"
#include "autograd/transforms/backward.h"

namespace tapegrad::detail {

namespace {

/// The norm of `n` numbers; none of their squares overflows.
template <class T>
double norm_of_elements(const T* x, std::int64_t n) {
  double largest = 0, sum = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double size = std::abs(static_cast<double>(x[i]));
    if (std::isnan(size)) return size;
    largest = std::max(largest, size);
  }
  if (largest == 0 || !std::isfinite(largest)) return largest;
  for (std::int64_t i = 0; i < n; ++i) {
    const double part = static_cast<double>(x[i]) / largest;
    sum += part * part;
  }
  return largest * std::sqrt(sum);
}

/// Of a cotangent, which may stand for its broadcast to `numel` elements.
double cotangent_norm(const Tensor& cotangent, std::int64_t numel) {
  const std::int64_t n = cotangent.numel();
  const double norm = visit_floating(cotangent.dtype(), [&]<class T>(T) {
    return launch(
        "norm_of", [](const T* x, std::int64_t count) { return norm_of_elements(x, count); },
        in<T>(cotangent), n);
  });
  return n == numel || n == 0
             ? norm
             : norm * std::sqrt(static_cast<double>(numel) / static_cast<double>(n));
}

/// Sees each record when its first rule is about to run.
class NormWatcher : Watcher {
 public:
  NormWatcher(std::span<Record* const> records, GradientNorms& norms) : norms_(norms) {
    for (const Record* record : records)
      if (record->port)
        ports_[record->edge(0).record()].push_back(static_cast<const Port*>(record));
    start();
  }
  ~NormWatcher() { stop(); }

 private:
  void call(const OperatorCall& call) override {
    if (call.rule < 0) return;
    const auto* record = static_cast<const Record*>(call.op);
    if (!seen_.insert(record).second) return;
    if (!record->several) {
      if (const Tensor& cotangent = *call.inputs[0]; cotangent.defined())
        norms_.of_records.emplace(record, cotangent_norm(cotangent, record->numel()));
      return;
    }
    const auto ports = ports_.find(record);
    if (ports == ports_.end()) return;
    double all = 0;
    for (const Port* port : ports->second) {
      const Tensor& part = record->parts()[static_cast<std::size_t>(port->output_index)];
      if (!part.defined()) continue;
      const double norm = cotangent_norm(part, port->numel());
      norms_.of_records.emplace(port, norm);
      all = std::hypot(all, norm);
    }
    norms_.of_records.emplace(record, all);
  }

  GradientNorms& norms_;
  std::unordered_map<const Record*, std::vector<const Port*>> ports_;
  std::unordered_set<const Record*> seen_;
};

}  // namespace

GradientNorms gradient_norms(std::span<Record* const> records, const Tensor& result) {
  GradientNorms norms;
  std::vector<Tensor> leaves;
  std::unordered_set<const Impl*> known;
  for (const Record* record : records)
    for (const Edge& edge : record->edges())
      if (Impl* leaf = edge.leaf(); leaf && known.insert(leaf).second)
        leaves.push_back(share(leaf));
  if (records.empty()) return norms;
  const NormWatcher watcher(records, norms);
  GradOptions options;
  options.grad_outputs.push_back(ones(result.shape(), result.dtype()));
  options.retain_graph = options.allow_unused = true;
  const std::vector<Tensor> gradients = grad({result}, leaves, options);
  for (std::size_t i = 0; i < leaves.size(); ++i)
    norms.of_leaves.emplace(impl_of(leaves[i]), cotangent_norm(gradients[i], leaves[i].numel()));
  return norms;
}

}  // namespace tapegrad::detail
