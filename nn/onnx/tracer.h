#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "autograd/tensor/door/watcher.h"
#include "nn/module/module.h"
#include "nn/onnx/graph.h"

// Internal: how a graph is made of what a function computes.

namespace tapegrad::onnx::detail {

/// While it lives, what this thread computes from its inputs becomes a graph.
///
/// A value that does not come from an input is a constant, whose elements are copied when an
/// operator first meets it beside one that does. Calls within a call that says what it is in ONNX
/// are not looked at; those within one that says nothing are the graph of that. What cannot be
/// exported throws from the call that meets it; what is noticed where nothing can be thrown, from
/// the next call or from `finish`.
///
/// It keeps a handle of every tensor that it knows, so that each has an address of its own.
class Tracer : tapegrad::detail::Watcher {
 public:
  Tracer(const std::vector<nn::Parameter>& weights, const std::vector<Tensor>& inputs);
  ~Tracer() { stop(); }

  /// The graph that gives `outputs`; nothing is traced any more.
  Graph finish(const std::vector<Tensor>& outputs);

 private:
  using Impl = tapegrad::detail::Impl;
  using Call = tapegrad::detail::OperatorCall;

  /// A call that has begun.
  struct Frame {
    Origin origin = {};
    enum class Kind { constant, by_text, by_its_calls } kind = Kind::constant;
    std::string text = {};          // of a call that has one; the name of a constant
    std::vector<int> inputs = {};   // of a call that has one
    bool from_input = true;         // an input depends on one of the graph
    bool promotes = false;          // inputs are converted to the type of the output
    std::vector<DType> types = {};  // of the inputs; float32 for one that is undefined
  };

  /// A constant of the graph, with the version of the tensor that it has.
  struct Constant {
    int value = kNoValue;
    std::uint32_t version = 0;
  };

  void call(const Call& call) override;
  void called(const Call& call, std::span<const Tensor> outputs) override;
  /// What `step` refuses the function may catch; `finish` refuses it again.
  template <class F>
  void remembered(F step);
  /// For what cannot throw: without memory, `finish` says so.
  template <class F>
  void noted(F step) noexcept;
  void begin(const Call& call);
  void end(std::span<const Tensor> outputs);
  void failed(const Call& call) noexcept override;
  void launch(const tapegrad::detail::Launch& launch) override;
  void event(tapegrad::detail::Event event, const Impl& value) noexcept override;
  void host_state(std::string_view name, double value) noexcept override;

  void begin_by_text(const Call& call, Origin origin);
  /// What ended, or nothing for a call that was not looked at.
  std::optional<Frame> end_call() noexcept;
  void append_call(const Frame& frame, std::span<const Tensor> outputs);
  void bind(const Tensor& tensor, int value);
  /// True for what comes from an input. Throws for a view of such a value that no operator made.
  bool depends(const Tensor& tensor) const;
  bool is_known(const Impl& value) const noexcept { return owners_.contains(value.owner()); }
  int operand(const Tensor& tensor);
  /// What is computed from one weight has a name made of that and the operators: "fc.weight.exp".
  /// @{
  std::string name_of(const Tensor& tensor) const;
  std::string name_of(const Call& call) const;
  void name(std::span<const Tensor> constants, const std::string& name);
  /// @}
  /// "the input", or "the result of 'sum'".
  std::string described(const Impl& value) const;
  /// Where the program is.
  Origin here() const;
  /// Refuses later; the first reason counts.
  void note(std::string_view reason) noexcept;
  void throw_noted() const;

  Graph graph_;
  std::vector<Frame> frames_;
  int hidden_ = 0;  // calls within, and with, the innermost one that is not looked into
  std::unordered_map<const Impl*, int> values_;                 // those that come from an input
  std::unordered_set<const Impl*> owners_;                      // of their memory
  std::unordered_map<const Impl*, std::string> weights_;        // their names
  std::unordered_map<const Impl*, std::string> weight_memory_;  // the same, by who owns the memory
  std::unordered_map<const Impl*, std::string> named_;          // what is computed from one
  std::unordered_map<const Impl*, Constant> constants_;         // those in the graph
  std::vector<Tensor> kept_;
  std::optional<std::pair<Origin, std::string>> noted_;
  std::string refused_;         // by an error that was thrown
  bool out_of_memory_ = false;  // where nothing could be thrown
};

}  // namespace tapegrad::onnx::detail
