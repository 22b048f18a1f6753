#pragma once

#include <cstring>
#include <vector>

#include "autograd/autograd.h"
#include "autograd/tensor/door/watcher.h"

/// A visitor that lists the operator calls of a thread, those within others left out, with all that
/// is needed to compute them again.
class CallList : tapegrad::detail::Watcher {
 public:
  using Tensor = tapegrad::Tensor;
  /// An input is an output of an earlier call, or a constant.
  struct Input {
    int call = -1, output = 0;
    Tensor constant;
  };
  struct Call {
    const tapegrad::detail::OperatorType* type;
    std::vector<tapegrad::detail::Attribute> attributes;
    std::vector<Input> inputs;
    std::vector<Tensor> outputs;  // what came out; holding them keeps their addresses their own
    std::vector<Tensor> values;   // the same as it was then
    std::string name;
  };

  CallList() { start(); }
  ~CallList() { stop(); }

  const std::vector<Call>& calls() const { return calls_; }

  /// The outputs of all calls, computed from the list alone, which is closed.
  std::vector<std::vector<Tensor>> again() {
    stop();
    std::vector<std::vector<Tensor>> made;
    for (const Call& call : calls_) {
      std::vector<Tensor> inputs;
      for (const Input& input : call.inputs)
        inputs.push_back(input.call < 0 ? input.constant
                                        : made[static_cast<std::size_t>(input.call)]
                                              [static_cast<std::size_t>(input.output)]);
      made.push_back(call.type->call(call.attributes, inputs));
    }
    return made;
  }

 private:
  void call(const tapegrad::detail::OperatorCall& call) override {
    if (depth_++ > 0 || !call.type) return;
    Call next{.type = call.type,
              .attributes = call.type->attributes(call.op),
              .inputs = {},
              .outputs = {},
              .values = {},
              .name = call.name};
    for (const Tensor* input : call.inputs) next.inputs.push_back(find(*input));
    calls_.push_back(std::move(next));
  }
  void called(const tapegrad::detail::OperatorCall& call,
              std::span<const Tensor> outputs) override {
    if (--depth_ > 0 || !call.type) return;
    calls_.back().outputs.assign(outputs.begin(), outputs.end());
    const tapegrad::NoGrad no_grad;
    for (const Tensor& output : outputs) calls_.back().values.push_back(output.clone());
  }
  void failed(const tapegrad::detail::OperatorCall&) noexcept override { --depth_; }

  Input find(const Tensor& tensor) const {
    for (std::size_t c = calls_.size(); c-- > 0;) {
      const auto& outputs = calls_[c].outputs;
      for (std::size_t o = 0; o < outputs.size(); ++o)
        if (outputs[o].is_same(tensor)) return {static_cast<int>(c), static_cast<int>(o), {}};
    }
    const tapegrad::NoGrad no_grad;
    return {-1, 0, tensor.defined() ? tensor.clone() : Tensor()};
  }

  std::vector<Call> calls_;
  int depth_ = 0;
};

/// True when both have the same type, shape and bits.
inline bool same_bits(const tapegrad::Tensor& a, const tapegrad::Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  return tapegrad::visit_dtype(a.dtype(), [&]<class T>(T) {
    const auto x = a.data<T>(), y = b.data<T>();
    return x.empty() || std::memcmp(x.data(), y.data(), x.size_bytes()) == 0;
  });
}
